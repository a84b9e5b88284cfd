"""Chunks of rows over Arrow batches: what is sorted by length and scored together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pandas as pd

from sparkcls.spark.columns import Row

#: Rows of a task's first chunk and of the largest ones, each four times the one before: the first rows come soon,
#: so `show` does not wait for a whole Arrow batch, and sorting still finds sequences of equal length.
FIRST, LARGEST = 64, 1_024
#: Of the largest ones for a device beside the CPU, whose batches are large.
LARGEST_BESIDE = 2_048
#: Characters after which a chunk is closed: it bounds memory whatever the texts.
CHARACTERS = 8 << 20


class Chunks:
    """Rows in chunks that join and cut Arrow batches.

    Parameters
    ----------
    batches
        The columns of each Arrow batch.
    read
        The rows of a slice of these columns.

    Attributes
    ----------
    largest
        Rows of the largest chunks; to be set while they are read, as the first rows decide whether a model is loaded.
    """

    def __init__(
        self, batches: Iterable[tuple[pd.Series, ...]], read: Callable[[tuple[pd.Series, ...]], list[Row]]
    ) -> None:
        self._batches, self._read = batches, read
        self.largest = LARGEST

    def __iter__(self) -> Iterator[list[Row]]:
        size = FIRST
        chunk: list[Row] = []
        characters = 0
        for batch in self._batches:
            at = 0
            while at < len(batch[0]):
                part = self._read(tuple(series.iloc[at : at + min(size - len(chunk), FIRST)] for series in batch))
                at += len(part)
                chunk += part
                characters += sum(len(a.result or "") for row in part for column in row for a in column)
                if len(chunk) >= size or characters >= CHARACTERS:
                    yield chunk
                    chunk, characters, size = [], 0, min(size * 4, self.largest)
            # Else it stays while Spark makes the next one: 20 MB of 10,000 short texts with their tokens.
            del batch
        if chunk:
            yield chunk
