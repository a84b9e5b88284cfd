"""A few of many things, the same ones in whatever order and parts they come."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any


class Smallest:
    """The things with the smallest keys, and how often each came.

    What was once dropped has a key above those of `limit` others, so it can never be among the smallest again, and the
    counts of those that stay are exact.

    Parameters
    ----------
    limit
        How many are kept; some more are in memory meanwhile.
    """

    def __init__(self, limit: int):
        self._limit = limit
        self._held: dict[Hashable, tuple[Any, int]] = {}
        #: Nothing above this key can be among the smallest; None as long as anything can.
        self.bound: Any = None

    def add(self, key: Any, thing: Any, times: int = 1) -> None:
        """Add one thing; of different ones with one key, always the same is kept.

        Parameters
        ----------
        key
            A tuple of str and numbers, which must tell things apart.
        """
        if self.bound is not None and key > self.bound:
            return
        held = self._held.get(key)
        if held is None:
            self._held[key] = (thing, times)
        else:
            self._held[key] = (min(held[0], thing, key=repr), held[1] + times)
        if len(self._held) > 2 * self._limit:
            self._drop()

    def _drop(self) -> None:
        kept = sorted(self._held)[: self._limit]  # type: ignore[type-var]
        self._held = {key: self._held[key] for key in kept}
        if len(kept) == self._limit:
            self.bound = kept[-1]

    def items(self) -> list[tuple[Any, Any, int]]:
        """Keys, things and how often they came; smallest keys first."""
        self._drop()
        return [(key, thing, times) for key, (thing, times) in self._held.items()]

    def state(self) -> list[Any]:
        """All of it as JSON takes it."""
        return [[list(key), thing, times] for key, thing, times in self.items()]

    def merge(self, state: Iterable[Any]) -> None:
        """Add the state of another one."""
        for key, thing, times in state:
            self.add(tuple(key), thing, times)
