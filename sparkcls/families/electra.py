"""ELECTRA. Clark et al. 2020, arXiv:2003.10555: BERT's layers, with embeddings that may be narrower."""

from __future__ import annotations

from sparkcls.families import pieces
from sparkcls.families.bert import KEYS, REFUSED, encoder_names
from sparkcls.families.family import Family, Head, Key
from sparkcls.families.roberta import HEAD_NAMES
from sparkcls.families.shape import Shape


def _has(weight: str, shape: Shape) -> bool:
    return shape.embedded != shape.width or not weight.startswith("embeddings.projection.")


ELECTRA = Family(
    model_type="electra",
    architecture="ElectraForSequenceClassification",
    prefix="electra.",
    keys={
        **KEYS,
        "embedded": Key("embedding_size", 128),
        "width": Key("hidden_size", 256),
        "heads": Key("num_attention_heads", 4),
        "inner": Key("intermediate_size", 1024),
    },
    names={**encoder_names("electra."), "embeddings.projection": "electra.embeddings_project", **HEAD_NAMES},
    head=Head("gelu"),
    pieces=pieces.BERT,
    refused=REFUSED,
    has=_has,
)
