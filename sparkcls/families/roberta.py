"""RoBERTa. Liu et al. 2019, arXiv:1907.11692: BERT with other pieces, positions and head."""

from __future__ import annotations

from collections.abc import Mapping

from sparkcls.families import pieces
from sparkcls.families.bert import KEYS as KEYS_OF_BERT
from sparkcls.families.bert import REFUSED, encoder_names
from sparkcls.families.family import Family, Head, Key
from sparkcls.families.original import Original

KEYS: Mapping[str, Key] = {
    **KEYS_OF_BERT,
    "vocabulary": Key("vocab_size", 50265),
    "position_pad": Key("pad_token_id", 1, least=0),
}
#: A classifier's head, on the first token.
HEAD_NAMES: Mapping[str, str] = {"head.dense": "classifier.dense", "head.output": "classifier.out_proj"}
#: Tokens that Spark NLP takes for special ones.
SPECIAL = ("<s>", "</s>", "<unk>", "<pad>", "<mask>")

ROBERTA = Family(
    model_type="roberta",
    architecture="RobertaForSequenceClassification",
    spark_nlp="RoBertaForSequenceClassification",
    zero_shot="RoBertaForZeroShotClassification",
    original=Original(hides_first=True, whole=SPECIAL),
    prefix="roberta.",
    keys=KEYS,
    names={**encoder_names("roberta."), **HEAD_NAMES},
    head=Head("tanh"),
    pieces=pieces.ROBERTA,
    refused=REFUSED,
)
