"""Which device is chosen, with GPUs that are pretended, and that the choice is told."""

import logging
import re
import subprocess
import sys

import pytest

from sparkcls.annotator import DistilBertForSequenceClassification
from sparkcls.engine import cache, device
from sparkcls.engine.device import Surroundings, choose_device
from sparkcls.errors import DeviceError
from sparkcls.rows import scoring
from sparkcls.spark.column_names import Columns

A, B = "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6", "GPU-89aa0000-1111-2222-3333-444455556666"
MIG = "MIG-4c7c1a6e-9a8e-5f3b-8a3d-1f0d6c1d2b3a"


def see(gpus=0, visible=None, assigned=None, **others):
    return Surroundings(gpus=gpus, visible=visible, assigned=(assigned,) if assigned else (), **others)


@pytest.fixture(autouse=True)
def nothing_logged_yet():
    device._log.cache_clear()
    yield
    # What a worker sets for its process.
    device.logger.setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    ("requested", "around", "chosen"),
    [
        ("auto", see(), "cpu"),
        ("auto", see(1), "cuda:0"),
        ("auto", see(4, None, "2"), "cuda:2"),
        ("auto", see(4, None, " 2 "), "cuda:2"),
        # Numbers of the node, in whatever order they are visible.
        ("auto", see(2, "4,6", "6"), "cuda:1"),
        ("auto", see(2, " 4 , 6 ", "6"), "cuda:1"),
        ("auto", see(2, "1,0", "0"), "cuda:1"),
        ("auto", see(2, "1,2", "1"), "cuda:0"),
        ("auto", see(1, "1", "1"), "cuda:0"),
        ("auto", see(2, "04,06", "6"), "cuda:1"),
        # Numbers that a discovery script counts among the visible ones.
        ("auto", see(2, "4,6", "1"), "cuda:1"),
        ("auto", see(1, "5", "0"), "cuda:0"),
        # UUIDs, whole or their beginning, on either side.
        ("auto", see(2, f"{A},{B}", B), "cuda:1"),
        ("auto", see(2, f"{A},{B}", B.upper()), "cuda:1"),
        ("auto", see(2, "GPU-8932,GPU-89aa", B), "cuda:1"),
        ("auto", see(2, f"{B},{A}", "GPU-8932f937"), "cuda:1"),
        ("auto", see(2, f"{A},{B}", B.removeprefix("GPU-")), "cuda:1"),
        ("auto", see(1, "GPU-8932f937", "3"), "cuda:0"),
        ("auto", see(2, f"{A},{B}", "1"), "cuda:1"),
        ("auto", see(2, None, B, uuids=(A, B)), "cuda:1"),
        ("auto", see(2, "4,6", A, uuids=(B, A)), "cuda:1"),
        # A MIG device is the only one of its process.
        ("auto", see(1, MIG, MIG), "cuda:0"),
        ("auto", see(1, MIG, "0"), "cuda:0"),
        ("auto", see(1, MIG, "0:3"), "cuda:0"),
        ("auto", see(1, f"MIG-{A}/1/0", f"MIG-{A}/1/0"), "cuda:0"),
        ("auto", see(1, None, MIG), "cuda:0"),
        # What follows an entry that CUDA cannot use is not visible.
        ("auto", see(1, "0,-1,1", "0"), "cuda:0"),
        ("auto", see(2, "3,1,9,0", "1"), "cuda:1"),
        ("auto", see(2, "3,1,9,0", "0"), "cuda:0"),
        # No GPU is visible.
        ("auto", see(0, "", "0"), "cpu"),
        ("auto", see(0, "-1"), "cpu"),
        ("auto", see(0, "NoDevFiles", "0"), "cpu"),
        # Of several addresses the first; two tasks may have the same.
        ("auto", Surroundings(gpus=4, assigned=("2", "3")), "cuda:2"),
        ("auto", Surroundings(gpus=2, visible="4,6", assigned=("6", "4")), "cuda:1"),
        ("auto", see(1, mps=True), "cuda:0"),
        ("auto", see(mps=True), "mps"),
        ("auto", see(mps=True, worker=True), "cpu"),
        ("cpu", see(2, mps=True), "cpu"),
        ("cpu", see(2, None, "1"), "cpu"),
        ("cuda", see(2), "cuda:0"),
        ("cuda", see(2, None, "1"), "cuda:1"),
        ("cuda", see(2, "4,6", "6"), "cuda:1"),
        ("cuda:1", see(2, None, "0"), "cuda:1"),
        ("cuda:0", see(2, "4,6", "6"), "cuda:0"),
        ("mps", see(mps=True, worker=True), "mps"),
    ],
)
def test_decision_table(requested, around, chosen):
    assert choose_device(requested, around) == chosen


@pytest.mark.parametrize(
    ("requested", "around", "message"),
    [
        ("cuda", see(), "torch sees no CUDA device here .Spark assigned no GPU, .*CUDA_VISIBLE_DEVICES is unset"),
        ("cuda", see(0, "", "0"), "torch sees no CUDA device here .Spark assigned GPU 0, .*CUDA_VISIBLE_DEVICES is ''"),
        ("cuda", see(0, "-1", "0"), "CUDA_VISIBLE_DEVICES is '-1'.*Use 'auto' to allow the CPU"),
        ("cuda:0", see(mps=True), "torch sees no CUDA device"),
        ("cuda:2", see(2), r"torch sees 2 CUDA device\(s\) here, numbered from 0"),
        ("mps", see(1), "no Apple GPU"),
        ("auto", see(2, "4,6", "7"), "Which GPU is '7'.* CUDA_VISIBLE_DEVICES is '4,6'"),
        ("cuda", see(2, "4,6", "7"), "Which GPU is '7'"),
        ("auto", see(2, "3,1,9,0", "9"), "Which GPU is '9'"),
        ("auto", see(2, None, A), f"Which GPU is '{A}'"),
        ("auto", see(2, f"{A},{B}", "GPU-89"), "Which GPU is 'GPU-89'"),
        ("auto", see(2, None, ""), None),
        ("auto", Surroundings(gpus=2, assigned=("",)), "Which GPU is ''"),
    ],
)
def test_refusals(requested, around, message):
    if message is None:
        assert choose_device(requested, around) == "cuda:0"
        return
    with pytest.raises(DeviceError, match=message):
        choose_device(requested, around)


def test_auto_tells_once_what_it_chose(caplog):
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            choose_device("auto", see(2, "4,6", "6"))
        choose_device("auto", see(2, "4,6", "4"))
        choose_device("cpu", see(2, "4,6", "4"))
    assert caplog.messages == [
        f"device auto: cuda:{i} (Spark assigned GPU {a}, torch sees 2 CUDA device(s), CUDA_VISIBLE_DEVICES is '4,6')"
        for i, a in ((1, 6), (0, 4))
    ]


@pytest.mark.parametrize(
    ("around", "message"),
    [
        (
            see(0, "", "0"),
            "device auto: cpu, though Spark assigned GPU 0, torch sees 0 .* Install a CUDA build of torch",
        ),
        (see(1, "0", "1"), "The only visible GPU is used, which is not the assigned one: Spark assigned GPU 1, "),
        (see(1, A, B), "The only visible GPU is used, which is not the assigned one"),
    ],
)
def test_an_assigned_gpu_that_is_not_used_is_a_warning(caplog, around, message):
    for _ in range(2):
        choose_device("auto", around)
    (record,) = (r for r in caplog.records if r.levelno >= logging.WARNING)
    assert re.match(message, record.getMessage())


def test_a_worker_shows_it_on_stderr():
    code = (
        "from sparkcls.engine.device import Surroundings, choose_device\n"
        "for _ in range(2):\n"
        "    for worker in (False, True):\n"
        "        choose_device('auto', Surroundings(worker=worker))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (line,) = done.stderr.splitlines()
    assert " INFO sparkcls.engine.device: device auto: cpu (Spark assigned no GPU, " in line


def test_a_worker_that_logs_already_is_left_alone():
    code = (
        "import logging\n"
        "logging.basicConfig(format='mine %(message)s')\n"
        "from sparkcls.engine.device import Surroundings, choose_device\n"
        "choose_device('auto', Surroundings(worker=True))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    (line,) = done.stderr.splitlines()
    assert line.startswith("mine device auto: cpu")


def test_here_tells_what_spark_assigned(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    around = Surroundings.here(assigned=["1", "2"], worker=True)
    assert (around.assigned, around.worker, around.visible, around.gpus) == (("1", "2"), True, "", 0)


def test_here_asks_for_uuids_only_where_an_address_is_one(monkeypatch):
    import torch

    class Properties:
        def __init__(self, index):
            self.uuid = (A, B)[index].removeprefix("GPU-")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index: pytest.fail("CUDA was started"))
    assert Surroundings.here(["1"]).uuids == Surroundings.here().uuids == ()
    monkeypatch.setattr(torch.cuda, "get_device_properties", Properties)
    assert Surroundings.here([B]).uuids == (A, B)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert choose_device("cuda", Surroundings.here(["GPU-89aa"])) == "cuda:1"


def test_a_reused_worker_goes_where_each_task_was_sent(monkeypatch, tiny_model):
    """One process, tasks with different addresses: each gets the model of its own device."""
    loaded = []

    class Loaded:
        is_new, labels, parts = False, ["a"], []

        def __init__(self, ref, device, precision):
            loaded.append(device)
            self.device, self.precision = device, precision

    stage = DistilBertForSequenceClassification.loadSavedModel(tiny_model).setInputCols("document", "token")
    metadata = Columns(items=[(name, {"annotatorType": name}) for name in ("document", "token")])
    factory = stage.row_function(metadata)
    monkeypatch.setattr(cache, "Classifier", Loaded)
    monkeypatch.setattr(cache, "_loaded", type(cache._loaded)())
    monkeypatch.setattr(cache, "_kept", type(cache._kept)())
    monkeypatch.setattr(
        device.Surroundings, "here", lambda assigned, **_: Surroundings(2, visible="4,6", assigned=tuple(assigned))
    )
    used = []
    for addresses in [("4",), ("6",), ("6", "4"), ("4",)]:
        monkeypatch.setattr(scoring, "task_gpus", lambda found=addresses: found)
        used.append(factory().device)
    assert used == ["cuda:0", "cuda:1", "cuda:1", "cuda:0"]
    assert loaded == ["cuda:0", "cuda:1"], "a device is loaded once, and kept"
