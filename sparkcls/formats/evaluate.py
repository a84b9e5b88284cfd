"""Running the graph of a network on one small input, to see what it computes.

All arithmetic is in double precision, so that two networks that differ in anything but rounding differ visibly.
Only what the wanted output depends on is computed. A graph is a stranger's: `Budget` bounds what a run may cost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError

Array = np.ndarray
#: Gives a node's outputs for its inputs; an input that is left out is None.
Operation = Callable[["Node", list[Any], "Budget"], Sequence[Any]]

#: Arrays of at most this many elements are computed with in double precision; larger ones are weights.
_SMALL = 1 << 20


class Budget:
    """What one run of a graph may cost: elements made, multiplications, nodes visited.

    A DistilBERT of base size takes some 8 million, a thousand million and 3 thousand. A DeBERTa takes up to 80
    multiplications a weight, as it projects its table of distances in every layer.

    Parameters
    ----------
    weights
        How many numbers the network has.
    """

    def __init__(self, weights: int = 0) -> None:
        self._elements, self._products = max(60_000_000, weights // 2), max(20_000_000_000, 100 * weights)
        self._nodes = 200_000
        #: Functions that call functions.
        self.depth = 0

    def elements(self, shape: Sequence[int]) -> tuple[int, ...]:
        """Spend an array of this shape, before it is made."""
        shape = tuple(int(size) for size in shape)
        if min(shape, default=0) < 0 or len(shape) > 16:
            raise ValueError(f"an array of shape {list(shape)}")
        self._elements -= prod(shape)
        return self._check(shape)

    def products(self, count: int) -> None:
        """Spend multiplications."""
        self._products -= count
        self._check(())

    def node(self) -> None:
        """Spend a visit to a node."""
        self._nodes -= 1
        self._check(())

    def _check(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        if min(self._elements, self._products, self._nodes) < 0:
            raise ModelFormatError("its graph computes far more than a classifier of its size does")
        return shape


@dataclass(frozen=True)
class Node:
    """One operation of a graph. Tensors have names; `outputs` lists those that it makes."""

    operation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""


class UnknownOperationError(ModelFormatError):
    """The output depends on an operation that has no arithmetic here."""


def evaluate(
    target: str,
    makers: Mapping[str, Node],
    known: dict[str, Any],
    operations: Mapping[str, Operation],
    budget: Budget,
) -> Any:
    """The tensor of this name.

    Parameters
    ----------
    makers
        The node that makes each tensor.
    known
        Tensors by name: the inputs and the weights. What is computed is added.
    operations
        What each operation does.

    Raises
    ------
    ModelFormatError
        The graph is damaged, costs too much, or has an operation that is not among `operations`.
    """
    stack = [target]
    waiting: set[str] = set()
    while stack:
        name = stack[-1]
        if name in known:
            stack.pop()
            continue
        budget.node()
        node = makers.get(name)
        if node is None:
            raise ModelFormatError(f"its graph uses {name!r}, which nothing makes")
        missing = [used for used in node.inputs if used and used not in known]
        if missing:
            if name in waiting:
                raise ModelFormatError(f"its graph goes round in a circle at {name!r}")
            waiting.add(name)
            stack += missing
            continue
        known.update(zip(node.outputs, _apply(node, known, operations, budget), strict=False))
        if name not in known:
            raise ModelFormatError(f"the operation {node.operation} {node.name!r} of its graph does not make {name!r}")
    return known[target]


def _apply(node: Node, known: Mapping[str, Any], operations: Mapping[str, Operation], budget: Budget) -> Sequence[Any]:
    operation = operations.get(node.operation)
    if operation is None:
        raise UnknownOperationError(
            f"its graph has the operation {node.operation} ({node.name!r}), which sparkcls cannot compute"
        )
    try:
        with np.errstate(all="ignore"):
            made = operation(node, [known[used] if used else None for used in node.inputs], budget)
            return [as_double(value) for value in made]
    except ModelFormatError:
        raise
    except Exception as e:  # NumPy raises whatever damaged attributes and shapes lead it to
        raise ModelFormatError(f"the operation {node.operation} {node.name!r} of its graph fails ({e})") from e


@np.errstate(all="ignore")
def as_double(value: Any) -> Any:
    """A tensor in double precision, unless it is as large as a weight."""
    if isinstance(value, np.generic):
        value = np.asarray(value)
    if isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.size <= _SMALL:
        return value.astype(np.float64, copy=False)
    return value
