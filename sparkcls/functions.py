"""Functions over annotation columns: plain values of a classifier's, and those of `sparknlp.functions`.

`label`, `confidence`, `scores` and `top_k` are Spark's own expressions. Of Spark NLP are the names and arguments of the
others; a function given to them gets and returns lists of `Annotation` and runs row by row in a Python worker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType

from sparkcls.annotation import RESERVED, TYPE_KEY, Annotation
from sparkcls.errors import ColumnError, ParamError, ParamTypeError
from sparkcls.spark.columns import column_metadata, is_annotations, mark_annotations, put_column, quoted

AnnotationFunction = Callable[[list[Annotation]], Iterable[Any]]

__all__ = [
    "as_annotations",
    "confidence",
    "explode_annotations_col",
    "filter_by_annotations_col",
    "label",
    "map_annotations",
    "map_annotations_array",
    "map_annotations_col",
    "map_annotations_cols",
    "map_annotations_strict",
    "scores",
    "top_k",
]


def map_annotations(f: AnnotationFunction, output_type: DataType) -> Callable[..., Column]:
    """A UDF that applies `f` to an annotation column; annotations in its result become rows."""
    # Lambdas, because from pyspark 4.3 on udf reads type hints and warns of those it does not know.
    return F.udf(lambda content: _to_rows(f(_from_rows(content))), output_type)


def map_annotations_strict(f: AnnotationFunction) -> Callable[..., Column]:
    """A UDF that applies `f`, whose result is annotations, to an annotation column."""
    return map_annotations(f, Annotation.arrayType())


def map_annotations_array(f: AnnotationFunction, output_type: DataType) -> Callable[..., Column]:
    """A UDF that applies `f` to the annotations of an array of annotation columns, joined."""
    return F.udf(lambda contents: _to_rows(f([a for c in contents or [] for a in _from_rows(c)])), output_type)


def map_annotations_col(
    dataframe: DataFrame,
    f: AnnotationFunction,
    column: str,
    output_column: str,
    annotatyon_type: str,
    output_type: DataType | None = None,
) -> DataFrame:
    """The DataFrame with `f` of an annotation column as another one of a type.

    `annotatyon_type` is spelt like that in Spark NLP, and callers pass it by name. `output_type` is
    annotations by default.
    """
    function = map_annotations(f, output_type or Annotation.arrayType())
    return put_column(dataframe, output_column, function(_referred(dataframe, column)), {TYPE_KEY: annotatyon_type})


def map_annotations_cols(
    dataframe: DataFrame,
    f: AnnotationFunction,
    columns: Sequence[str],
    output_column: str,
    annotatyon_type: str,
    output_type: DataType | None = None,
) -> DataFrame:
    """Like `map_annotations_col` over the annotations of several columns, joined."""
    function = map_annotations_array(f, output_type or Annotation.arrayType())
    joined = F.array(*(_referred(dataframe, c) for c in columns))
    return put_column(dataframe, output_column, function(joined), {TYPE_KEY: annotatyon_type})


def filter_by_annotations_col(dataframe: DataFrame, f: Callable[[Any], bool], column: str) -> DataFrame:
    """The rows for which `f` of the column's value (a list of Rows) is true."""
    return dataframe.filter(F.udf(f, "boolean")(_referred(dataframe, column)))


def explode_annotations_col(dataframe: DataFrame, column: str, output_column: str) -> DataFrame:
    """One row per annotation of a column, in `output_column`; rows without annotations disappear."""
    return dataframe.withColumn(output_column, F.explode(_referred(dataframe, column)))


def as_annotations(dataframe: DataFrame, column: str, annotator_type: str) -> DataFrame:
    """The DataFrame with a column marked as an annotation column, where the column's metadata got lost.

    ORC files, `filter` and `transform` over the array, explode with collect_list, and groupBy lose them. Spark NLP has
    no such function; ``alias(name, metadata={"annotatorType": "token"})`` does as well, without the check.

    Parameters
    ----------
    column
        Its name.
    annotator_type
        ``document``, ``token``, ``category``, ... A job fails at a row that holds annotations of another type.

    Raises
    ------
    ColumnError
        There is no such column, or it is not an array of annotations.
    """
    name = column_metadata(dataframe).actual(column)
    field = next((f for f in dataframe.schema.fields if f.name == name), None)
    if field is None or not is_annotations(field.dataType):
        what = f"is a column of {field.dataType.simpleString()}" if field else "does not exist"
        raise ColumnError(f"as_annotations: {column!r} {what}; expected {Annotation.arrayType().simpleString()}")
    return mark_annotations(dataframe, field.name, annotator_type)


def _referred(dataframe: DataFrame, column: Any) -> Column:
    """A column by its name, or a field inside of one as in ``token.result``; a Column as it is."""
    if not isinstance(column, str):
        return column
    names = column_metadata(dataframe)
    first, dot, _ = column.partition(".")
    literally = column in names and not (dot and first in names)
    return F.col(quoted(column) if literally else column)


def _from_rows(content: Sequence[Any] | None) -> list[Annotation]:
    return [Annotation.fromRow(row) for row in content or [] if row is not None]


def _to_rows(result: Iterable[Any]) -> list[Any]:
    return [Annotation.toRow(item) if isinstance(item, Annotation) else item for item in result]


def label(col: Any) -> Column:
    """The label of each row of a classifier's column: that with the largest score, null where there is none.

    Where a row has several sentences, the first with a label counts.

    Parameters
    ----------
    col
        The column of categories, by name or as a Column.
    """
    return _best(col)["label"]


def confidence(col: Any) -> Column:
    """The score of `label`, as a double; null where there is none."""
    return -_best(col)["minus"]


def scores(col: Any, labels: Sequence[str] | None = None) -> Column:
    """Every label's score, as a ``map<string,double>``; null where there is no label.

    A multi-label classifier leaves no annotation where no label is over the threshold; `sparkcls.classify` has the
    scores of such rows too.

    Parameters
    ----------
    col
        The column of categories, by name or as a Column.
    labels
        The labels, ``classifier.getClasses()`` (of a zero-shot classifier its candidate labels): needed where one of
        them is called ``sentence``, ``truncated``, ``windows`` or ``error``, which are otherwise not taken for labels.
    """
    known = list(labels) if labels is not None else None
    metadata = F.get(_categories(col), F.lit(0))["metadata"]
    kept = F.map_filter(metadata, lambda key, _: key.isin(known) if known is not None else ~key.isin(*RESERVED))
    return F.transform_values(kept, lambda _, score: score.cast("double"))


def top_k(col: Any, k: int) -> Column:
    """The k labels with the largest scores, largest first: ``array<struct<label:string,score:double>>``.

    Of equal scores that of the earlier label comes first. Null where there is no label.

    Parameters
    ----------
    col
        The column of categories, by name or as a Column.
    k
        How many, from 1; fewer if there are fewer labels.

    Raises
    ------
    ParamTypeError, ParamError
        `k` is not a whole number from 1.
    """
    if isinstance(k, bool) or not isinstance(k, int):
        raise ParamTypeError(f"top_k(col, k): k takes an int, got {k!r}")
    if k < 1:
        raise ParamError(f"top_k(col, k): k must be at least 1, got {k}")
    entries = F.map_entries(scores(col))
    ranked = F.array_sort(
        F.transform(entries, lambda e, i: F.struct((-e["value"]).alias("minus"), i, e["key"].alias("label")))
    )
    return F.transform(
        F.slice(ranked, 1, k), lambda e: F.struct(e["label"].alias("label"), (-e["minus"]).alias("score"))
    )


def _categories(col: Any) -> Column:
    """The annotations that are labels; a text that failed has one with an empty result."""
    return F.filter(F.col(col) if isinstance(col, str) else col, lambda a: a["result"] != "")


def _best(col: Any) -> Column:
    """The label with the largest score of the first sentence that has any, as a struct with the score's opposite."""
    found = _categories(col)
    first = F.get(found, F.lit(0))
    of_first = F.filter(found, lambda a: (a["begin"] == first["begin"]) & (a["end"] == first["end"]))

    def ranked(a: Column, i: Column) -> Column:
        score = F.try_element_at(a["metadata"], a["result"]).cast("double")
        # The least comes first: the largest score, and of equal ones the first.
        return F.struct((-score).alias("minus"), i.alias("at"), a["result"].alias("label"))

    return F.array_min(F.transform(of_first, ranked))
