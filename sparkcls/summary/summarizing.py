"""`sparkcls.summarize`: the plain columns of a frame, counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, FractionalType, IntegralType, MapType, StringType

from sparkcls.errors import ColumnError, ParamTypeError
from sparkcls.spark.column_names import Columns, names_are_exact
from sparkcls.spark.columns import quoted
from sparkcls.spark.folding import arrow_table, check_names, fold
from sparkcls.summary.about import About, versions_here
from sparkcls.summary.counting import (
    CHARACTERS,
    CONFIDENCE,
    CUT,
    ERROR,
    GIVEN,
    GIVEN_SCORES,
    LABEL,
    MAX_LABELS,
    SCORES,
    TEXT_HEAD,
    Counting,
)
from sparkcls.summary.figures import TEXT_LENGTH
from sparkcls.summary.summary import Summary, summary_of
from sparkcls.text.java import replace_surrogates

#: Columns that `sparkcls.classify` adds, and what they are here.
_ANSWERS = {
    "label": LABEL,
    "confidence": CONFIDENCE,
    "scores": SCORES,
    "labels": GIVEN,
    "error": ERROR,
    "truncated": CUT,
}


def summary_of_frame(data: Any, column: str | None, prefix: str, about: About | None) -> Summary:
    """See `sparkcls.summarize`."""
    if about is None:
        about = About(versions=versions_here())
    elif not isinstance(about, About):
        raise ParamTypeError(f"summarize(about=) takes an About, got {type(about).__name__}")
    for name, value in (("column", column), ("prefix", prefix)):
        if not isinstance(value, str) and not (name == "column" and value is None):
            raise ParamTypeError(f"summarize({name}=) takes a str, got {value!r}")
    if isinstance(data, pd.DataFrame):
        selected, columns = _of_pandas(data, column, prefix)
    elif hasattr(data, "mapInArrow"):
        selected, columns = _of_spark(data, column, prefix)
    else:
        raise ParamTypeError(f"summarize takes a Spark or a pandas DataFrame, got {type(data).__name__}")
    counted = fold(selected, Counting())
    if counted.too_many:
        raise ColumnError(
            f"summarize: column {prefix + 'label'!r} holds more than {MAX_LABELS:,} different values, such as "
            f"{', '.join(repr(label[:40]) for label in counted.too_many)}: are these labels?"
        )
    return summary_of(counted, columns, about)


def _of_spark(data: Any, column: str | None, prefix: str) -> tuple[Any, set[str]]:
    """The columns that `Counting` reads, and their names."""
    names = Columns(names_are_exact(data.sparkSession), [(f.name, f.dataType) for f in data.schema.fields])
    found = _found(names, column, prefix, _SPARK_TYPES)
    selected = {here: F.col(quoted(actual)) for here, actual in found.items()}
    if CUT in selected:
        selected[CUT] = selected[CUT].cast("bigint")
    if CONFIDENCE in selected:
        selected[CONFIDENCE] = selected[CONFIDENCE].cast("double")
    if GIVEN in selected and SCORES in selected:
        scores = selected[SCORES]
        selected[GIVEN_SCORES] = F.transform(selected[GIVEN], lambda label: F.try_element_at(scores, label))
    if column is not None:
        text = F.col(quoted(names.actual(column) or column)).cast("string")
        # Long texts stay where they are.
        selected |= {TEXT_HEAD: F.substring(text, 1, TEXT_LENGTH + 1), CHARACTERS: F.length(text).cast("bigint")}
    return data.select(*(value.alias(here) for here, value in selected.items())), {*selected}


def _of_pandas(data: pd.DataFrame, column: str | None, prefix: str) -> tuple[pa.Table, set[str]]:
    """The same of a pandas DataFrame."""
    check_names(data)
    own = {name: data[name].map(_clean) for name in data.columns if name in {prefix + name for name in _ANSWERS}}
    answers = arrow_table(pd.DataFrame(own))
    names: Columns[Any] = Columns(True, [(f.name, _kind(answers[f.name])) for f in answers.schema])
    for name in data.columns:
        names.setdefault(str(name), pa.string())
    found = _found(names, column, prefix, _ARROW_TYPES)
    selected = {}
    for here, actual in found.items():
        value = answers[actual]
        to = {LABEL: pa.string(), ERROR: pa.string(), CUT: pa.int64(), CONFIDENCE: pa.float64()}.get(here)
        selected[here] = value if to is None else value.cast(to)
    if GIVEN in selected and SCORES in selected:
        pairs = zip(data[found[GIVEN]], data[found[SCORES]], strict=True)
        scores = [None if given is None else [(row or {}).get(label) for label in given] for given, row in pairs]
        selected[GIVEN_SCORES] = pa.array(scores, pa.list_(pa.float64()))
    if column is not None:
        texts = [_text(value, column) for value in data[column]]
        heads = [None if text is None else _clean(text[: TEXT_LENGTH + 1]) for text in texts]
        selected[TEXT_HEAD] = pa.array(heads, pa.string())
        selected[CHARACTERS] = pa.array([None if text is None else len(text) for text in texts], pa.int64())
    return pa.table(selected), {*selected}


def _text(value: Any, column: str) -> str | None:
    if isinstance(value, str):
        return value
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    raise ColumnError(
        f"summarize: the column {column!r} holds {str(value)[:40]!r} of type {type(value).__name__}, not str"
    )


def _found(
    names: Columns[Any], column: str | None, prefix: str, types: Mapping[str, Callable[[Any], bool]]
) -> dict[str, str]:
    """The columns of answers that are there, by what they are here.

    One of another type than those that `sparkcls.classify` adds has only the name in common.
    """
    listed = ", ".join(map(repr, names)) or "none"
    if column is not None and column not in names:
        raise ColumnError(f"summarize: there is no column {column!r} of texts; there are {listed}")
    found = {here: actual for name, here in _ANSWERS.items() if (actual := names.actual(prefix + name))}
    if LABEL not in found:
        raise ColumnError(
            f"summarize: there is no column {prefix + 'label'!r}, which sparkcls.classify adds; there are {listed}. If "
            "its columns were given a prefix, pass prefix=; a struct's fields or a pipeline's annotations must become "
            "columns first, see docs/report.md"
        )
    if not types[LABEL](names[found[LABEL]]):
        raise ColumnError(
            f"summarize: the column {found[LABEL]!r} is {names[found[LABEL]]}, and not of strings as sparkcls.classify "
            "adds it. If its columns were given a prefix, pass prefix="
        )
    return {here: actual for here, actual in found.items() if types[here](names[actual])}


def _clean(value: Any) -> Any:
    """A value whose texts Arrow takes."""
    if isinstance(value, dict):
        return {_clean(key): score for key, score in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_clean(one) for one in value]
    return replace_surrogates(value) if isinstance(value, str) else value


def _kind(column: pa.ChunkedArray) -> pa.DataType:
    """Its type; nulls alone are of none."""
    return pa.null() if column.null_count == len(column) else column.type


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind)


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind)


def _is_number(kind: pa.DataType) -> bool:
    return pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_null(kind)


#: Whether a column is of the type that answers have, in either kind of frame.
_ARROW_TYPES: dict[str, Callable[[pa.DataType], bool]] = {
    LABEL: _is_text,
    CONFIDENCE: _is_number,
    SCORES: pa.types.is_map,
    GIVEN: lambda kind: _is_list(kind) and _is_text(kind.value_type),
    ERROR: _is_text,
    CUT: _is_number,
}
_SPARK_TYPES: dict[str, Callable[[DataType], bool]] = {
    LABEL: lambda kind: isinstance(kind, StringType),
    CONFIDENCE: lambda kind: isinstance(kind, FractionalType),
    SCORES: lambda kind: isinstance(kind, MapType) and isinstance(kind.valueType, FractionalType),
    GIVEN: lambda kind: isinstance(kind, ArrayType) and isinstance(kind.elementType, StringType),
    ERROR: lambda kind: isinstance(kind, StringType),
    CUT: lambda kind: isinstance(kind, IntegralType),
}
