"""What the arithmetic of classifiers in double precision is made of, and `Reading`, which says how it is to be."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np

from sparkcls.families.shape import Shape
from sparkcls.formats.arithmetic import gelu, gelu_tanh, sigmoid, softmax
from sparkcls.formats.evaluate import Array

#: Weights by role, see `sparkcls.families.weights`.
Weights = Mapping[str, Array]

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
#: What scores may go through.
ENDS: dict[str, Callable[[Array], Array]] = {
    "": lambda x: x,
    "softmax": softmax,
    "sigmoid": sigmoid,
    "tanh": np.tanh,
    "log_softmax": lambda x: np.log(softmax(x)),
}


@dataclass(frozen=True)
class Reading:
    """One reading of a network: what its weights do not tell.

    Parameters
    ----------
    shape
        Its heads, layers, epsilon and activation, and what its family has beside them.
    activation, head_activation
        By the names of `FUNCTIONS`.
    offset
        Added to positions.
    masked, causal, end
        Whether the attention mask is heeded, whether a wordpiece sees only those before it, and what the scores go
        through.
    """

    shape: Shape
    activation: str
    head_activation: str
    offset: int = 0
    masked: bool = True
    causal: bool = False
    end: str = ""


def linear(w: Weights, x: Array, role: str) -> Array:
    """A dense layer."""
    return np.asarray(x @ w[f"{role}.weight"].T.astype(np.float64) + w[f"{role}.bias"])


def norm(w: Weights, x: Array, role: str, epsilon: float) -> Array:
    """A layer norm."""
    centred = x - x.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon)
    return np.asarray(scaled * w[f"{role}.weight"] + w[f"{role}.bias"])


def by_head(x: Array, heads: int) -> Array:
    """``(texts, wordpieces, width)`` as ``(texts, heads, wordpieces, width of a head)``."""
    return x.reshape(*x.shape[:-1], heads, -1).swapaxes(-2, -3)


def seen(mask: Array, reading: Reading) -> Array:
    """Which wordpiece (last) each wordpiece (before it) attends: ``(texts, 1, wordpieces, wordpieces)``."""
    texts, length = mask.shape
    keys = np.broadcast_to(mask[:, None, None, :] > 0 if reading.masked else True, (texts, 1, length, length))
    return np.tril(keys) if reading.causal else keys


def embedded(w: Weights, ids: Array, reading: Reading) -> Array:
    """Embeddings of wordpieces of the first type, before their norm."""
    shape = reading.shape
    x = w["embeddings.word.weight"][ids].astype(np.float64)
    if shape.types:
        x = x + w["embeddings.type.weight"][0]
    if "embeddings.position.weight" in w:
        table = w["embeddings.position.weight"]
        x = x + table[(positions(ids, shape) + reading.offset) % len(table)]
    return x


def positions(ids: Array, shape: Shape) -> Array:
    """Where each wordpiece stands, see `Shape.position_pad`."""
    if shape.position_pad is None:
        return np.broadcast_to(np.arange(ids.shape[1]), ids.shape)
    counted = ids != shape.position_pad
    return np.asarray(np.cumsum(counted, 1) * counted + shape.position_pad)


def classified(w: Weights, x: Array, reading: Reading) -> Array:
    """The scores of the head for the first wordpiece."""
    pooled = x[:, 0]
    if "head.dense.weight" in w:
        pooled = FUNCTIONS[reading.head_activation](linear(w, pooled, "head.dense"))
    return ENDS[reading.end](linear(w, pooled, "head.output"))
