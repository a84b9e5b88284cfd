"""How scores are spread over rows that have a label and rows that do not, in bounded memory."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Groups of scores that are kept of a label.
GROUPS = 2_048
#: Groups begin as narrow as this part of a logit, less than what tells any two scores of float32 apart.
_FINEST = 2.0**24
#: Scores nearer to 0 and 1 than float32 can be.
_ENDS = 110.0


class ScoreCounts:
    """Scores of one label, grouped by their logit, ln(p / (1 - p)), once there are more than `GROUPS` different ones.

    Groups are intervals of equal width, which is doubled until there are few enough. Of each the least and the largest
    score, and the rows without and with the label, are exact.
    """

    def __init__(self) -> None:
        self._halvings = 0
        self._keys = np.zeros(0, dtype=np.int64)
        self._least, self._largest = np.zeros(0, dtype=np.float32), np.zeros(0, dtype=np.float32)
        self._counts = np.zeros((0, 2), dtype=np.int64)

    def add(self, scores: np.ndarray, there: np.ndarray) -> None:
        """Add rows: float32 scores from 0 to 1, and whether the row has the label, shape ``(rows,)``."""
        exact = scores.astype(np.float64)
        with np.errstate(divide="ignore"):
            logits = np.clip(np.log(exact) - np.log1p(-exact), -_ENDS, _ENDS)
        keys = np.floor(logits * _FINEST).astype(np.int64) >> self._halvings
        self._join(keys, scores, scores, np.column_stack([~there, there]).astype(np.int64))

    def _join(self, keys: np.ndarray, least: np.ndarray, largest: np.ndarray, counts: np.ndarray) -> None:
        keys = np.concatenate([self._keys, keys])
        least, largest = np.concatenate([self._least, least]), np.concatenate([self._largest, largest])
        counts = np.concatenate([self._counts, counts])
        while True:
            kinds, inverse = np.unique(keys, return_inverse=True)
            if len(kinds) <= GROUPS:
                break
            keys >>= 1
            self._halvings += 1
        self._keys = kinds
        self._least = np.full(len(kinds), np.inf, dtype=np.float32)
        self._largest = np.full(len(kinds), -np.inf, dtype=np.float32)
        self._counts = np.zeros((len(kinds), 2), dtype=np.int64)
        np.minimum.at(self._least, inverse, least)
        np.maximum.at(self._largest, inverse, largest)
        np.add.at(self._counts, inverse, counts)

    def state(self) -> list[Any]:
        """All of it as JSON takes it."""
        columns = (self._keys, self._least, self._largest, self._counts)
        return [self._halvings, *(column.tolist() for column in columns)]

    def merge(self, state: list[Any]) -> None:
        """Add the state of another one."""
        halvings, keys, least, largest, counts = state
        coarsest = max(halvings, self._halvings)
        self._keys >>= coarsest - self._halvings
        self._halvings = coarsest
        self._join(
            np.array(keys, dtype=np.int64) >> (coarsest - halvings),
            np.array(least, dtype=np.float32),
            np.array(largest, dtype=np.float32),
            np.array(counts, dtype=np.int64).reshape(-1, 2),
        )

    @property
    def exact(self) -> bool:
        """Whether every different score is a group of its own."""
        return bool((self._least == self._largest).all())

    def falling(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of the groups, from the highest scores to the lowest: least and largest scores, and rows, shape
        ``(groups, 2)``, without the label and with it.
        """
        return self._least[::-1], self._largest[::-1], self._counts[::-1]
