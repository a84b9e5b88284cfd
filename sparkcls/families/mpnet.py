"""MPNet. Song et al. 2020, arXiv:2004.09297: RoBERTa's positions, and a bias of attention by distance."""

from __future__ import annotations

from sparkcls.families import pieces
from sparkcls.families.bert import KEYS
from sparkcls.families.family import Family, Head, Key
from sparkcls.families.original import Original
from sparkcls.families.roberta import HEAD_NAMES

_LAYER = "mpnet.encoder.layer.{i}"

MPNET = Family(
    model_type="mpnet",
    architecture="MPNetForSequenceClassification",
    spark_nlp="MPNetForSequenceClassification",
    original=Original(hides_first=True),
    prefix="mpnet.",
    keys={
        **{field: key for field, key in KEYS.items() if field != "types"},
        "vocabulary": Key("vocab_size", 30527),
        # `transformers` fixes this, whatever the configuration says; and that there are 32 buckets.
        "position_pad": 1,
        "buckets": Key("relative_attention_num_buckets", 32, least=32),
    },
    names={
        "embeddings.word": "mpnet.embeddings.word_embeddings",
        "embeddings.position": "mpnet.embeddings.position_embeddings",
        "embeddings.norm": "mpnet.embeddings.LayerNorm",
        "relative.embeddings": "mpnet.encoder.relative_attention_bias",
        "layer.{i}.query": f"{_LAYER}.attention.attn.q",
        "layer.{i}.key": f"{_LAYER}.attention.attn.k",
        "layer.{i}.value": f"{_LAYER}.attention.attn.v",
        "layer.{i}.attended": f"{_LAYER}.attention.attn.o",
        "layer.{i}.attention_norm": f"{_LAYER}.attention.LayerNorm",
        "layer.{i}.inner": f"{_LAYER}.intermediate.dense",
        "layer.{i}.outer": f"{_LAYER}.output.dense",
        "layer.{i}.output_norm": f"{_LAYER}.output.LayerNorm",
        **HEAD_NAMES,
    },
    dimensions={"relative.embeddings": ("buckets", "heads")},
    head=Head("tanh"),
    pieces=pieces.MPNET,
)
