"""Families that `transformers`' own classes compute: each text as there alone."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModelForSequenceClassification

from sparkcls.classification import CloseCalls, Decision
from sparkcls.engine.packing import Layout
from sparkcls.engine.pairs import PairIds
from sparkcls.errors import ModelFormatError
from sparkcls.families.generic import GENERIC
from sparkcls.families.others import OTHERS
from sparkcls.families.registry import FAMILIES
from sparkcls.models.layout import read_model_folder
from tests.engine.networks.parity import network, reference, sequences
from tests.engine.test_families import load, scores, texts_of
from tests.engine.test_families import reference as reference_of_texts
from tests.engine.test_networks import softmax
from tests.families import save_tiny_family, tiny_tokenizer
from tests.models.test_layout import change_config

COMPUTED = [name for name, family in FAMILIES.items() if family.network == GENERIC]
LENGTHS = (3, 5, 5, 9, 16, 16, 17, 40, 70)
END = 3
#: Whatever a configuration calls its sizes.
SIZES = {
    **dict.fromkeys(("hidden_size", "d_model", "input_embedding_size", "output_embedding_size"), 32),
    **dict.fromkeys(("intermediate_size", "d_inner", "d_ff", "encoder_ffn_dim", "decoder_ffn_dim"), 64),
    **dict.fromkeys(("num_hidden_layers", "num_layers", "encoder_layers", "decoder_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "n_head", "num_heads"), 4),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 4),
    **dict.fromkeys(("d_kv", "d_head"), 8),
    **dict.fromkeys(("intra_bottleneck_size", "true_hidden_size"), 16),
    "initializer_range": 0.3,
    "init_std": 0.3,
    "block_sizes": [1, 1],
    "max_position_embeddings": 128,
}
SPECIAL = {"pad_token_id": 0, "bos_token_id": 2, "cls_token_id": 2, "eos_token_id": END, "decoder_start_token_id": END}
NEW = ("funnel", "gte", "nomic_bert")
#: What differs.
CHANGES = {
    "big_bird": {"attention_type": "original_full"},
    "mobilebert": {"embedding_size": 32},
    "rembert": {"input_embedding_size": 16},
    "roformer": {"embedding_size": 32},
    "squeezebert": {"embedding_size": 32},
    "convbert": {"embedding_size": 32},
}


def save_other(folder, family):
    tokenizer = tiny_tokenizer("modernbert")
    known = AutoConfig.for_model(family.model_type).to_dict()
    aliases = AutoConfig.for_model(family.model_type).attribute_map
    sizes = {key: size for key, size in SIZES.items() if key in known and key not in aliases}
    given = sizes | SPECIAL | CHANGES.get(family.model_type, {})
    config = AutoConfig.for_model(family.model_type, vocab_size=len(tokenizer), num_labels=3, **given)
    model = AutoModelForSequenceClassification.from_config(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def assert_equals_transformers(folder, batch):
    expected = reference(folder, batch)
    assert expected.std() > 1e-3
    for layout in (None, Layout.PADDED):
        assert np.abs(network(folder, layout=layout).start(batch)() - expected).max() <= 1e-5


@pytest.mark.parametrize("family", COMPUTED)
def test_parity(tmp_path, family):
    folder = save_tiny_family(tmp_path / "m", family, ["a", "b", "c"])
    end = json.loads((folder / "config.json").read_text())["eos_token_id"]
    assert_equals_transformers(folder, sequences(folder, (*LENGTHS, 300), end))


@pytest.mark.parametrize(
    "family",
    # Some are newer than transformers 4.41, which also cannot make a Funnel with random weights.
    [pytest.param(family, marks=[pytest.mark.newest] * (family.model_type in NEW)) for family in OTHERS],
    ids=[family.model_type for family in OTHERS],
)
def test_parity_of_others(tmp_path, family):
    folder = save_other(tmp_path / "m", family)
    assert read_model_folder(folder).family is family
    assert_equals_transformers(folder, sequences(folder, LENGTHS, END))


@pytest.mark.parametrize("family", COMPUTED)
def test_16_bits_move_scores_a_little(tmp_path, family):
    folder = save_tiny_family(tmp_path / "m", family, ["a", "b"])
    batch = sequences(folder, LENGTHS, json.loads((folder / "config.json").read_text())["eos_token_id"])
    exact = network(folder).start(batch)()
    moved = np.abs(network(folder, "bfloat16").start(batch)() - exact)
    assert 0 < moved.max() < 0.2 * exact.std()


def test_a_class_that_fails_in_16_bits_is_computed_in_float32(tmp_path):
    folder = save_tiny_family(tmp_path / "m", "deberta", ["a", "b"])
    batch = sequences(folder, LENGTHS)
    assert np.array_equal(network(folder, "bfloat16").start(batch)(), network(folder).start(batch)())


def test_pairs_have_token_types(tmp_path):
    folder = save_other(tmp_path / "m", next(family for family in OTHERS if family.model_type == "fnet"))
    ids = sequences(folder, [12])[0]
    types = [0] * 7 + [1] * 5
    expected = reference(folder, [ids], token_type_ids=torch.tensor([types]))
    pair = PairIds(ids[:7], ids[7:], 7)
    assert np.abs(network(folder).start([pair])() - expected).max() <= 1e-5
    assert np.abs(network(folder).start([ids])() - expected).max() > 1e-3


@pytest.mark.parametrize("layout", [None, Layout.PADDED])
def test_ends_inside_texts(bart, layout):
    batch = [[2, 9, 2], [9, 9, 2], [9, 9, 9, 2], [2, 9, 9, 2], [2, 2, 9, 2]]
    assert np.abs(network(bart, layout=layout).start(batch)() - reference(bart, batch)).max() <= 1e-5


@pytest.fixture(scope="module")
def bart(tmp_path_factory):
    return save_tiny_family(tmp_path_factory.mktemp("generic") / "bart", "bart", ["a", "b", "c"])


@pytest.fixture
def copy(bart, tmp_path):
    return shutil.copytree(bart, tmp_path / "copy")


def test_a_model_without_a_head_is_refused(copy):
    weights = load_file(copy / "model.safetensors")
    save_file(
        {n: t for n, t in weights.items() if not n.startswith("classification_head")},
        copy / "model.safetensors",
        {"format": "pt"},
    )
    with pytest.raises(
        ModelFormatError, match="lacks 4 weights of a BartForSequenceClassification, the first is classification_head"
    ):
        network(copy)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id2label": {"0": "a", "1": "b"}, "label2id": {"a": 0, "b": 1}}, "transformers cannot load .* as a Bart"),
        ({"d_model": 48}, "transformers cannot load .* as a BartForSequenceClassification"),
        ({"activation_function": "no such"}, "transformers cannot load .* as a BartForSequenceClassification"),
        pytest.param(
            {"use_cache": None},
            "transformers cannot load .* as a BartForSequenceClassification: .*use_cache",
            marks=pytest.mark.newest,
        ),
        ({"encoder_attention_heads": 0}, "transformers cannot load .* as a BartForSequenceClassification"),
        ({"id2label": None}, "a BartForSequenceClassification has 3 outputs if config.json has no id2label"),
    ],
)
def test_what_transformers_cannot_load(copy, change, message):
    change_config(copy, **change)
    with pytest.raises(ModelFormatError, match=message):
        network(copy)


def test_the_head_of_a_sentence_encoder_is_told_to_be_elsewhere(copy):
    weights = load_file(copy / "model.safetensors")
    save_file(
        {n: t for n, t in weights.items() if not n.startswith("classification_head")},
        copy / "model.safetensors",
        {"format": "pt"},
    )
    (copy / "modules.json").write_text("[]", encoding="utf-8")
    with pytest.raises(ModelFormatError, match=r"lacks 4 weights .*; modules.json says .* sentence-transformers"):
        network(copy)


def test_a_damaged_file_is_refused(copy):
    (copy / "model.safetensors").write_bytes((copy / "model.safetensors").read_bytes()[:-100])
    with pytest.raises(ModelFormatError, match="model.safetensors"):
        network(copy)


def test_a_class_that_the_installed_transformers_lacks(copy, monkeypatch):
    monkeypatch.setitem(FAMILIES, "bart", replace(FAMILIES["bart"], architecture="BartOfTomorrow"))
    with pytest.raises(ModelFormatError, match="is a BartOfTomorrow, which transformers .* does not have; install"):
        network(copy)


def test_answers_that_depend_on_other_texts_are_refused(tmp_path):
    folder = save_other(tmp_path / "m", next(family for family in OTHERS if family.model_type == "big_bird"))
    change_config(folder, attention_type="block_sparse")
    with pytest.raises(ModelFormatError, match="attention_type is 'block_sparse', which makes a text's answer depend"):
        read_model_folder(folder)


@pytest.mark.parametrize("decoder", ["gpt2", "llama", "opt", "bloom"])
def test_decoders_are_refused(copy, decoder):
    change_config(copy, model_type=decoder)
    with pytest.raises(ModelFormatError, match=f"model_type is '{decoder}'; sparkcls has classifiers of the types"):
        read_model_folder(copy)


@pytest.mark.newest
def test_the_others_do_without_transformers(tmp_path):
    folder = save_tiny_family(tmp_path / "m", "modernbert", ["a", "b"])
    code = f"""
import sys
from dataclasses import replace
from pathlib import Path
from sparkcls.engine.network import Network
from sparkcls.models.layout import read_model_folder
Network(read_model_folder(Path({str(folder)!r})), "cpu", "float32").start([[1, 2, 3]])()
assert "transformers" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])


@pytest.mark.parametrize(
    # Transformers 4 gives an XLNet one wordpiece more before a sign that it does not know.
    "family",
    [pytest.param(f, marks=[pytest.mark.newest] * (f == "xlnet")) for f in COMPUTED],
)
def test_texts(tmp_path, family):
    folder = save_tiny_family(tmp_path / "m", family, ["a", "b", "c"])
    texts = texts_of(family)
    exact = scores(load(folder), texts)
    assert np.abs(softmax(exact) - softmax(reference_of_texts(folder, texts))).max() < 1e-5
    mixed = scores(load(folder, "mixed"), texts, CloseCalls(Decision()))
    assert (mixed.argmax(1) == exact.argmax(1)).all()
