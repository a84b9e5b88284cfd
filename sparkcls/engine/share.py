"""How much of a call's work is done, for whoever asks while it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class _Asking(threading.local):
    by: Callable[[float], None] | None = None


_asking = _Asking()


@contextmanager
def shares_told_to(listener: Callable[[float], None]) -> Iterator[None]:
    """Let calls of this thread in the with block tell what share of their wordpieces is done, from 0 to 1.

    A call that scores some sentences again in float32 tells shares of these afterwards.
    """
    before, _asking.by = _asking.by, listener
    try:
        yield
    finally:
        _asking.by = before


@contextmanager
def part_of_work(begin: float, end: float) -> Iterator[None]:
    """Let shares that are told in the with block be those of a part of the work, from `begin` to `end` of it."""
    listener = _asking.by
    if listener is None:
        yield
        return
    with shares_told_to(lambda share: listener(begin + share * (end - begin))):
        yield


def tell(done: int, of: int) -> None:
    """Say that so many wordpieces of so many are done."""
    if _asking.by is not None and of:
        _asking.by(done / of)
