import logging

import pytest

from sparkcls.engine.device import Surroundings, choose_device
from sparkcls.errors import DeviceError


@pytest.mark.parametrize(
    ("requested", "around", "device"),
    [
        ("auto", Surroundings(), "cpu"),
        ("auto", Surroundings(gpus=1), "cuda:0"),
        ("auto", Surroundings(gpus=4, assigned=("2",)), "cuda:2"),
        ("auto", Surroundings(gpus=2, visible="4,6", assigned=("6",)), "cuda:1"),
        ("auto", Surroundings(gpus=1, visible="1", assigned=("1",)), "cuda:0"),
        ("auto", Surroundings(gpus=1, visible="GPU-ab12", assigned=("3",)), "cuda:0"),
        ("auto", Surroundings(gpus=2, visible="GPU-a,GPU-b", assigned=("1",)), "cuda:1"),
        ("auto", Surroundings(gpus=1, mps=True), "cuda:0"),
        ("auto", Surroundings(mps=True), "mps"),
        ("auto", Surroundings(mps=True, worker=True), "cpu"),
        ("cpu", Surroundings(gpus=2, mps=True), "cpu"),
        ("cuda", Surroundings(gpus=2), "cuda:0"),
        ("cuda", Surroundings(gpus=2, assigned=("1",)), "cuda:1"),
        ("cuda:1", Surroundings(gpus=2, assigned=("0",)), "cuda:1"),
        ("mps", Surroundings(mps=True, worker=True), "mps"),
    ],
)
def test_decision_table(requested, around, device):
    assert choose_device(requested, around) == device


@pytest.mark.parametrize(
    ("requested", "around", "message"),
    [
        ("cuda", Surroundings(), "torch sees no CUDA device"),
        ("cuda:0", Surroundings(mps=True), "torch sees no CUDA device"),
        ("cuda:2", Surroundings(gpus=2), r"torch sees 2 CUDA device\(s\) here, numbered from 0"),
        ("mps", Surroundings(gpus=1), "no Apple GPU"),
        ("auto", Surroundings(gpus=2, visible="4,6", assigned=("7",)), "Spark assigned GPU '7'"),
    ],
)
def test_refusals(requested, around, message):
    with pytest.raises(DeviceError, match=message):
        choose_device(requested, around)


def test_auto_says_that_it_leaves_an_assigned_gpu_alone(caplog):
    with caplog.at_level(logging.WARNING):
        assert choose_device("auto", Surroundings(assigned=("0",))) == "cpu"
    assert "Spark assigned GPU 0" in caplog.text


def test_here_tells_what_spark_assigned():
    around = Surroundings.here(assigned=["1"], worker=True)
    assert around.assigned == ("1",)
    assert around.worker
