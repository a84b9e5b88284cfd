"""ALBERT. Lan et al. 2019, arXiv:1909.11942: narrow embeddings, and layers that share their weights."""

from __future__ import annotations

from sparkcls.families import pieces
from sparkcls.families.activations import ACTIVATIONS
from sparkcls.families.bert import KEYS, REFUSED
from sparkcls.families.family import Family, Head, Key
from sparkcls.families.original import Original

_LAYER = "albert.encoder.albert_layer_groups.{i}.albert_layers.{j}"

ALBERT = Family(
    model_type="albert",
    architecture="AlbertForSequenceClassification",
    spark_nlp="AlbertForSequenceClassification",
    zero_shot="AlbertForZeroShotClassification",
    original=Original(),
    prefix="albert.",
    keys={
        **KEYS,
        "vocabulary": Key("vocab_size", 30000),
        "embedded": Key("embedding_size", 128),
        "width": Key("hidden_size", 4096),
        "groups": Key("num_hidden_groups", 1),
        "inner_layers": Key("inner_group_num", 1),
        "heads": Key("num_attention_heads", 64),
        "inner": Key("intermediate_size", 16384),
        "activation": Key("hidden_act", "gelu_new", values=ACTIVATIONS),
    },
    names={
        "embeddings.word": "albert.embeddings.word_embeddings",
        "embeddings.position": "albert.embeddings.position_embeddings",
        "embeddings.type": "albert.embeddings.token_type_embeddings",
        "embeddings.norm": "albert.embeddings.LayerNorm",
        "embeddings.projection": "albert.encoder.embedding_hidden_mapping_in",
        "layer.{i}.query": f"{_LAYER}.attention.query",
        "layer.{i}.key": f"{_LAYER}.attention.key",
        "layer.{i}.value": f"{_LAYER}.attention.value",
        "layer.{i}.attended": f"{_LAYER}.attention.dense",
        "layer.{i}.attention_norm": f"{_LAYER}.attention.LayerNorm",
        "layer.{i}.inner": f"{_LAYER}.ffn",
        "layer.{i}.outer": f"{_LAYER}.ffn_output",
        "layer.{i}.output_norm": f"{_LAYER}.full_layer_layer_norm",
        "head.dense": "albert.pooler",
        "head.output": "classifier",
    },
    head=Head("tanh"),
    pieces=pieces.ALBERT,
    refused=REFUSED,
)
