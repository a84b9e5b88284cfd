"""The arithmetic of a DistilBertForSequenceClassification in double precision, right or in a known way otherwise.

For a few wordpieces: see `sparkcls.engine.network` for the one that classifies.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np

from sparkcls.formats.arithmetic import gelu, gelu_tanh, sigmoid, softmax
from sparkcls.formats.evaluate import Array
from sparkcls.formats.weights import StateDict

#: Of layer norms; `transformers` fixes it for DistilBERT.
EPSILON = 1e-12
#: Activations by the names of `transformers`.
FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "gelu": gelu,
    "relu": lambda x: np.maximum(x, 0),
    "gelu_new": gelu_tanh,
    "quick_gelu": lambda x: x * sigmoid(1.702 * x),
    "silu": lambda x: x * sigmoid(x),
    "relu6": lambda x: np.clip(x, 0, 6),
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "mish": lambda x: x * np.tanh(np.logaddexp(x, 0)),
    "no function": lambda x: x,
}
#: The operations that an activation is made of, by kind; a graph without them all has another activation.
MADE_OF: dict[str, Collection[str]] = {
    "gelu": ("Erf", "Gelu", "Erfc"),
    "relu": ("Relu",),
    "gelu_new": ("Tanh", "Gelu"),
    "quick_gelu": ("Sigmoid", "Swish"),
    "silu": ("Sigmoid", "Swish"),
    "relu6": ("Relu6", "Clip", "Min", "Minimum", "Clamp"),
    "tanh": ("Tanh",),
    "sigmoid": ("Sigmoid",),
    "mish": ("Softplus", "Tanh", "Mish"),
}


@dataclass(frozen=True)
class Variant:
    """One reading of a network: what its weights do not tell."""

    heads: int
    activation: str = "gelu"
    head_activation: str = "relu"
    offset: int = 0
    masked: bool = True
    causal: bool = False
    epsilon: float = EPSILON
    end: str = ""


@np.errstate(all="ignore")
def scores(state: StateDict, ids: Array, mask: Array, variant: Variant) -> Array:
    """Scores before softmax of ids and attention mask ``(texts, wordpieces)``: ``(texts, labels)``."""

    def linear(x: Array, name: str) -> Array:
        return np.asarray(x @ state[f"{name}.weight"].T.astype(np.float64) + state[f"{name}.bias"])

    def norm(x: Array, name: str) -> Array:
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + variant.epsilon)
        return np.asarray(scaled * state[f"{name}.weight"] + state[f"{name}.bias"])

    def heads(x: Array) -> Array:
        return x.reshape(texts, length, variant.heads, -1).transpose(0, 2, 1, 3)

    texts, length = ids.shape
    embeddings = "distilbert.embeddings"
    positions = state[f"{embeddings}.position_embeddings.weight"]
    x = state[f"{embeddings}.word_embeddings.weight"][ids].astype(np.float64)
    x = norm(x + positions[(np.arange(length) + variant.offset) % len(positions)], f"{embeddings}.LayerNorm")
    seen = np.broadcast_to(mask[:, None, None, :] > 0 if variant.masked else True, (texts, 1, length, length))
    seen = np.tril(seen) if variant.causal else seen
    for i in range(sum(1 for name in state if name.endswith(".attention.q_lin.weight"))):
        layer = f"distilbert.transformer.layer.{i}"
        q, k, v = (heads(linear(x, f"{layer}.attention.{part}_lin")) for part in "qkv")
        weights = softmax(np.where(seen, q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1]), -np.inf))
        context = (weights @ v).transpose(0, 2, 1, 3).reshape(x.shape)
        x = norm(x + linear(context, f"{layer}.attention.out_lin"), f"{layer}.sa_layer_norm")
        hidden = FUNCTIONS[variant.activation](linear(x, f"{layer}.ffn.lin1"))
        x = norm(x + linear(hidden, f"{layer}.ffn.lin2"), f"{layer}.output_layer_norm")
    pooled = FUNCTIONS[variant.head_activation](linear(x[:, 0], "pre_classifier"))
    made = linear(pooled, "classifier")
    ends: dict[str, Callable[[Array], Array]] = {
        "softmax": softmax,
        "sigmoid": sigmoid,
        "tanh": np.tanh,
        "log_softmax": lambda y: np.log(softmax(y)),
    }
    return np.asarray(ends[variant.end](made) if variant.end else made)
