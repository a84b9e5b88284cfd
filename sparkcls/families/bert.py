"""BERT. Devlin et al. 2018, arXiv:1810.04805. Several families have its layers, under the same names."""

from __future__ import annotations

from collections.abc import Mapping

from sparkcls.families import pieces
from sparkcls.families.activations import ACTIVATIONS
from sparkcls.families.family import Family, Head, Key, Refused
from sparkcls.families.original import Original

#: Entries of config.json for fields of `Shape`, which most families have in common.
KEYS: Mapping[str, Key] = {
    "vocabulary": Key("vocab_size", 30522),
    "positions": Key("max_position_embeddings", 512),
    "layers": Key("num_hidden_layers", 12),
    "heads": Key("num_attention_heads", 12),
    "width": Key("hidden_size", 768),
    "inner": Key("intermediate_size", 3072),
    "activation": Key("hidden_act", "gelu", values=ACTIVATIONS),
    "epsilon": Key("layer_norm_eps", 1e-12),
    "types": Key("type_vocab_size", 2),
}
#: Entries that some versions of `transformers` honour.
REFUSED: Mapping[str, Refused] = {
    "is_decoder": Refused("lets a wordpiece see only those before it"),
    "add_cross_attention": Refused("lets the layers read a second model"),
    "position_embedding_type": Refused("makes positions relative", (None, "absolute")),
}


def encoder_names(prefix: str) -> dict[str, str]:
    """Roles and names of embeddings and layers.

    Parameters
    ----------
    prefix
        What stands before them, with its dot.
    """
    layer = f"{prefix}encoder.layer.{{i}}"
    return {
        "embeddings.word": f"{prefix}embeddings.word_embeddings",
        "embeddings.position": f"{prefix}embeddings.position_embeddings",
        "embeddings.type": f"{prefix}embeddings.token_type_embeddings",
        "embeddings.norm": f"{prefix}embeddings.LayerNorm",
        "layer.{i}.query": f"{layer}.attention.self.query",
        "layer.{i}.key": f"{layer}.attention.self.key",
        "layer.{i}.value": f"{layer}.attention.self.value",
        "layer.{i}.attended": f"{layer}.attention.output.dense",
        "layer.{i}.attention_norm": f"{layer}.attention.output.LayerNorm",
        "layer.{i}.inner": f"{layer}.intermediate.dense",
        "layer.{i}.outer": f"{layer}.output.dense",
        "layer.{i}.output_norm": f"{layer}.output.LayerNorm",
    }


BERT = Family(
    model_type="bert",
    architecture="BertForSequenceClassification",
    spark_nlp="BertForSequenceClassification",
    zero_shot="BertForZeroShotClassification",
    original=Original(zero_shot=True),
    prefix="bert.",
    keys=KEYS,
    names=encoder_names("bert.") | {"head.dense": "bert.pooler.dense", "head.output": "classifier"},
    head=Head("tanh"),
    pieces=pieces.BERT,
    refused=REFUSED,
)
