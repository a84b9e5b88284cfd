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
    # Of a slice, keys and items are those of the whole, into which its offsets point.
    ends = there.offsets.to_numpy()
    whole = slice(int(ends[0]), int(ends[-1]))
    names = there.keys[whole].to_pylist()
    numbers = there.items[whole].cast(pa.float64()).to_numpy(zero_copy_only=False)
    ends, lengths = ends - ends[0], np.diff(ends)
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
