"""Encoder, network and classifier against `transformers`, and what happens when they fail."""

import json
import shutil

import numpy as np
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from sparkcls.catalogue.resolve import resolve
from sparkcls.engine.classifier import Classifier
from sparkcls.engine.contract import HUGGINGFACE, SPARKNLP, Reading
from sparkcls.engine.encoder import TextEncoder
from sparkcls.errors import ModelError, ModelFormatError
from sparkcls.models.layout import read_model_folder
from sparkcls.models.ref import ModelRef
from tests.models import broken, poisonous, save_tiny_model
from tests.reference_models import FLOAT32

TEXTS = [
    "I really liked that movie!",
    "the plot was boring and the team lost",
    "a",
    "won't $100 3.5/5 U.S.A.",
    "héroe naïve café 我喜欢 😀 \u0000 x",
    "[SEP] injected [MASK]",
    "market shares fell " * 100,
    "caps LOCK And MiXed",
    "\t tabs\r\nand lines\n",
]
READING = Reading(HUGGINGFACE, True, 128)


def load(folder, device="cpu", precision="float32"):
    return Classifier(ModelRef.of_folder(folder.name, str(folder)), device, precision)


def classify(classifier, texts, reading=READING):
    return classifier.classify(texts, range(len(texts)), reading)


def reference_logits(folder, texts, max_length=128):
    """Plain `transformers`, one text at a time."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, **FLOAT32).eval()
    with torch.inference_mode():
        return np.stack(
            [
                model(**tokenizer(t, truncation=True, max_length=max_length, return_tensors="pt")).logits[0].numpy()
                for t in texts
            ]
        )


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@pytest.fixture(scope="module")
def tiny(tiny_model):
    return load(tiny_model)


@pytest.fixture(scope="module")
def cased_model(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("cased") / "cased", ["x", "y"], cased=True, seed=3)


@pytest.mark.parametrize(
    "name", ["tiny", "cased", pytest.param("bundled", marks=pytest.mark.newest), "vocabulary_only"]
)
def test_scores_equal_those_of_transformers(name, tiny_model, cased_model, tmp_path):
    folder = {"tiny": tiny_model, "cased": cased_model}.get(name)
    if name == "bundled":
        folder = resolve("distilbert_mini_sequence_classifier_sst2").find_here()
    if name == "vocabulary_only":
        folder = shutil.copytree(tiny_model, tmp_path / "bare")
        (folder / "tokenizer.json").unlink()
    outcomes = classify(load(folder), TEXTS)
    logits = np.stack([o.logits for o in outcomes])
    assert np.abs(softmax(logits) - softmax(reference_logits(folder, TEXTS))).max() < 1e-5


def test_batch_size_and_order_change_nothing(tiny):
    plain = np.stack([o.logits for o in classify(tiny, TEXTS)])
    for cap in (1, 2, 3, 64):
        turned = classify(tiny, TEXTS[::-1], Reading(HUGGINGFACE, True, 128, cap))[::-1]
        assert np.abs(softmax(plain) - softmax(np.stack([o.logits for o in turned]))).max() < 5e-6


def test_truncation_is_counted(tiny):
    whole, cut = classify(tiny, ["good " * 126, "good " * 127])
    assert (whole.truncated, cut.truncated) == (0, 1)
    assert np.allclose(whole.logits, cut.logits, atol=1e-5)
    assert classify(tiny, ["good " * 10], Reading(HUGGINGFACE, True, 3))[0].truncated == 9


def test_texts_without_wordpieces_have_no_outcome(tiny):
    for outcome in classify(tiny, ["", " \n", "\u0000\u0001"]):
        assert outcome.logits is None
        assert outcome.error is None


def test_nothing_at_all(tiny):
    assert classify(tiny, []) == []


def test_words_are_encoded_as_they_are(tiny, tiny_model):
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    words = ["I", "do", "n't", "like", "caf\u00e9s"]
    expected = tokenizer(words, is_split_into_words=True, add_special_tokens=False)["input_ids"]
    assert tiny.encoder.encode([words, "good"], HUGGINGFACE, True) == [expected, tokenizer.encode("good")[1:-1]]


def test_sparknlp_keeps_the_first_piece_of_every_token(tiny):
    v = tiny.encoder.vocabulary
    ids = tiny.encoder.encode([["won't", "$100", "Caf\u00e9s"]], SPARKNLP, False)
    assert ids == [[v["won"], v["$"], v["cafe"], v["##s"]]]


def test_case(tiny, cased_model):
    cased = load(cased_model).encoder
    assert cased.cased
    assert not tiny.encoder.cased
    upper, lower = cased.encode([["Good"], ["good"]], SPARKNLP, True)
    assert upper != lower
    assert cased.encode([["Good"]], SPARKNLP, False) == [lower]


@pytest.mark.parametrize(("lower", "same"), [(None, False), (True, True)])
def test_vocabulary_without_settings_decides_about_case(cased_model, tmp_path, lower, same):
    folder = shutil.copytree(cased_model, tmp_path / "bare")
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer_config.json").unlink()
    if lower is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": lower}))
    a, b = TextEncoder(read_model_folder(folder)).encode(["Good Movie", "good movie"], HUGGINGFACE, True)
    assert (a == b) == same


@pytest.mark.parametrize(
    "settings",
    [{"do_lower_case": False}, {"do_lower_case": True}, {"strip_accents": False}, {"tokenize_chinese_chars": False}],
)
def test_settings_beside_the_tokenizer_win_as_in_transformers(tiny_model, cased_model, tmp_path, settings):
    texts = ["Good Movie caf\u00e9 \u6211\u559c", "h\u00e9roe"]
    for model in (tiny_model, cased_model):
        folder = shutil.copytree(model, tmp_path / model.name)
        file = folder / "tokenizer_config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | settings))
        expected = AutoTokenizer.from_pretrained(folder)(texts, add_special_tokens=False)["input_ids"]
        assert TextEncoder(read_model_folder(folder)).encode(texts, HUGGINGFACE, True) == expected


def test_limits_stored_in_the_tokenizer_do_not_act(tiny_model, tmp_path):
    folder = shutil.copytree(tiny_model, tmp_path / "limited")
    content = json.loads((folder / "tokenizer.json").read_text())
    content["truncation"] = {"direction": "Right", "max_length": 8, "strategy": "LongestFirst", "stride": 0}
    (folder / "tokenizer.json").write_text(json.dumps(content))
    assert len(TextEncoder(read_model_folder(folder)).encode(["good " * 50], HUGGINGFACE, True)[0]) == 50


def test_bad_tokenizers_are_named(tiny_model, tmp_path):
    folder = shutil.copytree(tiny_model, tmp_path / "a")
    (folder / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelFormatError, match="cannot be read"):
        TextEncoder(read_model_folder(folder))
    content = json.loads((tiny_model / "tokenizer.json").read_text())
    content["post_processor"] = None
    (folder / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(
        ModelFormatError, match=r"post_processor is None, .* puts \[CLS\] before a text and \[SEP\] after"
    ):
        TextEncoder(read_model_folder(folder))
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").write_text("a\nb\n")
    with pytest.raises(ModelFormatError, match=r"lacks \[UNK\]"):
        TextEncoder(read_model_folder(folder))


def test_a_tokenizer_of_another_model(tiny_model, tmp_path):
    folder = shutil.copytree(tiny_model, tmp_path / "a")
    shutil.copy(resolve("distilbert_mini_sequence_classifier_sst2").find_here() / "tokenizer.json", folder)
    with pytest.raises(ModelFormatError, match="belong to different models"):
        TextEncoder(read_model_folder(folder))


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precisions_are_close(tiny_model, tiny, precision):
    full = softmax(np.stack([o.logits for o in classify(tiny, TEXTS)]))
    half = softmax(np.stack([o.logits for o in classify(load(tiny_model, precision=precision), TEXTS)]))
    assert np.abs(full - half).max() < 0.1


def test_relu_models(tmp_path):
    folder = save_tiny_model(tmp_path / "m", ["a", "b"])
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"activation": "relu"}))
    logits = np.stack([o.logits for o in classify(load(folder), TEXTS)])
    assert np.allclose(logits, reference_logits(folder, TEXTS), atol=1e-4)


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "mixed"])
def test_a_poisoned_text_fails_alone(tmp_path, caplog, precision):
    classifier = load(save_tiny_model(tmp_path / "m", ["a", "b"], change=poisonous("poison")), precision=precision)
    texts = ["good movie", "poison", "bad plot", "the poison story", "fine"]
    outcomes = classify(classifier, texts)
    assert [o.error is None for o in outcomes] == [True, False, True, False, True]
    assert outcomes[1].error == "ArithmeticError: the model's scores are not finite numbers"
    assert all(np.isfinite(outcomes[i].logits).all() for i in (0, 2, 4))
    assert "2 of 5 sentences could not be processed" in caplog.text


def test_a_broken_model_raises(tmp_path):
    classifier = load(save_tiny_model(tmp_path / "m", ["a", "b"], change=broken))
    with pytest.raises(ModelError, match="fails on known-good text too"):
        classify(classifier, ["good movie"])


class Failing:
    """A network that raises for batches over a size, or for sequences with an id."""

    def __init__(self, inner, largest=10**9, bad_id=None, error=None):
        self.inner, self.largest, self.bad_id = inner, largest, bad_id
        self.error = error or RuntimeError("boom\n twice")
        self.device, self.pads = torch.device("cpu"), False

    def start(self, sequences):
        if len(sequences) > self.largest or any(self.bad_id in s for s in sequences):
            raise self.error
        return self.inner.start(sequences)


@pytest.fixture
def failing(tiny_model):
    def make(**options):
        classifier = load(tiny_model)
        classifier._passes._network = Failing(classifier._passes._network, **options)
        return classifier

    return make


def test_out_of_memory_halves_the_batch(failing, tiny):
    classifier = failing(largest=2, error=torch.cuda.OutOfMemoryError("out"))
    outcomes = classify(classifier, TEXTS[:7])
    assert not any(o.error for o in outcomes)
    plain = np.stack([o.logits for o in classify(tiny, TEXTS[:7])])
    assert np.allclose(plain, np.stack([o.logits for o in outcomes]), atol=1e-5)


def test_a_raising_sentence_is_found_and_the_others_keep_their_scores(failing, tiny):
    classifier = failing(bad_id=tiny.encoder.vocabulary["movie"])
    outcomes = classify(classifier, TEXTS)
    assert [i for i, o in enumerate(outcomes) if o.error] == [0]
    assert outcomes[0].error == "RuntimeError: boom twice"


def test_a_network_that_always_raises_fails(failing):
    with pytest.raises(ModelError, match="RuntimeError: boom twice"):
        classify(failing(largest=0), TEXTS)


def test_a_text_that_the_tokenizer_refuses_fails_alone(tiny):
    outcomes = classify(tiny, ["good", "lone \ud800 surrogate", "bad"])
    assert [o.error is None for o in outcomes] == [True, False, True]


def test_events_that_cannot_be_written_do_no_harm(tiny, monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("SPARKCLS_EVENTS", str(tmp_path / "absent" / "events.jsonl"))
    for _ in range(2):
        assert classify(tiny, ["good"])[0].logits is not None
    assert caplog.text.count("events are not recorded") == 1


def test_events(tiny_model, events):
    classify(load(tiny_model), ["good movie", "", "bad"])
    load_event, forward = events()
    assert load_event["event"] == "load"
    assert (forward["event"], forward["rows"], forward["sequences"], forward["wordpieces"]) == ("forward", 2, 2, 7)
    assert {"pid", "model", "device", "seconds"} <= forward.keys()


def test_sequences_of_a_batch_do_not_touch_each_other(tiny):
    network = tiny._passes._network
    alone = network.start([[2, 7, 3]])()[0]
    for others in ([[2, 7, 3]], [[2, 7, 8, 3]], [[2, 3], [2, 9, 9, 9, 9, 3], [2, 7, 3]]):
        assert np.allclose(network.start([[2, 7, 3], *others])()[0], alone, atol=1e-6)
