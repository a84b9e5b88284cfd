"""The operations of ONNX that exporters make classifiers of, in NumPy.

Source: the operators' documentation of ONNX, opsets 11 to 22.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from sparkcls.formats.arithmetic import (
    COMMON,
    cast,
    costly,
    each,
    einsum,
    gelu,
    gelu_tanh,
    ints,
    matmul,
    refuse_chance,
    softmax,
    sums,
)
from sparkcls.formats.evaluate import Array, Budget, Node, Operation

#: TensorProto.DataType to the kinds of NumPy's types.
KINDS = {1: "f", 10: "f", 11: "f", 16: "f", 9: "b", 2: "i", 3: "i", 4: "i", 5: "i", 6: "i", 7: "i", 12: "i", 13: "i"}


def _of(function: Callable[..., Any]) -> Operation:
    """The operation with one output; the function takes the node's attributes, the budget and the inputs."""
    return lambda node, inputs, budget: [function(node.attributes, budget, *inputs)]


def _axes(a: Any, axes: Any) -> Any:
    """Axes, which newer opsets have among the inputs."""
    given = a.get("axes") if axes is None else axes
    return None if given is None or not len(ints(given)) else ints(given)


def _reduce(function: Callable[..., Any]) -> Operation:
    def reduce(a: Any, budget: Budget, x: Array, axes: Any = None) -> Array:
        along = _axes(a, axes)
        if along is None and a.get("noop_with_empty_axes"):
            return x
        return sums(function, x, along, bool(a.get("keepdims", 1)))

    return _of(reduce)


def _layer_norm(a: Any, budget: Budget, x: Array, scale: Array, bias: Any = None) -> Array:
    axes = tuple(range(a.get("axis", -1) % x.ndim, x.ndim))
    centred = x - x.mean(axes, keepdims=True)
    made = centred / np.sqrt((centred**2).mean(axes, keepdims=True) + a.get("epsilon", 1e-5)) * scale
    return np.asarray(made if bias is None else made + bias)


def _gemm(a: Any, budget: Budget, x: Array, y: Array, c: Any = None) -> Array:
    x, y = x.T if a.get("transA") else x, y.T if a.get("transB") else y
    made = matmul(x, y, budget) * a.get("alpha", 1.0)
    return made if c is None else made + a.get("beta", 1.0) * c


def _reshape(a: Any, budget: Budget, x: Array, shape: Array) -> Array:
    wanted = [x.shape[i] if size == 0 and not a.get("allowzero") else size for i, size in enumerate(ints(shape))]
    return x.reshape(wanted)


def _expand(a: Any, budget: Budget, x: Array, shape: Array) -> Array:
    full = np.broadcast_shapes(x.shape, ints(shape))
    return np.broadcast_to(x, budget.elements(full))


def _unsqueeze(a: Any, budget: Budget, x: Array, axes: Any = None) -> Array:
    return np.expand_dims(x, _axes(a, axes) or ())


def _squeeze(a: Any, budget: Budget, x: Array, axes: Any = None) -> Array:
    return np.squeeze(x, _axes(a, axes))


def _slice(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
    a = node.attributes
    x, starts, ends, axes, steps = [*inputs, None, None, None, None][:5]
    starts = ints(a.get("starts", ()) if starts is None else starts)
    ends = ints(a.get("ends", ()) if ends is None else ends)
    axes = a.get("axes") if axes is None else axes
    along = range(len(starts)) if axes is None else ints(axes)
    by = [1] * len(starts) if steps is None else ints(steps)
    cut = [slice(None)] * x.ndim
    for start, end, axis, step in zip(starts, ends, along, by, strict=True):
        # A start or an end far below zero is 'from the first', and a slice of Python takes it so.
        cut[axis] = slice(start, None if step < 0 and end < -x.shape[axis] else end, step)
    return [x[tuple(cut)]]


def _split(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
    a = node.attributes
    axis = a.get("axis", 0)
    sizes = inputs[1] if len(inputs) > 1 and inputs[1] is not None else a.get("split")
    if sizes is None:
        return list(np.array_split(inputs[0], len(node.outputs), axis))
    return np.split(inputs[0], np.cumsum(ints(sizes))[:-1], axis)


def _shape(a: Any, budget: Budget, x: Array) -> Array:
    return np.array(x.shape[a.get("start", 0) : a.get("end")], np.int64)


def _constant_of_shape(a: Any, budget: Budget, shape: Array) -> Array:
    value = a.get("value")
    filler = np.zeros(()) if value is None else np.asarray(value).reshape(-1)[0]
    return np.broadcast_to(filler, budget.elements(ints(shape)))


def _range(a: Any, budget: Budget, start: Array, limit: Array, step: Array) -> Array:
    count = math.ceil((limit.item() - start.item()) / step.item())
    return start + np.arange(budget.elements((max(0, count),))[0]) * step


def _gather(a: Any, budget: Budget, x: Array, indices: Array) -> Array:
    axis = a.get("axis", 0) % x.ndim
    budget.elements((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]))
    return np.take(x, indices, axis)


def _gather_nd(a: Any, budget: Budget, x: Array, indices: Array) -> Array:
    if a.get("batch_dims", 0):
        raise ValueError("batch_dims")
    budget.elements((*indices.shape[:-1], *x.shape[indices.shape[-1] :]))
    return np.asarray(x[tuple(np.moveaxis(indices, -1, 0))])


def _where(a: Any, budget: Budget, condition: Array, x: Array, y: Array) -> Array:
    budget.elements(np.broadcast_shapes(condition.shape, x.shape, y.shape))
    return np.where(condition, x, y)


def _concat(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
    budget.elements((sum(i.size for i in inputs),))
    return [np.concatenate(inputs, node.attributes.get("axis", 0))]


def _tile(a: Any, budget: Budget, x: Array, repeats: Array) -> Array:
    budget.elements((x.size, *ints(repeats)))
    return np.tile(x, ints(repeats))


def _trilu(a: Any, budget: Budget, x: Array, k: Any = None) -> Array:
    offset = 0 if k is None else int(k)
    return np.triu(x, offset) if a.get("upper", 1) else np.tril(x, offset)


def _clip(a: Any, budget: Budget, x: Array, low: Any = None, high: Any = None) -> Array:
    low, high = a.get("min") if low is None else low, a.get("max") if high is None else high
    return x if low is None and high is None else np.clip(x, low, high)


def _dropout(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
    x, ratio, training = [*inputs, None, None][:3]
    if training is not None and bool(training) and (ratio is None or float(ratio) > 0):
        return refuse_chance(node, inputs, budget)
    return [x, np.ones(budget.elements(x.shape), bool)]


def _constant(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
    for name in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if name in node.attributes:
            return [np.asarray(node.attributes[name])]
    raise ValueError("a constant of another kind")


OPERATIONS: dict[str, Operation] = (
    COMMON
    | {
        "Add": each(np.add),
        "And": each(np.logical_and),
        "Cast": _of(lambda a, budget, x: cast(x, KINDS[a["to"]])),
        "CastLike": _of(lambda a, budget, x, y: cast(x, y.dtype.kind)),
        "Ceil": each(np.ceil),
        "Clip": _of(_clip),
        "Concat": _concat,
        "Constant": _constant,
        "ConstantOfShape": _of(_constant_of_shape),
        "CumSum": _of(lambda a, budget, x, axis: np.cumsum(x, int(axis))),
        "Dropout": _dropout,
        "Einsum": lambda node, inputs, budget: [einsum(node.attributes["equation"].decode(), inputs, budget)],
        "Elu": _of(lambda a, budget, x: np.where(x > 0, x, a.get("alpha", 1.0) * np.expm1(x))),
        "Expand": _of(_expand),
        "Flatten": _of(lambda a, budget, x: x.reshape(math.prod(x.shape[: a.get("axis", 1)]), -1)),
        "Gather": _of(_gather),
        "GatherElements": _of(lambda a, budget, x, indices: np.take_along_axis(x, indices, a.get("axis", 0))),
        "GatherND": _of(_gather_nd),
        "Gelu": lambda node, inputs, budget: costly(
            gelu_tanh if node.attributes.get("approximate") == b"tanh" else gelu
        )(node, inputs, budget),
        "Gemm": _of(_gemm),
        "GreaterOrEqual": each(np.greater_equal),
        "IsInf": each(np.isinf),
        "IsNaN": each(np.isnan),
        "LayerNormalization": _of(_layer_norm),
        "LeakyRelu": _of(lambda a, budget, x: np.where(x > 0, x, a.get("alpha", 0.01) * x)),
        "LessOrEqual": each(np.less_equal),
        "LogSoftmax": _of(lambda a, budget, x: np.log(softmax(x, a.get("axis", -1)))),
        "MatMul": _of(lambda a, budget, x, y: matmul(x, y, budget)),
        "Max": each(lambda *x: np.maximum.reduce(np.broadcast_arrays(*x))),
        "Min": each(lambda *x: np.minimum.reduce(np.broadcast_arrays(*x))),
        "Mod": each(np.mod),
        "Not": each(np.logical_not),
        "Or": each(np.logical_or),
        "Range": _of(_range),
        "ReduceMax": _reduce(np.max),
        "ReduceMean": _reduce(np.mean),
        "ReduceMin": _reduce(np.min),
        "ReduceProd": _reduce(np.prod),
        "ReduceSum": _reduce(np.sum),
        "Reshape": _of(_reshape),
        "Shape": _of(_shape),
        "Size": _of(lambda a, budget, x: np.array(x.size, np.int64)),
        "Slice": _slice,
        "Softmax": _of(lambda a, budget, x: softmax(x, a.get("axis", -1))),
        "Split": _split,
        "Squeeze": _of(_squeeze),
        "Sum": each(lambda *x: sum(x)),
        "Tile": _of(_tile),
        "Transpose": _of(lambda a, budget, x: np.transpose(x, a.get("perm"))),
        "Trilu": _of(_trilu),
        "Unsqueeze": _of(_unsqueeze),
        "Where": _of(_where),
        "Xor": each(np.logical_xor),
    }
    | dict.fromkeys(
        ("RandomUniform", "RandomUniformLike", "RandomNormal", "RandomNormalLike", "Bernoulli"), refuse_chance
    )
)
