"""The annotation: one element of every column that a stage writes.

Field names, order and nullability are those of Spark NLP, so that downstream code keeps working.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import Row
    from pyspark.sql.types import ArrayType, StructType

DOCUMENT = "document"
TOKEN = "token"
CATEGORY = "category"

#: Key in a column's metadata that names the annotation type, as in Spark NLP.
TYPE_KEY = "annotatorType"

#: Keys of a category's metadata that are no labels.
RESERVED = ("sentence", "truncated", "windows", "error")

FIELDS = ("annotatorType", "begin", "end", "result", "metadata", "embeddings")


@dataclass(slots=True, repr=False)
class Annotation:
    """A piece of text, or what was said about it.

    Parameters
    ----------
    annotatorType
        ``document``, ``token``, ``category``, ...
    begin, end
        Index of the first and of the *last* character in the document, in UTF-16 code units (the
        unit of Java strings, which Spark NLP uses). Empty text has ``begin=0, end=-1``.
    result
        The text itself, or for a category its label.
    metadata
        String to string; ``sentence`` is the index of the sentence in its row.
    embeddings
        Always empty in this package; the field exists because Spark NLP's schema has it.
    """

    annotatorType: str
    begin: int
    end: int
    result: str | None
    metadata: dict[str, str] = field(default_factory=dict)
    embeddings: list[float] = field(default_factory=list)

    def __repr__(self) -> str:
        values = ", ".join(str(getattr(self, name)) for name in FIELDS)
        return f"Annotation({values})"

    def copy(self, result: str) -> Annotation:
        """The same annotation with another result."""
        return Annotation(self.annotatorType, self.begin, self.end, result, self.metadata, self.embeddings)

    def as_dict(self) -> dict[str, Any]:
        """The fields by name, in the form that Arrow takes for a struct."""
        return {name: getattr(self, name) for name in FIELDS}

    @staticmethod
    def dataType() -> StructType:
        """Spark type of one annotation; offsets are never null, the other fields may be."""
        from pyspark.sql.types import (
            ArrayType,
            FloatType,
            IntegerType,
            MapType,
            StringType,
            StructField,
            StructType,
        )

        return StructType(
            [
                StructField("annotatorType", StringType(), True),
                StructField("begin", IntegerType(), False),
                StructField("end", IntegerType(), False),
                StructField("result", StringType(), True),
                StructField("metadata", MapType(StringType(), StringType(), True), True),
                StructField("embeddings", ArrayType(FloatType(), False), True),
            ]
        )

    @staticmethod
    def arrayType() -> ArrayType:
        """Spark type of an annotation column."""
        from pyspark.sql.types import ArrayType

        return ArrayType(Annotation.dataType(), True)

    @staticmethod
    def fromRow(row: Row) -> Annotation:
        """The annotation held by a Row of an annotation column, read by field names."""
        return Annotation(
            row["annotatorType"],
            row["begin"],
            row["end"],
            row["result"],
            dict(row["metadata"] or {}),
            list(row["embeddings"] or []),
        )

    @staticmethod
    def toRow(annotation: Annotation) -> Row:
        """The Row, by position, of an annotation."""
        from pyspark.sql import Row

        return Row(*(getattr(annotation, name) for name in FIELDS))
