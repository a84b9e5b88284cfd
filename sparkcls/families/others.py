"""Other encoders that `transformers` has a classifier of, one line each: all are computed by its own classes.

Not here: decoders, which read the last token that is not padding; models that also need pictures, tables or places
on a page; and those whose kernels are fetched when they first run.
"""

from __future__ import annotations

from collections.abc import Mapping

from sparkcls.families import pieces
from sparkcls.families.family import Family, Key, Refused
from sparkcls.families.generic import AFTER_PADDING, OF_TWO_PARTS, UNLIMITED, generic

_T5: Mapping[str, Key | int] = {
    "positions": UNLIMITED,
    "layers": Key("num_layers", 6, ("num_hidden_layers",)),
    "width": Key("d_model", 512, ("hidden_size",)),
    "inner": Key("d_ff", 2048),
}
_ROBERTA = {**AFTER_PADDING, "vocabulary": Key("vocab_size", 50265)}

OTHERS: tuple[Family, ...] = (
    generic(
        "big_bird",
        "BigBirdForSequenceClassification",
        {"positions": Key("max_position_embeddings", 4096)},
        refused={
            "attention_type": Refused("makes a text's answer depend on the texts before it", ("original_full",)),
        },
    ),
    generic("convbert", "ConvBertForSequenceClassification", None, pieces.BERT, pads=False),
    generic("deberta", "DebertaForSequenceClassification", None, pieces.DEBERTA, halves=False),
    generic("ernie", "ErnieForSequenceClassification", None, pieces.BERT),
    generic("fnet", "FNetForSequenceClassification", pads=False),
    generic(
        "funnel",
        "FunnelForSequenceClassification",
        {
            "positions": UNLIMITED,
            "width": Key("d_model", 768, ("hidden_size",)),
            "layers": 12,
            "inner": Key("d_inner", 3072),
        },
        pads=False,
    ),
    generic("gte", "GteForSequenceClassification", None, pieces.XLM_ROBERTA),
    generic("ibert", "IBertForSequenceClassification", _ROBERTA, pieces.ROBERTA),
    generic("megatron-bert", "MegatronBertForSequenceClassification", None, pieces.BERT),
    generic("mobilebert", "MobileBertForSequenceClassification", None, pieces.BERT),
    generic("mvp", "MvpForSequenceClassification", OF_TWO_PARTS, pieces.ROBERTA),
    generic("mt5", "MT5ForSequenceClassification", _T5),
    generic("nomic_bert", "NomicBertForSequenceClassification", None, pieces.BERT),
    generic("nystromformer", "NystromformerForSequenceClassification", pads=False),
    generic("rembert", "RemBertForSequenceClassification"),
    generic("roberta-prelayernorm", "RobertaPreLayerNormForSequenceClassification", _ROBERTA, pieces.ROBERTA),
    generic("roformer", "RoFormerForSequenceClassification", {"positions": Key("max_position_embeddings", 1536)}),
    generic("squeezebert", "SqueezeBertForSequenceClassification", None, pieces.BERT),
    generic("t5", "T5ForSequenceClassification", _T5),
    generic("xlm-roberta-xl", "XLMRobertaXLForSequenceClassification", _ROBERTA),
)
