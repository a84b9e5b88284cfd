"""The limit: how many operations a second the machine's best matrix multiplication does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
import torch.nn.functional as F

from sparkcls.bench import side_by_side
from sparkcls.engine.process import prepare_worker

#: Rows of the left matrix: wordpieces of a good batch.
ROWS = 1024
PRECISIONS = ("float32", "bfloat16")

_WINDOWS = 3
_WINDOW_SECONDS = 0.12


def measure(slots: int, matrices: Mapping[tuple[int, int], int]) -> dict[str, Any]:
    """Operations a second of so many single-threaded processes together.

    Parameters
    ----------
    matrices
        How many linear layers a model has, by inputs and outputs.

    Returns
    -------
    ``rate``: by precision, for these linear layers in their proportions. ``shapes``: by precision,
    shape and way of calling. Of the ways the fastest counts, for each shape.
    """
    found = side_by_side.run(_rates, [list(matrices)] * slots)
    shapes = {
        precision: {
            f"{ROWS}x{inputs}x{outputs}": _summed([one[precision, inputs, outputs] for one in found])
            for inputs, outputs in matrices
        }
        for precision in PRECISIONS
    }
    return {
        "rate": {p: _together(list(by_shape.values()), matrices) for p, by_shape in shapes.items()},
        "shapes": shapes,
    }


def _summed(ways: list[dict[str, float]]) -> dict[str, float]:
    return {way: sum(one[way] for one in ways) for way in ways[0]}


def _together(ways: list[dict[str, float]], matrices: Mapping[tuple[int, int], int]) -> float:
    """The rate over all shapes: all operations by all time."""
    operations = [count * inputs * outputs for (inputs, outputs), count in matrices.items()]
    return sum(operations) / sum(n / max(way.values()) for n, way in zip(operations, ways, strict=True))


def _rates(matrices: list[tuple[int, int]]) -> dict[tuple[str, int, int], dict[str, float]]:
    # As in sparkcls' workers: giving large buffers back to the system costs a limit, too, a part of its speed.
    prepare_worker(1)
    rates = {}
    with torch.inference_mode():
        for precision in PRECISIONS:
            for inputs, outputs in matrices:
                # So that all cores are at the same work, and share power and memory as they would in a run.
                side_by_side.meet()
                ways = _ways(getattr(torch, precision), inputs, outputs)
                rates[precision, inputs, outputs] = {
                    name: 2 * ROWS * inputs * outputs / _seconds(call) for name, call in ways
                }
    return rates


def _ways(dtype: torch.dtype, inputs: int, outputs: int) -> Iterator[tuple[str, Callable[[], object]]]:
    """Ways to call a linear layer that this torch has."""
    torch.manual_seed(0)
    x, weight, bias = (torch.randn(*shape).to(dtype) for shape in ((ROWS, inputs), (outputs, inputs), (outputs,)))
    yield "linear", lambda: F.linear(x, weight, bias)
    operations = torch.ops.mkldnn
    if not torch.backends.mkldnn.is_available() or not hasattr(operations, "_linear_pointwise"):
        return
    fused = operations._linear_pointwise
    for name, pack in (("mkldnn", None), ("mkldnn, packed", getattr(operations, "_reorder_linear_weight", None))):
        try:
            tensor = pack(weight, ROWS) if pack else weight
            fused(x, tensor, bias, "none", [], "")
        except RuntimeError:  # this CPU has no such kernel for the type
            continue
        yield name, lambda tensor=tensor: fused(x, tensor, bias, "none", [], "")  # type: ignore[misc]


def _seconds(call: Callable[[], object]) -> float:
    """Seconds of a call, in the best of some windows."""
    call()
    best = float("inf")
    for _ in range(_WINDOWS):
        started, calls = time.perf_counter(), 0
        while (taken := time.perf_counter() - started) < _WINDOW_SECONDS:
            call()
            calls += 1
        best = min(best, taken / calls)
    return best
