"""The operations of TensorFlow that Keras makes classifiers of, in NumPy.

Source: the API documentation of `tf.raw_ops`, TensorFlow 2.15.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sparkcls.formats.arithmetic import (
    COMMON,
    cast,
    costly,
    each,
    einsum,
    erf,
    ints,
    matmul,
    refuse_chance,
    same,
    softmax,
    sums,
)
from sparkcls.formats.evaluate import Array, Budget, Node, Operation

#: DataType to the kinds of NumPy's types.
KINDS = {1: "f", 2: "f", 14: "f", 19: "f", 10: "b", 3: "i", 4: "i", 5: "i", 6: "i", 9: "i", 17: "i", 22: "i", 23: "i"}


def _of(function: Any) -> Operation:
    """The operation with one output; the function takes the node's attributes, the budget and the inputs."""
    return lambda node, inputs, budget: [function(node.attributes, budget, *inputs)]


def _reduce(function: Any) -> Operation:
    return _of(lambda a, budget, x, axes: sums(function, x, axes, bool(a.get("keep_dims"))))


def _product(a: Any, budget: Budget, x: Array, y: Array) -> Array:
    """MatMul, and with other names of its attributes BatchMatMul."""
    x = x.swapaxes(-1, -2) if a.get("transpose_a") or a.get("adj_x") else x
    y = y.swapaxes(-1, -2) if a.get("transpose_b") or a.get("adj_y") else y
    return matmul(x, y, budget)


def _strided_slice(a: Any, budget: Budget, x: Array, begin: Array, end: Array, strides: Array) -> Array:
    cut: list[Any] = []
    for i, (start, stop, step) in enumerate(zip(ints(begin), ints(end), ints(strides), strict=True)):
        bit = 1 << i
        if a.get("ellipsis_mask", 0) & bit:
            cut.append(...)
        elif a.get("new_axis_mask", 0) & bit:
            cut.append(None)
        elif a.get("shrink_axis_mask", 0) & bit:
            cut.append(start)
        else:
            first = None if a.get("begin_mask", 0) & bit else start
            cut.append(slice(first, None if a.get("end_mask", 0) & bit else stop, step))
    return np.asarray(x[tuple(cut)])


def _gather(a: Any, budget: Budget, x: Array, indices: Array, axis: Any = 0) -> Array:
    along = int(axis) % max(1, x.ndim)
    if a.get("batch_dims", 0):
        raise ValueError("batch_dims")
    budget.elements((*x.shape[:along], *indices.shape, *x.shape[along + 1 :]))
    return np.asarray(np.take(x, indices, along))


def _gather_nd(a: Any, budget: Budget, x: Array, indices: Array) -> Array:
    budget.elements((*indices.shape[:-1], *x.shape[indices.shape[-1] :]))
    return np.asarray(x[tuple(np.moveaxis(indices, -1, 0))])


def _pack(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
    budget.elements((sum(i.size for i in inputs),))
    return [np.stack(inputs, node.attributes.get("axis", 0))]


def _concat(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
    budget.elements((sum(i.size for i in inputs),))
    return [np.concatenate(inputs[:-1], int(inputs[-1]))]


def _range(a: Any, budget: Budget, start: Array, limit: Array, step: Array) -> Array:
    count = math.ceil((limit.item() - start.item()) / step.item())
    return np.asarray(start + np.arange(budget.elements((max(0, count),))[0]) * step)


def _fill(a: Any, budget: Budget, shape: Array, value: Array) -> Array:
    return np.broadcast_to(value, budget.elements(ints(shape)))


def _broadcast(a: Any, budget: Budget, x: Array, shape: Array) -> Array:
    return np.broadcast_to(x, budget.elements(ints(shape)))


def _tile(a: Any, budget: Budget, x: Array, repeats: Array) -> Array:
    budget.elements((x.size, *ints(repeats)))
    return np.tile(x, ints(repeats))


def _squeeze(a: Any, budget: Budget, x: Array) -> Array:
    return np.squeeze(x, tuple(a.get("squeeze_dims") or ()) or None)


def _slice(a: Any, budget: Budget, x: Array, begin: Array, size: Array) -> Array:
    pairs = zip(ints(begin), ints(size), strict=True)
    return np.asarray(x[tuple(slice(b, None if s < 0 else b + s) for b, s in pairs)])


def _one_hot(a: Any, budget: Budget, indices: Array, depth: Array, on: Array, off: Array) -> Array:
    if a.get("axis", -1) != -1:
        raise ValueError("axis")
    numbers = np.arange(budget.elements((*indices.shape, int(depth)))[-1])
    return np.where(indices[..., None] == numbers, on, off)


def _diagonal(a: Any, budget: Budget, values: Array, k: Array, rows: Array, columns: Array, padding: Array) -> Array:
    """Square matrices with these on the diagonal."""
    size = values.shape[-1]
    if ints(k) != (0,) or {int(rows), int(columns)} - {-1, size}:
        raise ValueError("another diagonal, or no square")
    budget.elements((*values.shape, size))
    return np.where(np.eye(size, dtype=bool), values[..., None], padding)


def _split(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
    return np.split(inputs[1], node.attributes["num_split"], int(inputs[0]))


def _unpack(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
    return list(np.moveaxis(inputs[0], node.attributes.get("axis", 0), 0))


def _constant(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
    if node.attributes.get("value") is None:
        raise ValueError("a constant of another kind than numbers")
    return [node.attributes["value"]]


def _layer_norm_by_batch_norm(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
    """FusedBatchNorm in training, which Keras makes of layer norms with a large epsilon."""
    x, scale, offset = inputs[:3]
    if not node.attributes.get("is_training") or node.attributes.get("data_format") != b"NCHW":
        raise ValueError("a batch norm, which no classifier of texts has")
    mean, var = x.mean((0, 2, 3), keepdims=True), x.var((0, 2, 3), keepdims=True)
    shape = (1, -1, 1, 1)
    made = (x - mean) / np.sqrt(var + node.attributes.get("epsilon", 1e-4))
    return [made * scale.reshape(shape) + offset.reshape(shape)]


OPERATIONS: dict[str, Operation] = (
    COMMON
    | {
        "Add": each(np.add),
        "AddN": each(lambda *x: sum(x)),
        "AddV2": each(np.add),
        "All": _reduce(np.all),
        "Any": _reduce(np.any),
        "BatchMatMul": _of(_product),
        "BatchMatMulV2": _of(_product),
        "BatchMatMulV3": _of(_product),
        "BiasAdd": each(np.add),
        "BroadcastTo": _of(_broadcast),
        "Cast": _of(lambda a, budget, x: cast(x, KINDS[a["DstT"]])),
        "ConcatV2": _concat,
        "Const": _constant,
        "Cos": each(np.cos),
        "Cumsum": _of(lambda a, budget, x, axis: np.cumsum(x, int(axis))),
        "Einsum": lambda node, inputs, budget: [einsum(node.attributes["equation"].decode(), inputs, budget)],
        "Elu": _of(lambda a, budget, x: np.where(x > 0, x, np.expm1(x))),
        "EnsureShape": same,
        "Erfc": costly(lambda x: 1 - erf(x)),
        "ExpandDims": _of(lambda a, budget, x, axis: np.expand_dims(x, int(axis))),
        "Fill": _of(_fill),
        "FloorDiv": each(np.floor_divide),
        "FloorMod": each(np.mod),
        "FusedBatchNormV3": _layer_norm_by_batch_norm,
        "GatherNd": _of(_gather_nd),
        "GatherV2": _of(_gather),
        "GreaterEqual": each(np.greater_equal),
        "IdentityN": same,
        "LeakyRelu": _of(lambda a, budget, x: np.where(x > 0, x, a.get("alpha", 0.2) * x)),
        "LessEqual": each(np.less_equal),
        "LogicalAnd": each(np.logical_and),
        "LogicalNot": each(np.logical_not),
        "LogicalOr": each(np.logical_or),
        "LogSoftmax": _of(lambda a, budget, x: np.log(softmax(x))),
        "MatMul": _of(_product),
        "MatrixDiagV3": _of(_diagonal),
        "Max": _reduce(np.max),
        "Maximum": each(np.maximum),
        "Mean": _reduce(np.mean),
        "Min": _reduce(np.min),
        "Minimum": each(np.minimum),
        "NotEqual": each(np.not_equal),
        "OneHot": _of(_one_hot),
        "OnesLike": each(np.ones_like),
        "Pack": _pack,
        "PlaceholderWithDefault": same,
        "PreventGradient": same,
        "Prod": _reduce(np.prod),
        "Range": _of(_range),
        "Rank": _of(lambda a, budget, x: np.array(x.ndim)),
        "ReadVariableOp": same,
        "RealDiv": each(np.true_divide),
        "Relu6": each(lambda x: np.clip(x, 0, 6)),
        "Reshape": _of(lambda a, budget, x, shape: x.reshape(ints(shape))),
        "ResourceGather": _of(_gather),
        "Rsqrt": each(lambda x: 1 / np.sqrt(x)),
        "Select": each(np.where),
        "SelectV2": each(np.where),
        "Shape": _of(lambda a, budget, x: np.array(x.shape, np.int64)),
        "Sin": each(np.sin),
        "Size": _of(lambda a, budget, x: np.array(x.size)),
        "Slice": _of(_slice),
        "Snapshot": same,
        "Softmax": _of(lambda a, budget, x: softmax(x)),
        "Split": _split,
        "Square": each(np.square),
        "SquaredDifference": each(lambda x, y: (x - y) ** 2),
        "Squeeze": _of(_squeeze),
        "StopGradient": same,
        "StridedSlice": _of(_strided_slice),
        "Sum": _reduce(np.sum),
        "Tile": _of(_tile),
        "Transpose": _of(lambda a, budget, x, axes: np.transpose(x, ints(axes))),
        "Unpack": _unpack,
        "ZerosLike": each(np.zeros_like),
    }
    | dict.fromkeys(
        (
            *("RandomUniform", "RandomUniformInt", "RandomStandardNormal", "StatelessRandomUniform"),
            *("StatelessRandomUniformV2", "StatelessRandomGetKeyCounter", "Bernoulli"),
        ),
        refuse_chance,
    )
)
