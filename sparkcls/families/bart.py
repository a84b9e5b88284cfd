"""BART. Lewis et al. 2019, arXiv:1910.13461."""

from __future__ import annotations

from sparkcls.families import pieces
from sparkcls.families.generic import OF_TWO_PARTS, generic

BART = generic(
    "bart",
    "BartForSequenceClassification",
    OF_TWO_PARTS,
    pieces.ROBERTA,
    zero_shot="BartForZeroShotClassification",
)
