"""Where gold labels, answers and texts stand in a frame."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, MapType, NullType, NumericType, StringType, StructType

from sparkcls.errors import ColumnError, ParamTypeError
from sparkcls.evaluation.roles import ANNOTATIONS, CONFIDENCE, ERROR, GIVEN, GOLD, LABEL, SCORES, TEXT
from sparkcls.spark.column_names import Columns, names_are_exact
from sparkcls.spark.columns import is_annotations, quoted
from sparkcls.spark.folding import arrow_table, check_names
from sparkcls.summary.figures import TEXT_LENGTH
from sparkcls.text.java import replace_surrogates

#: The columns of `sparkcls.classify` that are read, and what they are here.
_ANSWERS = {"label": LABEL, "confidence": CONFIDENCE, "scores": SCORES, "labels": GIVEN, "error": ERROR}
#: Kinds of columns.
WORDS, NUMBERS, LIST, MAP, NOTES, STRUCT, NOTHING, OTHER = (
    *("words", "numbers", "list", "map", "annotations", "struct", "nothing", "other"),
)
_FITTING = {
    LABEL: (WORDS, NUMBERS, NOTHING),
    CONFIDENCE: (NUMBERS, WORDS, NOTHING),
    SCORES: (MAP, WORDS, NOTHING),
    GIVEN: (LIST, WORDS, NOTHING),
    ERROR: (WORDS, NOTHING),
}


@dataclass(frozen=True)
class Found:
    """The columns that are read, by what they are here, with the kinds of those that matter.

    Parameters
    ----------
    frame
        A Spark DataFrame or an Arrow table of these columns, named by what they are.
    """

    frame: Any
    kinds: dict[str, str]


def read_columns(data: Any, label_col: str, prediction: str | None, text_col: str | None) -> Found:
    """The columns of an evaluation.

    Parameters
    ----------
    prediction
        A column, or the prefix of the columns of `sparkcls.classify`.

    Raises
    ------
    ParamTypeError
        `data` is no DataFrame.
    ColumnError
        A column is not there, or holds what cannot be read.
    """
    if isinstance(data, pd.DataFrame):
        return _of_pandas(data, label_col, prediction, text_col)
    if not hasattr(data, "mapInArrow"):
        raise ParamTypeError(
            f"evaluate takes a Spark or a pandas DataFrame, got {type(data).__module__}.{type(data).__name__}"
        )
    names: Columns[DataType] = Columns(
        names_are_exact(data.sparkSession), [(field.name, field.dataType) for field in data.schema.fields]
    )
    kinds: Columns[str] = Columns(names.exact, [(name, _spark_kind(kind)) for name, kind in names.items()])
    found = _find(kinds, label_col, prediction, text_col)
    columns: dict[str, Column] = {}
    for role, name in found.items():
        column = F.col(quoted(name))
        if kinds[name] == STRUCT:
            inner = names[name]
            assert isinstance(inner, StructType)
            columns |= {_ANSWERS[f.name]: column[f.name] for f in inner.fields if f.name in _ANSWERS}
        elif role == ANNOTATIONS:
            columns[role] = F.transform(column, lambda a: F.struct(a["result"], a["metadata"]))
        elif role == TEXT:
            columns[role] = F.substring(column.cast("string"), 1, TEXT_LENGTH)
        else:
            columns[role] = column
    if CONFIDENCE in columns:
        # In csv all are texts; one that is no number is none.
        texts = CONFIDENCE in found and kinds[found[CONFIDENCE]] == WORDS
        number = F.expr(f"try_cast({quoted(found[CONFIDENCE])} AS DOUBLE)") if texts else columns[CONFIDENCE]
        columns[CONFIDENCE] = number.cast("double")
    if SCORES in columns:
        texts = SCORES in found and kinds[found[SCORES]] == WORDS
        kind = "map<string,double>"
        columns[SCORES] = F.from_json(columns[SCORES], kind) if texts else columns[SCORES].cast(kind)
    if GIVEN in found and kinds[found[GIVEN]] == WORDS:
        # As `sparkcls classify` writes them to csv; other texts are null, and the label counts.
        columns[GIVEN] = F.from_json(columns[GIVEN], "array<string>")
    frame = data.select(*(column.alias(role) for role, column in columns.items()))
    return Found(frame, {field.name: _spark_kind(field.dataType) for field in frame.schema.fields})


def _of_pandas(data: pd.DataFrame, label_col: str, prediction: str | None, text_col: str | None) -> Found:
    check_names(data)
    # What a column holds is looked at where it is meant.
    found = _find(Columns(True, [(str(name), "") for name in data.columns]), label_col, prediction, text_col)
    by_name = {str(name): name for name in data.columns}
    values = {role: data[by_name[name]] for role, name in found.items()}
    if TEXT in values:
        values[TEXT] = values[TEXT].map(lambda v: v[:TEXT_LENGTH] if isinstance(v, str) else None)
    if GIVEN in values:
        values[GIVEN] = _parsed(values[GIVEN])
    table = arrow_table(pd.DataFrame({role: column.map(_clean) for role, column in values.items()}))
    kinds = {field.name: _arrow_kind(field.type) for field in table.schema}
    given = prediction if prediction in found.values() else None
    if given is not None and kinds.get(LABEL) == LIST:
        table, kinds = (
            table.rename_columns([GIVEN if n == LABEL else n for n in table.column_names]),
            {GIVEN if role == LABEL else role: kind for role, kind in kinds.items()},
        )
    if LABEL in kinds and kinds[LABEL] not in _FITTING[LABEL]:
        raise ColumnError(_unfit(found[LABEL], kinds[LABEL]))
    strange = [role for role in (CONFIDENCE, SCORES, GIVEN, ERROR) if role in kinds and not _is_own(role, kinds[role])]
    kept = [role for role in kinds if role not in strange]
    return Found(table.select(kept), {role: kinds[role] for role in kept})


def _is_own(role: str, kind: str) -> bool:
    """Whether a column of pandas that is called like one of `classify` is one."""
    return kind in _FITTING[role] and not (role in (CONFIDENCE, SCORES, GIVEN) and kind == WORDS)


def _parsed(column: pd.Series) -> pd.Series:
    """Lists of labels, where a column has them as JSON, as csv does; else the column as it is."""
    texts = [value for value in column if isinstance(value, str)]
    if not texts or not all(text.startswith("[") for text in texts):
        return column
    try:
        return column.map(lambda value: json.loads(value) if isinstance(value, str) else None)
    except ValueError:
        return column


def _clean(value: Any) -> Any:
    """A text that Arrow takes; other values as they are."""
    return replace_surrogates(value) if isinstance(value, str) else value


def _find(kinds: Columns[str], label_col: str, prediction: str | None, text_col: str | None) -> dict[str, str]:
    """Names of columns by what they are here. An empty kind is not known yet, and fits."""
    for what, name in (("gold labels (label_col)", label_col), ("texts (text_col)", text_col)):
        if name is not None and name not in kinds:
            raise ColumnError(f"evaluate: there is no column {name!r} of {what}; there are {_listed(kinds, name)}")
    found = {GOLD: kinds.actual(label_col) or label_col}
    if text_col is not None:
        found[TEXT] = kinds.actual(text_col) or text_col
    if prediction is not None and prediction in kinds:
        name = kinds.actual(prediction) or prediction
        if name == found[GOLD]:
            raise ColumnError(f"evaluate: {name!r} is both the gold labels and the answers")
        kind = kinds[name]
        if kind == NOTES:
            return found | {ANNOTATIONS: name}
        if kind == LIST:
            return found | {GIVEN: name}
        if kind not in (*_FITTING[LABEL], STRUCT, ""):
            raise ColumnError(_unfit(name, kind))
        found[LABEL] = name
        if name.endswith("label") and kind != STRUCT:
            # Its companions, made by the same call.
            found |= _companions(kinds, name.removesuffix("label"), skip=set(found.values()))
        return found
    prefix = prediction or ""
    name = kinds.actual(f"{prefix}label")
    if name is None or name == found[GOLD]:
        also = (
            f"; the column {name!r} holds the gold labels. Give the answers another name: "
            "classify(..., prefix='predicted_') and prediction='predicted_'"
            if name is not None
            else f"; there are {_listed(kinds, prefix + 'label')}"
        )
        raise ColumnError(
            f"evaluate: no answers found: there is no column {prediction!r}, and none {prefix + 'label'!r} of answers "
            f"as sparkcls.classify adds{also}"
            if prediction
            else f"evaluate: no answers found: prediction= is the column with the answers, the prefix of the columns "
            f"that sparkcls.classify added, or a classifier; without it the column 'label' is read{also}"
        )
    if kinds[name] not in (*_FITTING[LABEL], ""):
        raise ColumnError(_unfit(name, kinds[name]))
    return found | {LABEL: name} | _companions(kinds, prefix, skip=set(found.values()))


def _companions(kinds: Columns[str], prefix: str, skip: set[str]) -> dict[str, str]:
    found = {}
    for name, role in _ANSWERS.items():
        actual = kinds.actual(prefix + name)
        fits = actual is not None and kinds[actual] in (*_FITTING[role], "")
        if actual is not None and fits and actual not in skip and role != LABEL:
            found[role] = actual
    return found


def _unfit(name: str, kind: str) -> str:
    return (
        f"evaluate: the column {name!r} cannot be read as answers: it is of the kind {kind!r}. Answers are a column of "
        "labels, an array of labels, a category column of a pipeline (in a Spark DataFrame), or the columns that "
        "sparkcls.classify adds, by their prefix"
    )


def _listed(kinds: Columns[str], wanted: str) -> str:
    near = difflib.get_close_matches(wanted, list(kinds), n=1)
    return (", ".join(map(repr, kinds)) or "none") + (f". Is {near[0]!r} meant?" if near else "")


def _spark_kind(kind: DataType) -> str:
    if is_annotations(kind):
        return NOTES
    for found, types in ((WORDS, StringType), (NUMBERS, NumericType), (LIST, ArrayType), (MAP, MapType)):
        if isinstance(kind, types):
            return found
    if isinstance(kind, StructType):
        return STRUCT if "label" in kind.names else OTHER
    return NOTHING if isinstance(kind, NullType) else WORDS if kind.simpleString() in ("boolean", "date") else OTHER


def _arrow_kind(kind: pa.DataType) -> str:
    checks: dict[str, Callable[[pa.DataType], bool]] = {
        NOTHING: pa.types.is_null,
        NUMBERS: lambda k: pa.types.is_integer(k) or pa.types.is_floating(k) or pa.types.is_decimal(k),
        MAP: pa.types.is_map,
        LIST: lambda k: pa.types.is_list(k) or pa.types.is_large_list(k),
        WORDS: lambda k: pa.types.is_string(k) or pa.types.is_large_string(k) or pa.types.is_boolean(k),
    }
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return next((name for name, check in checks.items() if check(kind)), OTHER)
