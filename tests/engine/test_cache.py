"""Which loaded models a process keeps."""

import gc
import os
import subprocess
import sys
import threading

import pytest

from sparkcls.base import LightPipeline
from sparkcls.catalogue.resolve import resolve
from sparkcls.engine import cache
from sparkcls.errors import ParamError
from sparkcls.models.bundled import bundled_names
from sparkcls.models.ref import ModelRef
from tests.models import save_tiny_model
from tests.pipelines import classifier_of, pipeline_of


@pytest.fixture(autouse=True)
def _empty(monkeypatch):
    """No model of other tests, and none for them."""
    monkeypatch.setattr(cache, "_loaded", type(cache._loaded)())
    monkeypatch.setattr(cache, "_kept", type(cache._kept)())
    monkeypatch.setattr(cache, "_files", {})
    monkeypatch.delenv(cache.VARIABLE, raising=False)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return [save_tiny_model(folder / f"m{i}", ["x", "y"], seed=i) for i in range(5)]


def ref_of(folder):
    return ModelRef.of_folder(folder.name, str(folder))


def counts(events):
    names = [e["event"] for e in events()]
    return names.count("load"), names.count("drop")


def test_two_threads_load_once(folders, events):
    ref = ref_of(folders[0])
    got = []
    threads = [
        threading.Thread(target=lambda: got.append(cache.get_classifier(ref, "cpu", "float32"))) for _ in range(8)
    ]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len({id(c) for c in got}) == 1
    assert [e["event"] for e in events()].count("load") == 1


def test_models_used_in_turn_are_loaded_once(folders, monkeypatch, events):
    sizes = []
    monkeypatch.setattr(cache, "_size", lambda keys: sizes.append(len(keys)) or 0)
    for _ in range(4):
        use_all(folders)
    assert counts(events) == (5, 0)
    assert sizes == [4, 5], "what they need is added up for a model that is new, beyond three"


def use_all(folders):
    for folder in folders:
        cache.get_classifier(ref_of(folder), "cpu", "float32")


def test_the_ones_unused_for_longest_go_where_memory_ends(folders, monkeypatch, events):
    (part,) = cache.get_classifier(ref_of(folders[0]), "cpu", "float32").parts
    size = part.size
    monkeypatch.setenv(cache.VARIABLE, str(2 * size))
    use_all(folders[:2])
    assert counts(events) == (2, 0)
    use_all([folders[0], folders[2]])
    assert [(e["event"], e["model"], e["device"], e["precision"]) for e in events()[-2:]] == [
        ("load", "m2", "cpu", "float32"),
        ("drop", "m1", "cpu", "float32"),
    ]
    use_all([folders[0], folders[2]])
    assert counts(events) == (3, 1)
    monkeypatch.setenv(cache.VARIABLE, "1")
    use_all(folders[:2])
    assert len(cache._kept) == 1, "the one that is asked for is kept, however large"


def test_float32_weights_that_are_loaded_late_count_too(folders, monkeypatch, events):
    first, last = (cache.get_classifier(ref_of(folder), "cpu", "mixed") for folder in folders[:2])
    first._exact = last._exact = None
    monkeypatch.setenv(cache.VARIABLE, str(sum(part.size for c in (first, last) for part in c.parts)))
    for dropped in (0, 1):
        assert cache.get_classifier(ref_of(folders[1]), "cpu", "mixed") is last
        assert len(cache._kept) == 2 - dropped
        last._in_float32()


def test_three_are_kept_whatever_memory_there_is(folders, monkeypatch, events):
    monkeypatch.setattr(cache, "available_memory", lambda device: 0)
    use_all(folders[:3])
    use_all(folders[:3])
    assert counts(events) == (3, 0)
    use_all(folders)
    assert counts(events) == (5, 2)


@pytest.mark.slow
def test_what_a_live_stage_uses_is_never_dropped(folders, monkeypatch, events):
    monkeypatch.setenv(cache.VARIABLE, "1")
    lights = [LightPipeline(pipeline_of(classifier_of(folder, precision="float32"))) for folder in folders]
    for _ in range(3):
        for light in lights:
            # As nlu does, which makes copies of its stages for each call.
            LightPipeline(light.pipeline_model.copy()).annotate("good movie")
    assert counts(events) == (5, 0)
    del light
    lights.clear()
    gc.collect()
    assert counts(events) == (5, 4), "all but the last"


def test_a_model_is_freed_without_waiting_for_the_garbage_collector(folders, events):
    gc.disable()
    try:
        cache.get_classifier(ref_of(folders[0]), "cpu", "mixed")
        cache._kept.clear()
        assert counts(events)[1] == 1
    finally:
        gc.enable()


@pytest.mark.parametrize(
    ("value", "size"), [("", None), ("0", 0), ("1500", 1500), (" 2k ", 2048), ("3M", 3 << 20), ("4gb", 4 << 30)]
)
def test_sizes(monkeypatch, value, size):
    monkeypatch.setenv(cache.VARIABLE, value)
    assert cache._limit() == size


def test_a_size_that_is_none(folders, monkeypatch):
    monkeypatch.setenv(cache.VARIABLE, "much")
    with pytest.raises(ParamError, match="SPARKCLS_MODEL_MEMORY is 'much'; it takes a number of bytes"):
        use_all(folders[:1])


FORKING = """
import os, sys, threading, time
import torch
from sparkcls.base import LightPipeline
from sparkcls.catalogue.resolve import resolve
from sparkcls.engine import cache
from tests.pipelines import classifier_of, pipeline_of

torch.set_num_threads(2)
light = LightPipeline(pipeline_of(classifier_of(sys.argv[1], precision=sys.argv[2])))
expected = light.annotate("the good movie " * 30)
# Threads for sure, as where cores are idle.
torch.ones(2_000_000).exp().sum()
cache._lock.acquire()
child = os.fork()
if not child:
    os._exit(0 if light.annotate("the good movie " * 30) == expected else 1)
for _ in range(900):
    done, status = os.waitpid(child, os.WNOHANG)
    if done:
        break
    time.sleep(0.1)
else:
    os.kill(child, 9)
    sys.exit("the child hangs")
assert os.waitstatus_to_exitcode(status) == 0
assert torch.get_num_threads() == 2, "the parent keeps its threads"
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.parametrize("precision", ["float32", "mixed"])
def test_a_pipeline_that_was_used_works_in_a_forked_process(folders, precision):
    command = [sys.executable, "-c", FORKING, str(folders[0]), precision]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


def test_what_models_share_is_counted_once(monkeypatch, events):
    refs = [resolve(name) for name in bundled_names()[:4]]
    encoder, head = cache.get_classifier(refs[0], "cpu", "float32").parts
    monkeypatch.setenv(cache.VARIABLE, str(encoder.size + 5 * head.size))
    for _ in range(2):
        for ref in refs:
            cache.get_classifier(ref, "cpu", "float32")
    assert counts(events) == (4, 0)
