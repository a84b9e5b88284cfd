"""ModernBERT. Warner et al. 2024, arXiv:2412.13663."""

from __future__ import annotations

import math
from typing import Any

from sparkcls.families import pieces
from sparkcls.families.activations import ACTIVATIONS
from sparkcls.families.family import FIRST, MEAN, Family, Head, Key, Refused
from sparkcls.families.shape import Shape

_GLOBAL, _LOCAL = "full_attention", "sliding_attention"


def _derive(found: dict[str, Any]) -> dict[str, Any]:
    """Which layers are local, how far they see, and how positions turn queries and keys."""
    layers, width = found["layers"], found["width"]
    if found["head_width"] not in (None, width // found["heads"]):
        raise ValueError(f"head_dim is {found['head_width']!r:.80}; expected {width // found['heads']}")
    if (width // found["heads"]) % 2:
        raise ValueError(f"num_attention_heads is {found['heads']}, which leaves heads of an odd width")
    found["reach"] = found["window"] // 2
    if found["half_window"] not in (None, found["reach"]):
        raise ValueError(
            f"sliding_window is {found['half_window']!r:.80} and local_attention, which is twice that, "
            f"{found['window']}; remove sliding_window"
        )
    kinds = found["layer_types"]
    if kinds is None:
        kinds = [_LOCAL if i % found["every"] else _GLOBAL for i in range(layers)]
    if not isinstance(kinds, list) or len(kinds) != layers or not set(kinds) <= {_GLOBAL, _LOCAL}:
        raise ValueError(f"layer_types is {kinds!r:.80}; expected {_GLOBAL} or {_LOCAL} for each of {layers} layers")
    found["local"] = tuple(kind == _LOCAL for kind in kinds)
    found["base"], found["local_base"] = (_base(found, kind) for kind in (_GLOBAL, _LOCAL))
    return found | {"projected": 3 * width, "gated": 2 * found["inner"]}


def _base(found: dict[str, Any], kind: str) -> float:
    stated = found["rope_parameters"]
    if stated is not None and (not isinstance(stated, dict) or not set(stated) <= {_GLOBAL, _LOCAL}):
        raise ValueError(f"rope_parameters is {stated!r:.80}; expected an object with {_GLOBAL} and {_LOCAL}")
    own = (stated or {}).get(kind) or {}
    if not isinstance(own, dict) or not set(own) <= {"rope_type", "type", "rope_theta"}:
        raise ValueError(f"rope_parameters of {kind} is {own!r:.80}; expected rope_type and rope_theta alone")
    if own.get("rope_type", own.get("type", "default")) != "default":
        raise ValueError(
            f"rope_parameters of {kind} has another rope_type than 'default', which sparkcls does not know"
        )
    theta = own.get("rope_theta", found["global_theta" if kind == _GLOBAL else "local_theta"])
    if type(theta) not in (int, float) or not 0 < theta < math.inf:
        raise ValueError(f"rope_theta of {kind} is {theta!r:.80}; expected a positive number")
    return float(theta)


def _has(weight: str, shape: Shape) -> bool:
    role, _, kind = weight.rpartition(".")
    part = role.rpartition(".")[2]
    if role == "layer.0.attention_norm":
        return False
    if kind == "weight" or role == "head.output":
        return True
    if part.endswith("norm"):
        return bool(shape.special["norm_bias"])
    if role == "head.dense":
        return bool(shape.special["head_bias"])
    return bool(shape.special["attention_bias" if part in ("query_key_value", "attended") else "inner_bias"])


MODERNBERT = Family(
    model_type="modernbert",
    architecture="ModernBertForSequenceClassification",
    prefix="model.",
    keys={
        "vocabulary": Key("vocab_size", 50368),
        "positions": Key("max_position_embeddings", 8192),
        "layers": Key("num_hidden_layers", 22),
        "heads": Key("num_attention_heads", 12),
        "width": Key("hidden_size", 768),
        "inner": Key("intermediate_size", 1152),
        "activation": Key("hidden_activation", "gelu", values=ACTIVATIONS),
        "epsilon": Key("norm_eps", 1e-5),
        "norm_bias": Key("norm_bias", False),
        "attention_bias": Key("attention_bias", False),
        "inner_bias": Key("mlp_bias", False),
        "head_bias": Key("classifier_bias", False),
        "window": Key("local_attention", 128),
        "half_window": Key("sliding_window", None),
        "every": Key("global_attn_every_n_layers", 3),
        "layer_types": Key("layer_types", None),
        "rope_parameters": Key("rope_parameters", None),
        "global_theta": Key("global_rope_theta", 160_000.0),
        "local_theta": Key("local_rope_theta", 10_000.0),
        "head_width": Key("head_dim", None),
    },
    derive=_derive,
    refused={"rope_scaling": Refused("stretches positions", (None,))},
    names={
        "embeddings.word": "model.embeddings.tok_embeddings",
        "embeddings.norm": "model.embeddings.norm",
        "layer.{i}.attention_norm": "model.layers.{i}.attn_norm",
        "layer.{i}.query_key_value": "model.layers.{i}.attn.Wqkv",
        "layer.{i}.attended": "model.layers.{i}.attn.Wo",
        "layer.{i}.inner_norm": "model.layers.{i}.mlp_norm",
        "layer.{i}.inner": "model.layers.{i}.mlp.Wi",
        "layer.{i}.outer": "model.layers.{i}.mlp.Wo",
        "final_norm": "model.final_norm",
        "head.dense": "head.dense",
        "head.norm": "head.norm",
        "head.output": "classifier",
    },
    dimensions={
        "layer.{i}.query_key_value": ("projected", "width"),
        "layer.{i}.inner_norm": ("width",),
        "layer.{i}.inner": ("gated", "width"),
        "final_norm": ("width",),
    },
    has=_has,
    head=Head(
        "gelu",
        keys={
            "activation": Key("classifier_activation", "gelu", values=ACTIVATIONS),
            "pooling": Key("classifier_pooling", "cls", values={"cls": FIRST, "mean": MEAN}),
        },
    ),
    pieces=pieces.AS_IN_FILE,
    network="modernbert",
)
