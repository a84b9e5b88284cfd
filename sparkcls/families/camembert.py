"""CamemBERT. Martin et al. 2019, arXiv:1911.03894: RoBERTa in French."""

from __future__ import annotations

from dataclasses import replace

from sparkcls.families import pieces
from sparkcls.families.original import Original
from sparkcls.families.xlm_roberta import XLM_ROBERTA

CAMEMBERT = replace(
    XLM_ROBERTA,
    model_type="camembert",
    architecture="CamembertForSequenceClassification",
    spark_nlp="CamemBertForSequenceClassification",
    zero_shot="CamemBertForZeroShotClassification",
    original=Original(unknown=4, dropped=4),
    pieces=pieces.CAMEMBERT,
)
