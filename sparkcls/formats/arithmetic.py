"""NumPy arithmetic that the operations of ONNX and of TensorFlow share; see `sparkcls.formats.evaluate`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError
from sparkcls.formats.evaluate import Array, Budget, Node, Operation

#: Elements that one of the error function costs.
_COSTLY = 16
_erf = np.frompyfunc(math.erf, 1, 1)


def erf(x: Array) -> Array:
    """The error function."""
    return np.asarray(_erf(np.asarray(x, np.float64)), np.float64)


def sigmoid(x: Array) -> Array:
    """The logistic function."""
    return 1 / (1 + np.exp(-np.asarray(x, np.float64)))


def softmax(x: Array, axis: int = -1) -> Array:
    """Powers of e, divided by their sum along an axis."""
    powers = np.exp(x - x.max(axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis, keepdims=True))


def gelu(x: Array) -> Array:
    """GELU by the error function, `transformers`' ``gelu``."""
    return np.asarray(0.5 * x * (1 + erf(x / math.sqrt(2))))


def gelu_tanh(x: Array) -> Array:
    """GELU by the hyperbolic tangent, `transformers`' ``gelu_new``."""
    return np.asarray(0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))))


def matmul(a: Array, b: Array, budget: Budget) -> Array:
    """The product of matrices, or of stacks of them."""
    stacks = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    made = budget.elements((*stacks, *a.shape[-2:-1], *b.shape[-1:]))
    budget.products(math.prod(made) * a.shape[-1])
    return np.asarray(np.matmul(np.asarray(a, np.float64), b))


def einsum(equation: str, inputs: Sequence[Array], budget: Budget) -> Array:
    """Einstein's sum over one or more arrays, its output named."""
    given, _, output = equation.replace(" ", "").partition("->")
    sizes: dict[str, int] = {}
    for letters, array in zip(given.split(","), inputs, strict=True):
        sizes |= dict(zip(letters, array.shape, strict=True))
    budget.elements([sizes[letter] for letter in output])
    budget.products(math.prod(sizes.values()))
    return np.asarray(np.einsum(f"{given}->{output}", *(np.asarray(a, np.float64) for a in inputs)))


def ints(value: Any) -> tuple[int, ...]:
    """The numbers in a tensor or a list."""
    return tuple(int(i) for i in np.asarray(value).reshape(-1))


def each(function: Callable[..., Any]) -> Operation:
    """The operation that applies a function element by element, with broadcasting."""

    def apply(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
        budget.elements(np.broadcast_shapes(*(np.shape(i) for i in inputs)))
        return [function(*inputs)]

    return apply


def costly(function: Callable[[Array], Array]) -> Operation:
    """Like `each`, of a function that goes through Python for every element."""

    def apply(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
        budget.elements((_COSTLY, *inputs[0].shape))
        return [function(inputs[0])]

    return apply


def same(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
    """The operation that hands on its inputs."""
    return inputs


def divide(a: Array, b: Array) -> Array:
    """Division as graphs do it: whole numbers stay whole."""
    if a.dtype.kind in "iu":
        return np.asarray(a // b)
    return np.asarray(a / b)


def cast(value: Array, kind: str) -> Array:
    """A tensor as another type; of floats only that they are floats, whatever their width."""
    if kind == "f":
        return value if value.dtype.kind == "f" else value.astype(np.float64)
    return value.astype(np.bool_ if kind == "b" else np.int64)


def sums(function: Callable[..., Any], value: Array, axes: Any, keep: bool) -> Array:
    """A sum, mean or the like along axes; None for all."""
    along = None if axes is None else ints(axes)
    return np.asarray(function(value, axis=along, keepdims=keep))


def refuse_chance(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
    """The operation that draws random numbers: a graph exported for training."""
    raise ModelFormatError(
        f"its graph draws random numbers ({node.operation} {node.name!r}): it was exported for training, with dropout "
        "left in; export it for inference (model.eval(), training=False)"
    )


#: Operations that are called alike in both formats.
COMMON: dict[str, Operation] = {
    "Abs": each(np.abs),
    "Div": each(divide),
    "Equal": each(np.equal),
    "Erf": costly(erf),
    "Exp": each(np.exp),
    "Floor": each(np.floor),
    "Greater": each(np.greater),
    "Identity": same,
    "Less": each(np.less),
    "Log": each(np.log),
    "Mul": each(np.multiply),
    "Neg": each(np.negative),
    "Pow": each(np.power),
    "Reciprocal": each(lambda x: 1 / x),
    "Relu": each(lambda x: np.maximum(x, 0)),
    "Sigmoid": each(sigmoid),
    "Sign": each(np.sign),
    "Softplus": each(lambda x: np.logaddexp(x, 0)),
    "Sqrt": each(np.sqrt),
    "Sub": each(np.subtract),
    "Tanh": each(np.tanh),
}
