"""Texts out of whatever holds them without Spark."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from sparkcls.errors import ColumnError, ParamTypeError
from sparkcls.plain.columns import not_there

_LISTS = (list, tuple, np.ndarray, pd.Series, pd.Index, pa.Array, pa.ChunkedArray)


def as_frame(data: Any) -> pd.DataFrame | None:
    """A table as a pandas DataFrame; None for anything else."""
    if isinstance(data, (pa.Table, pa.RecordBatch)):
        return data.to_pandas()
    return data if isinstance(data, pd.DataFrame) else None


def column_of(frame: pd.DataFrame, column: Any) -> list[str | None]:
    """The texts in a column of a pandas DataFrame.

    Raises
    ------
    ColumnError
        There is no such column, or it is there twice.
    ParamTypeError
        A value is neither a str nor missing.
    """
    if column not in frame.columns:
        raise ColumnError(not_there(column, [str(name) for name in frame.columns]))
    values = frame[column]
    if isinstance(values, pd.DataFrame):
        raise ColumnError(f"There are {values.shape[1]} columns {column!r}; the column of texts must be one")
    return as_texts(values, f" of column {column!r}")


def as_texts(values: Any, where: str = "") -> list[str | None]:
    """The texts of a list, array or column; None, NaN and NA are missing.

    Raises
    ------
    ParamTypeError
        It is none of these, or a value is neither a str nor missing.
    """
    if not isinstance(values, _LISTS) or getattr(values, "ndim", 1) != 1:
        raise ParamTypeError(
            "A classifier takes a str; a list, one-dimensional array, Series or Arrow column of str; or a table of "
            "pandas, Arrow or Spark with the name of a column. It got "
            f"{type(values).__module__}.{type(values).__name__}"
        )
    rows: Sequence[Any] = values.to_pylist() if isinstance(values, (pa.Array, pa.ChunkedArray)) else list(values)
    return [value if type(value) is str else _text(value, number, where) for number, value in enumerate(rows)]


def _text(value: Any, number: int, where: str) -> str | None:
    if isinstance(value, str):
        return str(value)
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return None
    raise ParamTypeError(
        f"Row {number}{where} (counted from 0) is {str(value)[:40]!r} of type {type(value).__name__}, and not a str; "
        "make texts of the values first, e.g. with astype(str)"
    )
