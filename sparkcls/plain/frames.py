"""Plain columns on a Spark DataFrame: one UDF from the text to all of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

import pandas as pd
from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf
from pyspark.sql.types import ArrayType, DoubleType, IntegerType, StringType, StructField, StructType

from sparkcls.errors import ColumnError, first_line
from sparkcls.plain.columns import Layout, not_there
from sparkcls.rows.answers import Answers
from sparkcls.rows.chain import Chain
from sparkcls.rows.delivery import delivered
from sparkcls.spark.chunks import Chunks
from sparkcls.spark.column_names import Columns, names_are_exact
from sparkcls.spark.columns import as_unicode, quoted
from sparkcls.spark.observing import FIGURES, Observed, counted_rows
from sparkcls.spark.udf import has_text, only_once, run

#: The column of the UDF, for as long as the others are made of it.
_STRUCT = "sparkcls: all that was said"
#: What the UDF gives for each field. The scores' names are put to them where that is cheap, in Spark.
_GIVEN = {
    "label": StringType(),
    "confidence": DoubleType(),
    "scores": ArrayType(DoubleType()),
    "labels": ArrayType(StringType()),
    "error": StringType(),
    "truncated": IntegerType(),
}


def add_columns(
    frame: DataFrame,
    columns: Sequence[str | Column],
    chain: Chain,
    layout: Layout,
    overwrite: bool,
    once: bool = False,
    observed: Observed | None = None,
) -> DataFrame:
    """The DataFrame with the columns of a layout added behind its own.

    Parameters
    ----------
    columns
        Of texts, as many as the chain reads.
    overwrite
        Whether columns of the same names make way.
    once
        See `sparkcls.spark.udf.annotate_column`.
    observed
        Gets the figures of what is done.

    Raises
    ------
    ColumnError
        A column is missing, there twice, or holds no strings; or one that would be added is there already.
    """
    session = frame.sparkSession
    exact = names_are_exact(session)
    texts = [_text_column(frame, column, exact) for column in columns]
    old = layout.replaced(frame.columns, exact, overwrite)
    chain = replace(chain, scoring=delivered(chain.scoring, session))
    said = _said(chain, layout.fields, counted=observed is not None)(has_text(texts[0]), *map(as_unicode, texts))
    scored = frame.select("*", (only_once(said) if once else said).alias(_STRUCT))
    if observed is not None:
        scored = observed.observe(scored, _STRUCT)
    values = [_value(field, chain).alias(field) for field in layout.fields]
    if layout.output is not None:
        values = [F.struct(*values).alias(layout.output)]
    else:
        values = [value.alias(name) for value, name in zip(values, layout.names(), strict=True)]
    return scored.drop(*old).select("*", *values).drop(_STRUCT)


def _said(chain: Chain, fields: Sequence[str], counted: bool) -> Any:
    """The UDF: a struct of `fields` of every text, with `counted` the figures too."""

    def classify(batches: Iterator[tuple[pd.Series, ...]]) -> Iterator[pd.DataFrame]:
        # The first argument only marks the call. A generator would keep a batch while the next one is made.
        for function, answers in run(chain, Chunks(map(itemgetter(slice(1, None)), batches), chain.read)):
            found = _as_frame(answers, fields)
            yield counted_rows(found, function) if counted else found

    kinds = [StructField(_given(name), _GIVEN[name]) for name in fields]
    return pandas_udf(classify, StructType([*kinds, *(FIGURES if counted else [])]))  # type: ignore[call-overload]


def _as_frame(answers: Answers, fields: Sequence[str]) -> pd.DataFrame:
    lists = {
        "label": answers.label,
        "labels": [None if row is None else given for row, given in zip(answers.scores, answers.labels, strict=True)],
        "scores": answers.scores,
        "error": answers.error,
        "truncated": [cut or None for cut in answers.truncated],
    }
    # Of objects, so that an integer beside a null stays one.
    return pd.DataFrame(
        {_given(name): pd.Series(lists[name], dtype=object) if name in lists else answers.confidence for name in fields}
    )


def _given(field: str) -> str:
    """The name in the UDF's struct, where figures have their names too."""
    return f"_{field}"


def _value(field: str, chain: Chain) -> Column:
    value = F.expr(f"{quoted(_STRUCT)}['{_given(field)}']")
    if field != "scores":
        return value
    return F.map_from_arrays(F.array(*map(F.lit, chain.labels)), value)


def _text_column(frame: DataFrame, column: str | Column, exact: bool) -> Column:
    """A column of strings by its name, a field inside of one as in ``review.text``, or a Column."""
    columns = Columns(exact, [(field.name, field.dataType) for field in frame.schema.fields])
    found = F.col(quoted(column)) if isinstance(column, str) and column in columns else column
    if isinstance(found, str):
        if "." not in found:
            raise ColumnError(not_there(found, list(columns)))
        found = F.col(found)
    try:
        kind = frame.select(found).schema.fields[0].dataType
    except AnalysisException as e:
        if isinstance(column, str) and column not in columns:
            raise ColumnError(not_there(column, list(columns))) from e
        raise ColumnError(f"The column of texts {column!r} cannot be read: {first_line(e)}") from e
    if not isinstance(kind, StringType):
        raise ColumnError(
            f"The column of texts must hold strings; {column!r} is a column of {kind.simpleString()}"
            + (f". Give F.col({column!r}).cast('string')" if isinstance(column, str) else "; cast it to string")
        )
    return found
