"""DistilBERT. Sanh et al. 2019, arXiv:1910.01108."""

from __future__ import annotations

from sparkcls.families import pieces
from sparkcls.families.activations import ACTIVATIONS
from sparkcls.families.family import Family, Head, Key
from sparkcls.families.original import Original

DISTILBERT = Family(
    model_type="distilbert",
    architecture="DistilBertForSequenceClassification",
    spark_nlp="DistilBertForSequenceClassification",
    zero_shot="DistilBertForZeroShotClassification",
    original=Original(),
    prefix="distilbert.",
    keys={
        "vocabulary": Key("vocab_size", 30522),
        "positions": Key("max_position_embeddings", 512),
        "layers": Key("n_layers", 6, ("num_hidden_layers",)),
        "heads": Key("n_heads", 12, ("num_attention_heads",)),
        "width": Key("dim", 768, ("hidden_size",)),
        "inner": Key("hidden_dim", 3072),
        "activation": Key("activation", "gelu", values=ACTIVATIONS),
        # `transformers` fixes this; the configuration does not carry it.
        "epsilon": 1e-12,
    },
    names={
        "embeddings.word": "distilbert.embeddings.word_embeddings",
        "embeddings.position": "distilbert.embeddings.position_embeddings",
        "embeddings.norm": "distilbert.embeddings.LayerNorm",
        "layer.{i}.query": "distilbert.transformer.layer.{i}.attention.q_lin",
        "layer.{i}.key": "distilbert.transformer.layer.{i}.attention.k_lin",
        "layer.{i}.value": "distilbert.transformer.layer.{i}.attention.v_lin",
        "layer.{i}.attended": "distilbert.transformer.layer.{i}.attention.out_lin",
        "layer.{i}.attention_norm": "distilbert.transformer.layer.{i}.sa_layer_norm",
        "layer.{i}.inner": "distilbert.transformer.layer.{i}.ffn.lin1",
        "layer.{i}.outer": "distilbert.transformer.layer.{i}.ffn.lin2",
        "layer.{i}.output_norm": "distilbert.transformer.layer.{i}.output_layer_norm",
        "head.dense": "pre_classifier",
        "head.output": "classifier",
    },
    head=Head("relu"),
    pieces=pieces.DISTILBERT,
)
