"""Columns of annotations and functions over their rows. Workers import this, so it does without `pyspark.ml`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from sparkcls.annotation import Annotation

#: Input annotations of one row, one list per input column, in the order of the input types.
Row = Sequence[list[Annotation]]
#: A row function: the annotations of many rows in, those of the output column out, one entry each.
RowFunction = Callable[[Sequence[Row]], list[list[Annotation]]]
#: Column metadata by column name.
ColumnMetadata = Mapping[str, Mapping[str, Any]]


def schema_metadata(schema: StructType) -> dict[str, dict[str, Any]]:
    """Column metadata of a DataFrame, by column name."""
    return {field.name: dict(field.metadata or {}) for field in schema.fields}


def put_column(dataset: DataFrame, name: str, column: Column, metadata: dict[str, Any]) -> DataFrame:
    """The DataFrame with a column of this name added, or replaced, and its metadata set."""

    def is_it(other: str) -> bool:
        return other.lower() == name.lower()

    if not any(map(is_it, dataset.columns)):
        return dataset.select("*", column.alias(name, metadata=metadata))
    # On Spark Connect withColumn drops an alias's metadata, and withMetadata fails on a name with a dot.
    replaced = dataset.withColumn(name, column)
    return replaced.select(
        *(F.col(quoted(c)).alias(c, metadata=metadata) if is_it(c) else F.col(quoted(c)) for c in replaced.columns)
    )


def nullable(column: Column) -> Column:
    """A column that is never null, declared as one that may be: what Spark NLP declares.

    Through a condition that the analyzer does not see through.
    """
    return F.when(F.lit(0) == F.lit(0), column)


def quoted(name: str) -> str:
    """A column name as an identifier, so that dots and spaces in it are taken literally."""
    return "`" + name.replace("`", "``") + "`"
