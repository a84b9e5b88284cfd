"""XLNet. Yang et al. 2019, arXiv:1906.08237."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparkcls.families import pieces
from sparkcls.families.activations import ACTIVATIONS
from sparkcls.families.family import Family, Head, Key
from sparkcls.families.generic import UNLIMITED, generic
from sparkcls.families.original import Original
from sparkcls.families.shape import Shape

#: What a head reads of a text, in the order of `Shape.special["summary"]`.
SUMMARIES = ("last", "first", "mean")

_KEYS: Mapping[str, Key | int] = {
    "vocabulary": Key("vocab_size", 32000, ("n_token",)),
    "positions": UNLIMITED,
    "layers": Key("n_layer", 24, ("num_hidden_layers",)),
    "width": Key("d_model", 1024, ("hidden_size",)),
    "inner": Key("d_inner", 4096),
}
_LAYER = "transformer.layer.{i}"
#: Of attention, and what it adds for places and for segments; none has a bias.
_OF_ATTENTION = {
    **{f"layer.{{i}}.{role}": name for role, name in {"query": "q", "key": "k", "value": "v", "attended": "o"}.items()},
    "layer.{i}.place": "r",
    "layer.{i}.place_bias": "r_r_bias",
    "layer.{i}.content_bias": "r_w_bias",
    "layer.{i}.segment_bias": "r_s_bias",
    "layer.{i}.segment": "seg_embed",
}


def _derive(found: dict[str, Any]) -> dict[str, Any]:
    return found | {
        "clamp": max(found["clamp"], 0),
        "causal": found["attention"] == "uni",
        "summary": SUMMARIES.index(found["summary_type"]),
    }


def _has(role: str, shape: Shape) -> bool:
    return bool(shape.special["projects"]) or not role.startswith("head.dense")


_IN_FILES = Family(
    model_type="xlnet",
    architecture="XLNetForSequenceClassification",
    spark_nlp="XlnetForSequenceClassification",
    prefix="transformer.",
    keys={
        **_KEYS,
        "heads": Key("n_head", 16, ("num_attention_heads",)),
        "head_width": Key("d_head", 64),
        "activation": Key("ff_activation", "gelu", values=ACTIVATIONS),
        "epsilon": Key("layer_norm_eps", 1e-12),
        "attention": Key("attn_type", "bi", values={"bi": "bi", "uni": "uni"}),
        "summary_type": Key("summary_type", "last", values={name: name for name in SUMMARIES}),
        "projects": Key("summary_use_proj", True),
        "clamp": Key("clamp_len", -1, least=-1),
        "two_ways": Key("bi_data", False),
        "same_length": Key("same_length", False),
        "one": 1,
        "segments": 2,
    },
    names={
        "embeddings.word": "transformer.word_embedding",
        "embeddings.mask": "transformer.mask_emb",
        **{role: f"{_LAYER}.rel_attn.{name}" for role, name in _OF_ATTENTION.items()},
        "layer.{i}.attention_norm": f"{_LAYER}.rel_attn.layer_norm",
        "layer.{i}.inner": f"{_LAYER}.ff.layer_1",
        "layer.{i}.outer": f"{_LAYER}.ff.layer_2",
        "layer.{i}.output_norm": f"{_LAYER}.ff.layer_norm",
        "head.dense": "sequence_summary.summary",
        "head.output": "logits_proj",
    },
    bare=("embeddings.mask", *_OF_ATTENTION),
    dimensions={
        "embeddings.mask": ("one", "one", "width"),
        **dict.fromkeys(_OF_ATTENTION, ("width", "heads", "head_width")),
        **{f"layer.{{i}}.{part}_bias": ("heads", "head_width") for part in ("place", "content", "segment")},
        "layer.{i}.segment": ("segments", "heads", "head_width"),
    },
    head=Head("tanh", keys={"activation": Key("summary_activation", "tanh", values=ACTIVATIONS)}),
    pieces=pieces.XLNET,
    network="xlnet",
    derive=_derive,
    has=_has,
)

XLNET = generic(
    "xlnet",
    "XLNetForSequenceClassification",
    _KEYS,
    pieces.XLNET,
    pads=False,
    compares_types=True,
    spark_nlp="XlnetForSequenceClassification",
    original=Original(around=("<cls>", "<sep>")),
    in_files=_IN_FILES,
)
