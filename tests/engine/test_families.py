"""Classifiers of all families, from texts on, against `transformers`."""

import json
import shutil

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

from sparkcls.classification import CloseCalls, Decision, probabilities
from sparkcls.engine.classifier import Classifier
from sparkcls.engine.contract import HUGGINGFACE, Pair, Reading
from sparkcls.errors import ModelFormatError
from sparkcls.families.registry import FAMILIES
from sparkcls.models.layout import WEIGHTS, read_model_folder
from sparkcls.models.ref import ModelRef
from tests.engine.test_networks import softmax
from tests.families import WRITTEN_OUT, save_tiny_family, tiny_tokenizer
from tests.reference_models import FLOAT32

READING = Reading(HUGGINGFACE, True, 128)
LABELS = ["red", "green", "blue"]


def texts_of(family):
    """Plain and odd texts; a padding piece inside one moves the positions after it, in some families."""
    pad = tiny_tokenizer(family).pad_token
    return [
        "I really liked that movie!",
        "the plot was boring and the team lost",
        "a",
        "won't $100 3.5/5 U.S.A.",
        "héroe naïve café 我喜欢 😀",
        f"the {pad} story {pad}{pad} was good",
        "market shares fell " * 100,
    ]


def load(folder, precision="float32"):
    return Classifier(ModelRef.of_folder(folder.name, str(folder)), "cpu", precision)


def scores(classifier, texts, is_close=None):
    found = classifier.classify(texts, range(len(texts)), READING, is_close)
    assert not [outcome.error for outcome in found if outcome.error]
    return np.stack([outcome.logits for outcome in found])


def reference(folder, texts):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, **FLOAT32).eval()
    with torch.inference_mode():
        return np.stack(
            [
                model(**tokenizer(t, truncation=True, max_length=128, return_tensors="pt")).logits[0].numpy()
                for t in texts
            ]
        )


@pytest.fixture(
    scope="module",
    # Transformers 4 gives an ALBERT one wordpiece more before a sign that it does not know.
    params=[pytest.param(f, marks=[pytest.mark.newest] * (f == "albert")) for f in WRITTEN_OUT],
)
def family(request, tmp_path_factory):
    return request.param, save_tiny_family(tmp_path_factory.mktemp("families") / request.param, request.param, LABELS)


def test_probabilities_equal_those_of_transformers(family):
    name, folder = family
    texts = texts_of(name)
    classifier, expected = load(folder), reference(folder, texts)
    assert np.abs(softmax(scores(classifier, texts)) - softmax(expected)).max() < 1e-5
    assert np.abs(softmax(scores(classifier, texts[::-1])[::-1]) - softmax(expected)).max() < 1e-5


def test_pairs_have_the_token_types_of_transformers(family):
    name, folder = family
    first, second = texts_of(name)[:6], texts_of(name)[5::-1]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.inference_mode():
        expected = np.stack(
            [
                model(**tokenizer(a, b, truncation=True, max_length=128, return_tensors="pt")).logits[0].numpy()
                for a, b in zip(first, second, strict=True)
            ]
        )
    found = scores(load(folder), [Pair(a, b) for a, b in zip(first, second, strict=True)])
    assert np.abs(softmax(found) - softmax(expected)).max() < 1e-5


def test_a_model_with_one_token_type_takes_no_second(tmp_path):
    folder = save_tiny_family(tmp_path / "m", "bert", LABELS, type_vocab_size=1)
    with pytest.raises(ModelFormatError, match="gives the texts of a pair the token types 0 and 1, the model has one"):
        load(folder).classify([Pair("a good film", "the plot")], [0], READING)
    assert np.abs(scores(load(folder), ["the plot"]) - reference(folder, ["the plot"])).max() < 1e-5


#: A post-processor that gives the last wordpiece of a text another token type.
def typed_end(frame, special, kind):
    pieces = [
        {"Sequence": {"id": "A", "type_id": 0}} if p == "$A" else {"SpecialToken": {"id": p, "type_id": 0}}
        for p in frame
    ]
    pieces[-1]["SpecialToken"]["type_id"] = kind
    ids = {name: {"id": name, "ids": [i], "tokens": [name]} for name, i in special.items()}
    return {"type": "TemplateProcessing", "single": pieces, "pair": pieces, "special_tokens": ids}


@pytest.mark.parametrize(("name", "kind"), [("xlnet", None), ("bert", 1), ("bert", 2), ("bert", 0)])
def test_texts_have_the_token_types_of_transformers(tmp_path, name, kind):
    folder = save_tiny_family(tmp_path / "m", name, LABELS)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["model_input_names"] = ["input_ids", "token_type_ids", "attention_mask"]
    if kind is not None:
        settings["tokenizer_class"] = "PreTrainedTokenizerFast"
        file = folder / "tokenizer.json"
        content = json.loads(file.read_text())
        special = {p: content["model"]["vocab"][p] for p in ("[CLS]", "[SEP]")}
        file.write_text(json.dumps(content | {"post_processor": typed_end(["[CLS]", "$A", "[SEP]"], special, kind)}))
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    if kind == 2:
        with pytest.raises(ModelFormatError, match="gives a single text the token types"):
            load(folder)
        return
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    texts = ["the film was good", "a bad plot and not fine", "good"]
    with torch.inference_mode():
        expected = np.stack([model(**tokenizer(t, return_tensors="pt")).logits[0].numpy() for t in texts])
    assert np.abs(softmax(scores(load(folder), texts)) - softmax(expected)).max() < 1e-5
    ends = {tokenizer(t)["token_type_ids"][-1] for t in texts}
    assert ends == {2 if kind is None else kind}


@pytest.mark.slow
def test_mixed_gives_the_labels_of_float32(family):
    name, folder = family
    texts = [f"{a} {b}" for a in texts_of(name)[:5] for b in texts_of(name)[:5]]
    mixed = scores(load(folder, "mixed"), texts, CloseCalls(Decision()))
    assert (mixed.argmax(1) == scores(load(folder), texts).argmax(1)).all()


HEADS = [(None, 3), ("multi_label_classification", 3), ("regression", 1), ("regression", 3)]


@pytest.mark.newest
@pytest.mark.parametrize("family", WRITTEN_OUT)
def test_each_kind_of_head_scores_as_the_pipeline_does(family, tmp_path):
    texts = texts_of(family)[:3]
    for kind, outputs in HEADS:
        folder = tmp_path / f"{kind} {outputs}"
        save_tiny_family(folder, family, LABELS[:outputs], seed=outputs, problem_type=kind)
        classifier = load(folder)
        found = probabilities(scores(classifier, texts), read_model_folder(folder).activation)
        answers = pipeline("text-classification", str(folder), top_k=None)(texts)
        theirs = [
            [{a["label"]: a["score"] for a in answer}[label] for label in classifier.labels] for answer in answers
        ]
        assert np.abs(found - np.array(theirs)).max() < 1e-5 * max(1, np.abs(found).max())


def old_names(family, tensors):
    """Without the model's prefix, norms by their old names, and with what else an export may hold."""
    prefix, found = FAMILIES[family].prefix, {}
    for name, tensor in tensors.items():
        name = name.removeprefix(prefix)
        if name.endswith(("LayerNorm.weight", "LayerNorm.bias")):
            name = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        found[name] = tensor
    return found | {
        "embeddings.position_ids": torch.arange(512)[None],
        "embeddings.token_type_ids": torch.zeros(1, 512, dtype=torch.int64),
        "cls.predictions.bias": torch.ones(7),
        "lm_head.dense.weight": torch.ones(3, 3),
        "unused.pooler.dense.weight": torch.ones(32, 32),
    }


@pytest.mark.newest
def test_names_of_old_exports(family, tmp_path):
    name, folder = family
    copy = shutil.copytree(folder, tmp_path / "copy")
    save_file(old_names(name, load_file(folder / WEIGHTS)), copy / WEIGHTS, {"format": "pt"})
    texts = texts_of(name)[:3]
    expected = reference(folder, texts)
    assert np.abs(reference(copy, texts) - expected).max() < 1e-5, "so does transformers"
    assert np.abs(softmax(scores(load(copy), texts)) - softmax(expected)).max() < 1e-5


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_other_types_of_weights(family, tmp_path, dtype):
    name, folder = family
    copy = shutil.copytree(folder, tmp_path / "copy")
    save_file({n: t.to(dtype) for n, t in load_file(folder / WEIGHTS).items()}, copy / WEIGHTS, {"format": "pt"})
    texts = texts_of(name)[:3]
    assert np.abs(softmax(scores(load(copy), texts)) - softmax(reference(copy, texts))).max() < 1e-5


def test_what_is_missing_or_too_much_is_named(family, tmp_path):
    name, folder = family
    declared = FAMILIES[name]
    copy = shutil.copytree(folder, tmp_path / "copy")
    whole = load_file(folder / WEIGHTS)
    head, inner = declared.names["head.output"], declared.names["layer.{i}.inner"].format(i=0, j=0)
    for missing in (f"{head}.weight", f"{inner}.weight"):
        save_file({n: t for n, t in whole.items() if n != missing}, copy / WEIGHTS)
        with pytest.raises(ModelFormatError, match=rf"lacks 1 weights of a {declared.architecture}.* {missing}; "):
            read_model_folder(copy)
    more = declared.names["layer.{i}.inner"].format(i=7, j=0)
    save_file(whole | {f"{more}.weight": torch.zeros(3)}, copy / WEIGHTS)
    with pytest.raises(
        ModelFormatError, match=rf"has layers that config.json .* leaves out, .* {more}.weight; correct"
    ):
        read_model_folder(copy)
