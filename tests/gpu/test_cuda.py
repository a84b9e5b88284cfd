"""The engine on a GPU against `transformers` on the same GPU, and what happens when it fails there."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from sparkcls.engine import classifier as classifier_module
from sparkcls.engine.contract import HUGGINGFACE, Reading
from sparkcls.engine.device import Surroundings, choose_device
from sparkcls.engine.figures import Figures
from sparkcls.engine.precision import choose_precision
from sparkcls.engine.turn import turn
from sparkcls.errors import DeviceError, ModelError
from sparkcls.models.bundled import bundled_folder
from tests.gpu.device import (
    BUNDLED,
    DEVICE,
    LONGEST,
    ON_GPU,
    base_model,
    classify,
    load,
    real_texts,
    scores_of,
    texts_of,
    transformers_scores,
)
from tests.models import broken, poisonous, save_tiny_model

if ON_GPU and not torch.cuda.is_available():
    pytest.skip("needs a CUDA device", allow_module_level=True)

only_gpu = pytest.mark.skipif(not ON_GPU, reason="only a GPU has it")

MIXES = {
    "one": [40],
    "one of the longest": [LONGEST],
    "shortest": [3] * 70,
    "equal": [64] * 33,
    "all lengths": [3 + 7 * i for i in range(72)],
    "one long among short": [5] * 200 + [LONGEST],
    "too long": [LONGEST + 88, 12],
}


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return base_model(tmp_path_factory.mktemp("models") / "base")


@pytest.fixture(scope="module")
def exact(base):
    return load(base, "float32")


@pytest.mark.parametrize("mix", list(MIXES))
def test_float32_equals_transformers(base, exact, mix):
    texts = texts_of(MIXES[mix])
    found = classify(exact, texts, LONGEST)
    assert np.abs(scores_of(found) - transformers_scores(base, texts, LONGEST)).max() < 2e-5
    assert [o.truncated for o in found] == [max(0, n - LONGEST) for n in MIXES[mix]]


@pytest.mark.parametrize(("precision", "moved"), [("float16", 0.02), ("bfloat16", 0.15)])
@pytest.mark.parametrize("mix", list(MIXES))
def test_sixteen_bits_are_near(base, exact, precision, moved, mix):
    texts = texts_of(MIXES[mix])
    found = scores_of(classify(load(base, precision), texts, LONGEST))
    assert np.abs(found - scores_of(classify(exact, texts, LONGEST))).max() < moved


@only_gpu
def test_nothing_is_padded_in_16_bits(base):
    if torch.cuda.get_device_capability(DEVICE) < (8, 0):
        pytest.skip("needs a GPU of capability 8.0")
    classifier = load(base, "float16")
    figures = Figures()
    texts = texts_of(MIXES["all lengths"])
    classifier.classify(texts, range(len(texts)), Reading(HUGGINGFACE, True, LONGEST, None), figures=figures)
    assert figures.wordpieces
    assert not figures.padding


def test_mixed_has_the_labels_of_float32(base, exact):
    draw = random.Random(1)
    texts = texts_of([draw.randint(3, 200) for _ in range(2000)])
    mixed = scores_of(classify(load(base, "mixed"), texts, 200)).argmax(1)
    assert (mixed == scores_of(classify(exact, texts, 200)).argmax(1)).all()


def test_neither_batching_nor_order_changes_scores(exact):
    texts = texts_of([3 + 5 * (i % 60) for i in range(300)])
    plain = scores_of(classify(exact, texts, LONGEST))
    for cap in (1, 7, None):
        turned = scores_of(classify(exact, texts[::-1], LONGEST, cap))[::-1]
        assert np.abs(turned - plain).max() < 5e-6


def test_batches_under_way_do_not_overwrite_each_other(exact):
    """Scores come back in pinned memory while the next batch runs."""
    texts = texts_of([30] * 500)
    alone = scores_of([classify(exact, [text])[0] for text in texts[:20]])
    together = scores_of(classify(exact, texts, cap=5))
    assert np.abs(together[:20] - alone).max() < 5e-6


def test_real_texts_have_the_labels_of_transformers(base, exact):
    files = real_texts(3000)
    if not files:
        pytest.skip("no folder of texts was named")
    mini = bundled_folder(BUNDLED)
    for name, texts in files.items():
        for folder, classifier in ((base, exact), (mini, load(mini))):
            expected = transformers_scores(folder, texts, 128)
            found = scores_of(classify(classifier, texts))
            mixed = scores_of(classify(load(folder, "mixed"), texts))
            differ = int((found.argmax(1) != expected.argmax(1)).sum())
            differ_mixed = int((mixed.argmax(1) != expected.argmax(1)).sum())
            moved, moved_mixed = np.abs(found - expected).max(), np.abs(mixed - expected).max()
            print(
                f"{name}, {folder.name}: float32 {differ} labels, {moved:.1e}; mixed {differ_mixed}, {moved_mixed:.1e}"
            )
            assert differ == 0
            assert moved < 5e-5
            assert differ_mixed == 0


def test_a_poisonous_text_fails_alone(tmp_path):
    folder = save_tiny_model(tmp_path / "poison", ["a", "b"], change=poisonous("poison"))
    for precision in ("float32", "mixed", "float16"):
        found = classify(load(folder, precision), ["good film", "poison film", "bad film"])
        assert [o.error is None for o in found] == [True, False, True]


def test_a_broken_model_fails_the_task(tmp_path):
    folder = save_tiny_model(tmp_path / "broken", ["a", "b"], change=broken)
    for precision in ("float32", "mixed", "float16"):
        with pytest.raises(ModelError, match="known-good text"):
            classify(load(folder, precision), ["good film"])


@only_gpu
def test_memory_that_ends_halves_batches(base, monkeypatch):
    texts = texts_of([LONGEST] * 600)
    expected = scores_of(classify(load(base, "float16"), texts, LONGEST))
    monkeypatch.setattr(classifier_module, "token_budget", lambda *_, **__: 10**9)
    torch.cuda.empty_cache()
    total = torch.cuda.get_device_properties(DEVICE).total_memory
    torch.cuda.set_per_process_memory_fraction(2e9 / total, torch.device(DEVICE))
    try:
        found = scores_of(classify(load(base, "float16"), texts, LONGEST))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, torch.device(DEVICE))
    assert np.abs(found - expected).max() < 0.01
    again = scores_of(classify(load(base, "float16"), texts[:10], LONGEST))
    assert np.abs(again - expected[:10]).max() < 0.01


def score_in_process(folder: str, queue) -> None:
    classifier = load(Path(folder), "float16")
    for _ in range(5):
        found = classify(classifier, texts_of([60] * 400))
    queue.put(scores_of(found))


def hold_the_turn(started) -> None:
    with turn(torch.device(DEVICE)):
        started.set()
        time.sleep(120)


@only_gpu
def test_two_processes_take_turns(base):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    workers = [context.Process(target=score_in_process, args=(str(base), queue)) for _ in range(2)]
    for worker in workers:
        worker.start()
    one, two = queue.get(timeout=120), queue.get(timeout=120)
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert np.abs(one - two).max() < 1e-3


@only_gpu
def test_a_process_killed_in_its_turn_lets_go(exact):
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    holder = context.Process(target=hold_the_turn, args=(started,))
    holder.start()
    assert started.wait(60)
    os.kill(holder.pid, signal.SIGKILL)
    begin = time.perf_counter()
    classify(exact, ["good film"])
    assert time.perf_counter() - begin < 5
    holder.join(10)


@only_gpu
def test_devices_are_chosen(base):
    around = Surroundings.here()
    assert around.gpus == torch.cuda.device_count()
    assert choose_device("auto", around).startswith("cuda")
    assert choose_device("cuda:0", around) == "cuda:0"
    assert choose_precision("auto", "cuda:0") in ("mixed", os.environ.get("SPARKCLS_PRECISION"))
    with pytest.raises(DeviceError):
        choose_device(f"cuda:{around.gpus}", around)
    named = Surroundings.here(assigned=("0",), worker=True, requested="auto")
    found = choose_device("auto", named)
    assert classify(load(base, "float16", found), ["good film"])[0].logits is not None
