"""Roles and names of weights, in both directions."""

from pathlib import Path

import pytest

from sparkcls.families.bert import BERT
from sparkcls.families.registry import FAMILIES, family_of_class
from sparkcls.families.weights import own_name, place_of, role_of, roles_of_all_tokens, weights_of
from sparkcls.models.config import CONFIG, read_shape
from tests.families import WRITTEN_OUT


def usual_shape(family):
    """What `transformers` takes where a config.json says nothing."""
    return read_shape(Path(CONFIG), {}, family)


@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_every_name_leads_back_to_its_role(name):
    family = FAMILIES[name]
    found = weights_of(family, usual_shape(family), 3)
    assert len({weight.name for weight in found.values()}) == len(found)
    assert found["head.output.weight"].shape[0] == 3
    for role, weight in found.items():
        for written in (weight.name, weight.name.removeprefix(family.prefix), f"module.{weight.name}"):
            assert role_of(family, written) == role
        assert (place_of(family, own_name(family, weight.name)) is None) == (not role.startswith("layer."))


def test_names_of_groups_of_layers():
    name = "albert.encoder.albert_layer_groups.2.albert_layers.1.ffn.bias"
    assert role_of(FAMILIES["albert"], name, inner_layers=3) == "layer.7.inner.bias"


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("bert.embeddings.LayerNorm.gamma", "embeddings.norm.weight"),
        ("_orig_mod.bert.encoder.layer.11.output.LayerNorm.beta", "layer.11.output_norm.bias"),
        ("bert.embeddings.position_ids", None),
        ("bert.embeddings.word_embeddings.bias", None),
        ("cls.predictions.bias", None),
        ("bert.encoder.layer.x.output.dense.weight", None),
        ("distilbert.embeddings.word_embeddings.weight", None),
    ],
)
def test_old_names_and_names_of_other_things(name, role):
    assert role_of(BERT, name) == role


def test_what_all_tokens_go_through():
    family = FAMILIES["bert"]
    found = roles_of_all_tokens(family, usual_shape(family), family.head, linear_alone=True)
    assert {f"layer.0.{part}" for part in ("query", "key", "value", "attended", "inner", "outer")} <= found
    assert {role for role in found if role.startswith("layer.11.")} == {"layer.11.key", "layer.11.value"}
    assert not {role for role in found if role.endswith("norm")}
    shared = FAMILIES["albert"]
    assert "layer.0.inner" in roles_of_all_tokens(shared, usual_shape(shared), shared.head, linear_alone=True)


def test_families_by_the_class_of_spark_nlp():
    assert family_of_class("XlmRoBertaForSequenceClassification") is FAMILIES["xlm-roberta"]
    assert family_of_class("BertForTokenClassification") is None
