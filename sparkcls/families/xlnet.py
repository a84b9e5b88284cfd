"""XLNet. Yang et al. 2019, arXiv:1906.08237."""

from __future__ import annotations

from sparkcls.families import pieces
from sparkcls.families.family import Key
from sparkcls.families.generic import UNLIMITED, generic

XLNET = generic(
    "xlnet",
    "XLNetForSequenceClassification",
    {
        "vocabulary": Key("vocab_size", 32000, ("n_token",)),
        "positions": UNLIMITED,
        "layers": Key("n_layer", 24, ("num_hidden_layers",)),
        "width": Key("d_model", 1024, ("hidden_size",)),
        "inner": Key("d_inner", 4096),
    },
    pieces.XLNET,
    pads=False,
    compares_types=True,
    spark_nlp="XlnetForSequenceClassification",
)
