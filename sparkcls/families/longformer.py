"""Longformer. Beltagy et al. 2020, arXiv:2004.05150."""

from __future__ import annotations

from sparkcls.families import pieces
from sparkcls.families.family import Key
from sparkcls.families.generic import AFTER_PADDING, generic
from sparkcls.families.original import Original
from sparkcls.families.roberta import SPECIAL

LONGFORMER = generic(
    "longformer",
    "LongformerForSequenceClassification",
    {**AFTER_PADDING, "vocabulary": Key("vocab_size", 50265), "positions": Key("max_position_embeddings", 4098)},
    pieces.ROBERTA,
    spark_nlp="LongformerForSequenceClassification",
    original=Original(whole=SPECIAL, hidden="<pad>"),
)
