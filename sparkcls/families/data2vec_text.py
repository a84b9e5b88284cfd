"""data2vec for text. Baevski et al. 2022, arXiv:2202.03555: a RoBERTa that was trained in another way."""

from __future__ import annotations

from sparkcls.families import pieces
from sparkcls.families.bert import REFUSED, encoder_names
from sparkcls.families.family import Family, Head, Key
from sparkcls.families.roberta import HEAD_NAMES, KEYS

DATA2VEC_TEXT = Family(
    model_type="data2vec-text",
    architecture="Data2VecTextForSequenceClassification",
    prefix="data2vec_text.",
    keys={**KEYS, "vocabulary": Key("vocab_size", 30522)},
    names={**encoder_names("data2vec_text."), **HEAD_NAMES},
    head=Head("tanh"),
    pieces=pieces.ROBERTA,
    refused=REFUSED,
)
