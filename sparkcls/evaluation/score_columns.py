"""Columns of scores, as matrices."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa


def score_blocks(scores: pa.Array) -> Iterator[tuple[np.ndarray, list[str], np.ndarray]]:
    """The rows that have scores, cut where the labels change.

    Parameters
    ----------
    scores
        A map from labels to scores.

    Returns
    -------
    For each block its rows' numbers, the labels, and the scores, shape ``(rows, labels)``; a null score is NaN.
    """
    rows = np.flatnonzero(scores.is_valid().to_numpy(zero_copy_only=False))
    there = scores.drop_null()
    # flatten, unlike keys and items, knows where a slice begins.
    keys, values = there.flatten().flatten()
    lengths = np.diff(there.offsets.to_numpy())
    names = keys.to_pylist()
    numbers = values.cast(pa.float64()).to_numpy(zero_copy_only=False)
    ends = np.concatenate([[0], np.cumsum(lengths)])
    start = 0
    while start < len(rows):
        size = int(lengths[start])
        labels = names[ends[start] : ends[start] + size]
        stop = start + 1
        while stop < len(rows) and names[ends[stop] : ends[stop + 1]] == labels:
            stop += 1
        if size:
            yield rows[start:stop], labels, numbers[ends[start] : ends[stop]].reshape(stop - start, size)
        start = stop
