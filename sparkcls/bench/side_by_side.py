"""The same work in several single-threaded processes at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

Argument = TypeVar("Argument")
Result = TypeVar("Result")

#: Seconds to wait for the slowest process to be ready.
_PATIENCE = 600

_gate: Any = None


def run(function: Callable[[Argument], Result], arguments: Sequence[Argument]) -> list[Result]:
    """Results of a function, each call in a fresh process; the calls meet wherever they call `meet`."""
    context = get_context("spawn")
    gate = context.Barrier(len(arguments))
    with ProcessPoolExecutor(len(arguments), context, _take_gate, (gate,)) as pool:
        calls = [pool.submit(_Guarded(function), argument) for argument in arguments]
    errors = [error for error in (call.exception() for call in calls) if error]
    # The error that made the others fail says more than theirs.
    for error in sorted(errors, key=lambda e: isinstance(e, threading.BrokenBarrierError)):
        raise error
    return [call.result() for call in calls]


def meet() -> None:
    """Wait until all processes are here."""
    _gate.wait(_PATIENCE)


def _take_gate(gate: Any) -> None:
    global _gate
    _gate = gate


class _Guarded:
    """A function whose failure frees the other processes, which would wait for it."""

    def __init__(self, function: Callable[[Any], Any]):
        self._function = function

    def __call__(self, argument: Any) -> Any:
        try:
            # No process takes a second argument before all have one.
            meet()
            return self._function(argument)
        except BaseException:
            _gate.abort()
            raise
