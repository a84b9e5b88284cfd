"""DeBERTa-v2 and v3. He et al. 2021, arXiv:2006.03654 and arXiv:2111.09543."""

from __future__ import annotations

from typing import Any

from sparkcls.families import pieces
from sparkcls.families.activations import ACTIVATIONS
from sparkcls.families.family import Family, Head, Key
from sparkcls.families.shape import Shape

_ANY = -(1 << 31)
_LAYER = "deberta.encoder.layer.{i}"


def _derive(found: dict[str, Any]) -> dict[str, Any]:
    """Which of an encoder's many options make its attention, and how large what they need is."""
    width = found["width"]
    for name, key in {"pooler": "pooler_hidden_size", "head_width": "attention_head_size"}.items():
        expected = width if name == "pooler" else width // found["heads"]
        if found[name] not in (None, expected):
            raise ValueError(f"{key} is {found[name]!r:.80}; expected {expected}, which the other sizes give")
    if found["embedded"] is None:
        found["embedded"] = width
    if type(found["embedded"]) is not int or found["embedded"] < 1:
        raise ValueError(f"embedding_size is {found['embedded']!r:.80}; expected a positive integer")
    terms = found["terms"] or []
    if isinstance(terms, str):
        terms = [term.strip() for term in terms.lower().split("|")]
    if not isinstance(terms, list):
        raise ValueError(f"pos_att_type is {terms!r:.80}; expected a list of c2p and p2c")
    found |= {"c2p": "c2p" in terms, "p2c": "p2c" in terms}
    if not isinstance(found["relative_norm"], str):
        raise ValueError(f"norm_rel_ebd is {found['relative_norm']!r:.80}; expected none or layer_norm")
    found["relative_norm"] = "layer_norm" in [part.strip() for part in found["relative_norm"].lower().split("|")]
    found["largest"] = found["largest"] if found["largest"] > 0 else found["positions"]
    found["buckets"] = max(0, found["buckets"])
    if found["buckets"] == 1 or (found["buckets"] and found["largest"] - 1 <= found["buckets"] // 2):
        raise ValueError(
            f"position_buckets is {found['buckets']} and max_relative_positions {found['largest']}; expected at least "
            "2 buckets, and half as many to be less than the positions"
        )
    found["relative_rows"] = 2 * (found["buckets"] or found["largest"])
    if found["kernel"] and found["kernel"] % 2 == 0:
        raise ValueError(f"conv_kernel_size is {found['kernel']}; expected an odd number, or 0")
    if width % found["convolution_groups"]:
        raise ValueError(f"conv_groups is {found['convolution_groups']}, which does not divide {width}")
    found["convolution_width"] = width // found["convolution_groups"]
    return found


def _has(weight: str, shape: Shape) -> bool:
    role, _, kind = weight.rpartition(".")
    part, options = role.rpartition(".")[2], shape.special
    apart = options["relative"] and not options["shared"]
    if role == "embeddings.projection":
        return shape.embedded != shape.width and kind == "weight"
    return {
        "embeddings.position": bool(options["biased"]),
        "embeddings.type": shape.types > 0,
        "relative.embeddings": bool(options["relative"]),
        "relative.norm": bool(options["relative"] and options["relative_norm"]),
        "convolution": options["kernel"] > 0,
        "convolution_norm": options["kernel"] > 0,
    }.get(role, {"relative_key": apart and options["c2p"], "relative_query": apart and options["p2c"]}.get(part, True))


DEBERTA_V2 = Family(
    model_type="deberta-v2",
    architecture="DebertaV2ForSequenceClassification",
    spark_nlp="DeBertaForSequenceClassification",
    zero_shot="DeBertaForZeroShotClassification",
    original="Spark NLP gives such models ids that are one too high, so that they read other pieces than the text's",
    prefix="deberta.",
    keys={
        "vocabulary": Key("vocab_size", 128100),
        "positions": Key("max_position_embeddings", 512),
        "layers": Key("num_hidden_layers", 24),
        "heads": Key("num_attention_heads", 24),
        "width": Key("hidden_size", 1536),
        "inner": Key("intermediate_size", 6144),
        "embedded": Key("embedding_size", None),
        "activation": Key("hidden_act", "gelu", values=ACTIVATIONS),
        "epsilon": Key("layer_norm_eps", 1e-7),
        "types": Key("type_vocab_size", 0, least=0),
        "biased": Key("position_biased_input", True),
        "relative": Key("relative_attention", False),
        "terms": Key("pos_att_type", None),
        "shared": Key("share_att_key", False),
        "buckets": Key("position_buckets", -1, least=_ANY),
        "largest": Key("max_relative_positions", -1, least=_ANY),
        "relative_norm": Key("norm_rel_ebd", "none"),
        "kernel": Key("conv_kernel_size", 0, least=0),
        "convolution_groups": Key("conv_groups", 1),
        "convolution_activation": Key("conv_act", "tanh", values=ACTIVATIONS),
        "pooler": Key("pooler_hidden_size", None),
        "head_width": Key("attention_head_size", None),
    },
    derive=_derive,
    names={
        "embeddings.word": "deberta.embeddings.word_embeddings",
        "embeddings.position": "deberta.embeddings.position_embeddings",
        "embeddings.type": "deberta.embeddings.token_type_embeddings",
        "embeddings.projection": "deberta.embeddings.embed_proj",
        "embeddings.norm": "deberta.embeddings.LayerNorm",
        "relative.embeddings": "deberta.encoder.rel_embeddings",
        "relative.norm": "deberta.encoder.LayerNorm",
        "convolution": "deberta.encoder.conv.conv",
        "convolution_norm": "deberta.encoder.conv.LayerNorm",
        "layer.{i}.query": f"{_LAYER}.attention.self.query_proj",
        "layer.{i}.key": f"{_LAYER}.attention.self.key_proj",
        "layer.{i}.value": f"{_LAYER}.attention.self.value_proj",
        "layer.{i}.relative_key": f"{_LAYER}.attention.self.pos_key_proj",
        "layer.{i}.relative_query": f"{_LAYER}.attention.self.pos_query_proj",
        "layer.{i}.attended": f"{_LAYER}.attention.output.dense",
        "layer.{i}.attention_norm": f"{_LAYER}.attention.output.LayerNorm",
        "layer.{i}.inner": f"{_LAYER}.intermediate.dense",
        "layer.{i}.outer": f"{_LAYER}.output.dense",
        "layer.{i}.output_norm": f"{_LAYER}.output.LayerNorm",
        "head.dense": "pooler.dense",
        "head.output": "classifier",
    },
    dimensions={
        "embeddings.norm": ("width",),
        "relative.embeddings": ("relative_rows", "width"),
        "relative.norm": ("width",),
        "convolution": ("width", "convolution_width", "kernel"),
        "convolution_norm": ("width",),
        "layer.{i}.relative_key": ("width", "width"),
        "layer.{i}.relative_query": ("width", "width"),
    },
    has=_has,
    head=Head("gelu", keys={"activation": Key("pooler_hidden_act", "gelu", values=ACTIVATIONS)}),
    pieces=pieces.DEBERTA_V2,
    network="deberta",
)
