"""One pass over rows into one small value: on classic Spark, Spark Connect and frames of this process alike."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa

from sparkcls.errors import ColumnError, ParamTypeError

F = TypeVar("F", bound="Folding")

_PARTIAL = "partial"
#: Rows of a pandas or Arrow frame that are added at once.
_ROWS = 10_000


class Folding(ABC):
    """What rows are added to. An empty one is pickled to every task; what tasks have added is merged on the driver.

    Its state travels as JSON: numbers (infinite ones and NaN too), texts (lone surrogates too), lists and dicts with
    keys of str. It must stay small however many rows there are.
    """

    @abstractmethod
    def add(self, batch: pa.RecordBatch) -> None:
        """Add rows; the columns have the names, order and Arrow types of the frame's."""

    @abstractmethod
    def state(self) -> Any:
        """All that has been added, as JSON takes it."""

    @abstractmethod
    def merge(self, state: Any) -> None:
        """Add what another one, which was made like this one, has added: its `state`."""

    def to_bytes(self) -> bytes:
        """The state as bytes."""
        return json.dumps(self.state()).encode("ascii")

    def merge_bytes(self, partial: bytes) -> None:
        """Merge the bytes of another one's state."""
        self.merge(json.loads(partial))


class _Partials:
    """What a task does with its rows."""

    def __init__(self, folding: Folding):
        self._folding = folding

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            self._folding.add(batch)
        # Binary, because a str of Arrow cannot hold all texts of Python.
        yield pa.RecordBatch.from_arrays([pa.array([self._folding.to_bytes()], pa.binary())], [_PARTIAL])


def fold(frame: Any, folding: F) -> F:
    """Add all rows of a frame to a folding, in one pass.

    Parameters
    ----------
    frame
        A Spark DataFrame (classic or Connect), of which every column is read: select first. Or a pandas DataFrame or an
        Arrow table; a column of dicts becomes a map from str to double there.
    folding
        An empty one; it is changed.

    Returns
    -------
    `folding`.

    Raises
    ------
    ParamTypeError
        The frame is nothing of these, or a stream.
    ColumnError
        A column of a pandas DataFrame holds values that do not fit together.

    Notes
    -----
    Each task sends one value to the driver; ``spark.driver.maxResultSize`` limits them together.
    """
    if isinstance(frame, pd.DataFrame):
        frame = arrow_table(frame)
    if isinstance(frame, pa.Table):
        for batch in frame.to_batches(max_chunksize=_ROWS):
            folding.add(batch)
        return folding
    if not hasattr(frame, "mapInArrow"):
        raise ParamTypeError(
            f"A Spark or pandas DataFrame is needed, got {type(frame).__module__}.{type(frame).__name__}"
        )
    if frame.isStreaming:
        raise ParamTypeError(
            "A stream has no end, so nothing can be said of all its rows; use foreachBatch, whose batches are "
            "ordinary DataFrames"
        )
    for (partial,) in frame.mapInArrow(_Partials(folding), f"{_PARTIAL} binary").collect():
        folding.merge_bytes(bytes(partial))
    return folding


def arrow_table(frame: pd.DataFrame) -> pa.Table:
    """A pandas DataFrame as Spark would have it: NaN among objects is null, dicts are maps from str to double."""
    check_names(frame)
    return pa.table({str(name): _arrow_array(name, frame[name]) for name in frame.columns})


def check_names(frame: pd.DataFrame) -> None:
    """Raise ColumnError if columns of a pandas DataFrame have the same name."""
    if not frame.columns.is_unique:
        raise ColumnError(f"The DataFrame has several columns of one name: {', '.join(map(str, frame.columns))}")


def _arrow_array(name: Any, series: pd.Series) -> pa.Array:
    kind = None
    if series.dtype == object:
        first = next((value for value in series if value is not None and value is not pd.NA), None)
        kind = pa.map_(pa.string(), pa.float64()) if isinstance(first, dict) else None
        if kind is not None:
            series = series.map(lambda value: list(value.items()) if isinstance(value, dict) else None)
    try:
        found = pa.array(series, type=kind, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as e:
        raise ColumnError(f"The column {name!r} holds values of several kinds: {e}") from e
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
