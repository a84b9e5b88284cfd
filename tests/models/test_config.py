"""config.json as `transformers` takes it: equal scores, or refused by name."""

import contextlib
import json
import random
import shutil

import numpy as np
import pytest
from transformers.activations import ACT2FN

from sparkcls.errors import ModelFormatError, SparkclsError
from sparkcls.families.activations import ACTIVATIONS
from sparkcls.models.layout import read_model_folder
from tests.engine.test_classifier import TEXTS, classify, load, reference_logits
from tests.models import save_tiny_model


@pytest.fixture
def folder(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "copy")


def rewrite(folder, left_out=(), **values):
    file = folder / "config.json"
    config = {k: v for k, v in json.loads(file.read_text()).items() if k not in left_out}
    file.write_text(json.dumps(config | values))


def assert_equals_transformers(folder):
    found = np.stack([o.logits for o in classify(load(folder), TEXTS[:3])])
    assert np.abs(found - reference_logits(folder, TEXTS[:3])).max() <= 2e-5


@pytest.mark.parametrize(
    ("left_out", "values"),
    [
        (["n_heads"], {"num_attention_heads": 4}),
        (["n_heads", "n_layers", "dim"], {"num_attention_heads": 2, "num_hidden_layers": 2, "hidden_size": 32}),
        ([], {"num_attention_heads": 4, "hidden_size": 32}),
        ([], {"hidden_act": "relu", "intermediate_size": 99, "layer_norm_eps": 0.1, "position_embedding_type": "x"}),
        ([], {"sinusoidal_pos_embds": True}),
        ([], {"pad_token_id": 7}),
        ([], {"is_decoder": True, "tie_word_embeddings": False, "chunk_size_feed_forward": 1, "sliding_window": 2}),
        ([], {"pruned_heads": {}, "is_causal": False, "num_labels": 3}),
    ],
)
def test_what_is_taken(folder, left_out, values):
    rewrite(folder, left_out, **values)
    assert_equals_transformers(folder)


# An old transformers, with which they are compared, lacks some.
@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name in ACT2FN])
def test_activations(folder, activation):
    rewrite(folder, activation=activation)
    assert_equals_transformers(folder)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_attention_heads": 2}, "n_heads is 4 and num_attention_heads, which means the same, is 2; remove one"),
        ({"num_attention_heads": 4.0}, "n_heads is 4 and num_attention_heads, .* is 4.0"),
        ({"num_hidden_layers": 1}, "n_layers is 2 and num_hidden_layers"),
        ({"n_heads": 2.5}, "n_heads is 2.5; expected a positive integer"),
        ({"n_heads": "2"}, "n_heads is '2'; expected a positive integer"),
        ({"n_heads": True}, "n_heads is True; expected a positive integer"),
        ({"n_heads": 0}, "n_heads is 0; expected a positive integer"),
        ({"n_heads": -1}, "n_heads is -1; expected"),
        ({"n_heads": 3}, "n_heads is 3, which does not divide dim, 32"),
        ({"n_heads": 64}, "n_heads is 64, which does not divide dim"),
        ({"n_layers": "6"}, "n_layers is '6'; expected"),
        ({"n_layers": None}, "n_layers is None; expected"),
        ({"n_layers": 10**9}, "*it has 2 layers, config.json says n_layers 1000000000"),
        ({"n_layers": 10**20}, "n_layers is 1000.*; expected"),
        ({"vocab_size": 10**9}, r"*word_embeddings.weight has shape .*, config.json says \[1000000000, 32\]"),
        ({"activation": None}, "activation is None; expected one of gelu"),
        ({"activation": ["gelu"]}, "activation is .*; expected one of"),
        ({"model_type": None}, "model_type is None; sparkcls has classifiers of the types distilbert"),
        ({"is_causal": True}, "is_causal is True, which lets a wordpiece see only those before it"),
        ({"per_layer_config": {"0": {"n_heads": 2}}}, "per_layer_config is"),
        ({"pruned_heads": {"0": [1]}}, "pruned_heads is"),
        ({"quantization_config": {"load_in_8bit": True}}, "quantization_config is"),
        ({"transformers_weights": "other.safetensors"}, "transformers_weights is"),
        ({"task_specific_params": {"text-classification": {"problem_type": "regression"}}}, "task_specific_params has"),
        ({"problem_type": ["regression"]}, "problem_type is .*; expected one of regression"),
        ({"num_labels": 5}, "num_labels is 5, but the head has 3 outputs"),
        ({"id2label": ["a", "b", "c"]}, "id2label must map numbers to labels"),
        ({"id2label": {"0": "a", "1": None, "2": "c"}}, "id2label must map numbers to labels .*None is not a label"),
        ({"id2label": {"0": "a", "1": "\ud800", "2": "c"}}, ".*lone surrogate"),
        ({"id2label": {"0": "a", "00": "b", "1": "b", "2": "c"}}, ".*must number its labels"),
    ],
)
def test_what_is_refused_by_name(folder, values, message):
    rewrite(folder, **values)
    with pytest.raises(ModelFormatError, match=f"config.json: {message}" if message[0] != "*" else message[1:]):
        read_model_folder(folder)


@pytest.mark.parametrize("named", [{"0": "LABEL_0", "1": "LABEL_1"}, {}, None])
def test_default_names_of_another_number_are_none(folder, named):
    """`transformers` does not load such a folder; exporters write it beside a labels.txt."""
    rewrite(folder, id2label=named)
    assert read_model_folder(folder).labels == ("LABEL_0", "LABEL_1", "LABEL_2")
    (folder / "assets").mkdir()
    (folder / "assets" / "labels.txt").write_text("x\ny\nz\n")
    assert read_model_folder(folder).labels == ("x", "y", "z")


def test_numbers_as_labels(folder):
    rewrite(folder, id2label={"0": 1, "1": 2, "2": 3})
    assert read_model_folder(folder).labels == ("1", "2", "3")


@pytest.mark.parametrize(
    ("content", "labels"),
    [
        ("\ufeffx\ny\nz\n".encode(), ("x", "y", "z")),
        (b"x\r\ny\r\nz\r\n\r\n  \r\n", ("x", "y", "z")),
        ("x\u2028 1\ny\x85\u00e9\nz".encode(), ("x\u2028 1", "y\x85\u00e9", "z")),
        ("caf\u00e9\ny\nz\n".encode("latin-1"), "labels.txt is not UTF-8: byte 3 is 0xe9, so it looks like Latin-1"),
        ("x\ny\nz\n".encode("utf-16"), "labels.txt is not UTF-8: .* looks like UTF-16"),
    ],
)
def test_text_files_of_strangers(folder, content, labels):
    rewrite(folder, id2label=None)
    (folder / "assets").mkdir()
    (folder / "assets" / "labels.txt").write_bytes(content)
    if isinstance(labels, tuple):
        assert read_model_folder(folder).labels == labels
    else:
        with pytest.raises(ModelFormatError, match=labels):
            read_model_folder(folder)


def test_only_errors_of_its_own_come_out_of_mutated_folders(tmp_path):
    """Each file mutated in two hundred ways: bytes changed, cut, repeated, values of other types."""
    source = save_tiny_model(tmp_path / "m", ["a", "b"])
    (source / "assets").mkdir()
    (source / "assets" / "labels.txt").write_text("a\nb\n")
    (source / "sparkcls.json").write_text('{"params": {"maxSentenceLength": 64}}')
    random.seed(7)
    for name in ("config.json", "assets/labels.txt", "sparkcls.json", "model.safetensors"):
        file = source / name
        whole = file.read_bytes()
        for _ in range(200):
            file.write_bytes(_mutated(whole[:4000]) + whole[4000:])
            with contextlib.suppress(SparkclsError):
                read_model_folder(source)
        file.write_bytes(whole)


VALUES = ["null", "[]", "{}", '"x"', "-1", "0", "1e999", "NaN", "true", "9" * 30, "[" * 2000, '{"0": {"0": 1}}']


def _mutated(content: bytes) -> bytes:
    at = random.randrange(len(content) + 1)
    kind = random.randrange(4)
    if kind == 0:
        return content[:at] + bytes([random.randrange(256)]) + content[at + 1 :]
    if kind == 1:
        return content[:at]
    if kind == 2:
        return content[:at] + content[at : at + 50] * 3 + content[at + 50 :]
    # The value after some colon.
    colons = [i for i, byte in enumerate(content) if byte == ord(":")] or [at]
    start = random.choice(colons) + 1
    ends = [i for i in (content.find(end, start) for end in (b",", b"}", b"\n")) if i >= 0]
    return content[:start] + random.choice(VALUES).encode() + content[min(ends, default=start) :]
