"""Columns of annotations and functions over their rows. Workers import this, so it does without `pyspark.ml`."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StructType

from sparkcls.annotation import FIELDS, TYPE_KEY, Annotation
from sparkcls.spark.column_names import Columns, names_are_exact

#: Input annotations of one row, one list per input column, in the order of the input types.
Row = Sequence[list[Annotation]]
#: A row function: the annotations of many rows in, those of the output column out, one entry each.
RowFunction = Callable[[Sequence[Row]], list[list[Annotation]]]
#: Column metadata by column name. An annotation column whose metadata got lost has None as the annotation type.
ColumnMetadata = Columns[dict[str, Any]]


def column_metadata(dataset: DataFrame) -> ColumnMetadata:
    """Column metadata of a DataFrame, by column name."""
    items = []
    for field in dataset.schema.fields:
        lost = {TYPE_KEY: None} if is_annotations(field.dataType) else {}
        items.append((field.name, lost | dict(field.metadata or {})))
    return Columns(names_are_exact(dataset.sparkSession), items)


def is_annotations(kind: DataType) -> bool:
    """Whether a column of this type can only be an annotation column."""
    element = kind.elementType if isinstance(kind, ArrayType) else None
    return isinstance(element, StructType) and tuple(element.names) == FIELDS


def mark_annotations(dataset: DataFrame, name: str, kind: str) -> DataFrame:
    """The DataFrame with a column marked as annotations of a type; a job fails at a row that holds other ones."""
    column = F.col(quoted(name))
    others = F.filter(column["annotatorType"], lambda t: t != kind)
    first = F.get(others, F.lit(0))
    message = F.concat(F.lit(f"sparkcls: the column {name!r} was to hold {kind} annotations, but holds "), first)
    checked = F.when(F.size(others) > 0, F.raise_error(message)).otherwise(column)
    return put_column(dataset, name, checked, {TYPE_KEY: kind})


def restored(dataset: DataFrame, metadata: ColumnMetadata, columns: Sequence[str], kinds: Sequence[str]) -> DataFrame:
    """The DataFrame with the types of annotation columns put back where they got lost."""
    for name, kind in zip(columns, kinds, strict=True):
        if not metadata[name].get(TYPE_KEY):
            dataset = mark_annotations(dataset, name, kind)
    return dataset


def put_column(dataset: DataFrame, name: str, column: Column, metadata: dict[str, Any], owner: str = "") -> DataFrame:
    """The DataFrame with a column of this name added, or replaced, and its metadata set.

    Parameters
    ----------
    owner
        The stage whose output it is: it warns if that takes the place of a column that is not annotations.
    """
    columns = column_metadata(dataset)
    if name not in columns:
        return dataset.select("*", column.alias(name, metadata=metadata))
    if owner and TYPE_KEY not in columns[name]:
        warn_of_replacing(owner, columns.actual(name) or name, "setOutputCol")
    # On Spark Connect withColumn drops an alias's metadata, and withMetadata fails on a name with a dot.
    replaced = dataset.withColumn(name, column)
    return replaced.select(
        *(
            F.col(quoted(c)).alias(c, metadata=metadata) if columns.same(c, name) else F.col(quoted(c))
            for c in replaced.columns
        )
    )


def warn_of_replacing(owner: str, name: str, setter: str) -> None:
    """Warn that a stage's output takes the place of a column that is not its own."""
    warnings.warn(
        f"{owner}: there is a column {name!r} already, and the stage's output takes its place. If it is needed (a "
        f"label to compare with, for example), call {setter} with another name, or rename the column first",
        stacklevel=4,
    )


def nullable(column: Column) -> Column:
    """A column that is never null, declared as one that may be: what Spark NLP declares.

    Through a condition that the analyzer does not see through, and that Spark does not warn of, as it does of 0 = 0.
    """
    return F.when(F.expr("0 < 1"), column)


def as_unicode(text: Column) -> Column:
    """A column of strings through UTF-16 and back: bytes that are not UTF-8, which end jobs in Arrow, become U+FFFD."""
    return F.decode(F.encode(text, "UTF-16BE"), "UTF-16BE")


def quoted(name: str) -> str:
    """A column name as an identifier, so that dots and spaces in it are taken literally."""
    return "`" + name.replace("`", "``") + "`"
