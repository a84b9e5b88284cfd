"""Which precision is chosen, and what ``mixed`` is worth."""

import numpy as np
import pytest

from sparkcls.catalogue.resolve import resolve
from sparkcls.classification import Decision, close_calls, probabilities
from sparkcls.engine import precision
from sparkcls.engine.classifier import Classifier
from sparkcls.engine.contract import HUGGINGFACE, Reading
from sparkcls.engine.figures import Figures
from sparkcls.engine.precision import choose_precision, half_precision
from sparkcls.errors import ParamError
from sparkcls.models.ref import ModelRef
from tests.models import save_tiny_model

READING = Reading(HUGGINGFACE, True, 128)
WORDS = [
    "the",
    "film",
    "was",
    "not",
    "really",
    "good",
    ",",
    "a",
    "boring",
    "plot",
    "and",
    "an",
    "awful",
    "story",
    "but",
    "i",
    "liked",
    "this",
    "great",
    "team",
]
TEXTS = [" ".join(WORDS[i % 7 : i % 7 + 1 + i % 12] * (1 + i % 3)) + f" {i}" for i in range(300)]


@pytest.mark.parametrize(
    ("device", "fast", "chosen"),
    [
        ("cpu", True, "mixed"),
        ("cpu", False, "float32"),
        ("cuda:1", False, "mixed"),
        ("mps", True, "float32"),
    ],
)
def test_auto_goes_by_what_the_device_can(monkeypatch, device, fast, chosen):
    monkeypatch.delenv("SPARKCLS_PRECISION", raising=False)
    monkeypatch.setattr(precision, "has_fast_bfloat16", lambda: fast)
    assert choose_precision("auto", device) == chosen
    for explicit in ("float32", "bfloat16", "float16", "mixed"):
        assert choose_precision(explicit, device) == explicit


def test_the_environment_says_what_auto_means(monkeypatch):
    monkeypatch.setenv("SPARKCLS_PRECISION", "bfloat16")
    assert choose_precision("auto", "cpu") == "bfloat16"
    assert choose_precision("float32", "cpu") == "float32"
    monkeypatch.setenv("SPARKCLS_PRECISION", "half")
    with pytest.raises(ParamError, match="SPARKCLS_PRECISION is 'half'; it takes one of auto, mixed"):
        choose_precision("auto", "cpu")


def test_half_precision():
    assert (half_precision("cpu"), half_precision("cuda:0")) == ("bfloat16", "float16")


def load(folder, precision, device="cpu"):
    return Classifier(ModelRef.of_folder(folder.name, str(folder)), device, precision)


def scores(classifier, texts, figures=None):
    decision = Decision()
    outcomes = classifier.classify(
        texts, range(len(texts)), READING, lambda logits, rows: close_calls(logits, decision, rows), figures
    )
    return probabilities(np.stack([o.logits for o in outcomes]), "softmax")


def test_mixed_decides_as_float32_does():
    folder = resolve("distilbert_mini_sequence_classifier_sst2").locate()
    exact, figures = scores(load(folder, "float32"), TEXTS), Figures()
    mixed = scores(load(folder, "mixed"), TEXTS, figures)
    assert (mixed.argmax(1) == exact.argmax(1)).all()
    assert np.abs(mixed - exact).max() < 0.06
    assert 0 < figures.rescored < len(TEXTS) / 5
    assert figures.scored == len(TEXTS)
    best = np.sort(exact, axis=1)
    closest = best[:, -1] - best[:, -2] < 0.02
    assert closest.any()
    assert np.abs(mixed - exact)[closest].max() < 1e-5


def close(logits, decision, rows=None):
    return close_calls(logits, decision, rows or [{i} for i in range(len(logits))]).tolist()


def test_close_calls():
    logits = np.log(np.array([[0.5, 0.5], [0.53, 0.47], [0.54, 0.46], [0.9, 0.1]]))
    assert close(logits, Decision()) == [True, True, False, False]
    assert close(logits[:, :1], Decision()) == [False] * 4
    at = np.array([[0.0, 9.0], [0.1, -9.0], [0.2, 3.0]])
    assert close(at, Decision("sigmoid", 0.5)) == [True, True, False]
    assert close(at, Decision("sigmoid", 0.55)) == [False, True, True]


def test_where_sentences_are_averaged_the_average_must_be_clear():
    logits = np.log(np.array([[0.9, 0.1], [0.11, 0.89], [0.9, 0.1], [0.8, 0.2], [0.51, 0.49]]))
    rows = [{0}, {0}, {1}, {1}, {1}]
    assert close(logits, Decision(coalesce=True), rows) == [True, True, False, False, False]
    assert close(logits, Decision(), rows) == [False, False, False, False, True]


def test_what_16_bits_cannot_hold_is_scored_in_float32(tmp_path, monkeypatch):
    """Weights beyond the range of float16, as on a GPU: every text overflows, and none of them fails."""
    import torch

    def large(model, pieces):
        with torch.no_grad():
            model.distilbert.transformer.layer[0].ffn.lin2.weight.mul_(1e6)

    folder = save_tiny_model(tmp_path / "large", ["x", "y"], change=large)
    monkeypatch.setattr("sparkcls.engine.classifier.half_precision", lambda device: "float16")
    figures = Figures()
    mixed = scores(load(folder, "mixed"), TEXTS[:20], figures)
    assert np.allclose(mixed, scores(load(folder, "float32"), TEXTS[:20]), atol=1e-5)
    assert figures.rescored == 20
    refused = load(folder, "mixed").classify(["good \ud800", "good"], range(2), READING)
    assert [bool(o.error) for o in refused] == [True, False], "a model that 16 bits cannot hold is not broken"


def test_equal_texts_are_scored_once(tiny_model):
    figures = Figures()
    found = scores(load(tiny_model, "float32"), [*TEXTS[:5]] * 4, figures)
    assert (figures.sentences, figures.scored) == (20, 5)
    assert (found[:5] == found[15:]).all()


def test_float16_with_padding_as_on_a_gpu(tiny_model):
    import torch

    from sparkcls.engine.packing import Packing

    ids = [[2, 7, 3], [2, 9, 8, 7, 6, 3], [2, 7, 7, 3]]
    with torch.inference_mode():
        half, exact = (
            load(tiny_model, p)._passes._network._forward(Packing.of(ids, torch.device("cpu"), padded))
            for p, padded in (("float16", True), ("float32", False))
        )
    assert half.dtype == torch.float32
    assert torch.allclose(half, exact, atol=2e-2)


@pytest.mark.parametrize("change", [{}, {"activation": "sigmoid"}, {"coalesceSentences": True}, {"onError": "raise"}])
def test_mixed_in_spark(spark, bundled, change):
    from sparkcls.base import LightPipeline
    from tests.pipelines import classes, pipeline_of, texts_frame

    def labels(precision):
        model = pipeline_of(bundled.copy()._update(precision=precision, **change))
        light = [[a.result for a in row["class"]] for row in LightPipeline(model).fullAnnotate(TEXTS[:80])]
        return [[a["result"] for a in row] for row in classes(model, texts_frame(spark, TEXTS[:80]))], light

    mixed, light = labels("mixed")
    assert mixed == light == labels("float32")[0]
