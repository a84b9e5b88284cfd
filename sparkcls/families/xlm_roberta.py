"""XLM-RoBERTa. Conneau et al. 2019, arXiv:1911.02116: RoBERTa in a hundred languages."""

from __future__ import annotations

from dataclasses import replace

from sparkcls.families import pieces
from sparkcls.families.family import Key
from sparkcls.families.original import Original
from sparkcls.families.roberta import KEYS, ROBERTA

XLM_ROBERTA = replace(
    ROBERTA,
    model_type="xlm-roberta",
    architecture="XLMRobertaForSequenceClassification",
    spark_nlp="XlmRoBertaForSequenceClassification",
    zero_shot="XlmRoBertaForZeroShotClassification",
    original=Original(hides_first=True, unknown=1),
    keys={**KEYS, "vocabulary": Key("vocab_size", 30522)},
    pieces=pieces.XLM_ROBERTA,
)
