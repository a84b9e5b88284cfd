"""Classifiers as functions of Spark SQL: ``SELECT sentiment(text).label FROM reviews``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pandas as pd
from pyspark.ml import Transformer
from pyspark.sql import SparkSession
from pyspark.sql.pandas.functions import pandas_udf
from pyspark.sql.types import (
    ArrayType,
    DataType,
    DoubleType,
    IntegerType,
    MapType,
    StringType,
    StructField,
    StructType,
)

from sparkcls.errors import ParamError, ParamTypeError
from sparkcls.pipelines.chaining import chain_of, usual_stages
from sparkcls.pipelines.walk import text_stages
from sparkcls.rows.answers import ANSWER, as_structs
from sparkcls.rows.chain import Chain
from sparkcls.rows.delivery import delivered
from sparkcls.spark.chunks import Chunks
from sparkcls.spark.column_names import names_are_exact
from sparkcls.spark.udf import run
from sparkcls.stages.sequence_classifier import SequenceClassifier

#: Where Spark's own functions are defined.
_BUILT_IN = "org.apache.spark.sql.catalyst."


def _answer_type() -> StructType:
    """Spark type of an answer."""
    kinds: list[DataType] = [StringType(), DoubleType(), ArrayType(StringType()), MapType(StringType(), DoubleType())]
    return StructType(
        [StructField(name, kind) for name, kind in zip(ANSWER, [*kinds, IntegerType(), StringType()], strict=True)]
    )


def register(spark: SparkSession, name: str, model: Any) -> Callable[..., Any]:
    """Make a classifier a function of Spark SQL, for this session; an earlier one of the name is replaced.

    ``name(text)`` takes a STRING and gives a struct, which is never NULL itself:

    =============  ======================  ==========================================================================
    ``label``      ``STRING``              the category with the largest score; NULL where there is none
    ``score``      ``DOUBLE``              its score: a probability, or with activation ``none`` the raw score
    ``labels``     ``ARRAY<STRING>``       all categories: several with `multilabel`, and one a sentence
    ``scores``     ``MAP<STRING,DOUBLE>``  each label's score, for the first sentence that has a category, else for the
                                           first that was scored
    ``truncated``  ``INT``                 wordpieces that did not fit
    ``error``      ``STRING``              why the text could not be processed; NULL where it could
    =============  ======================  ==========================================================================

    All fields are NULL for a NULL text. A blank text has no category: ``labels`` and ``scores`` are empty.

    Parameters
    ----------
    spark
        The session, classic or Connect.
    name
        Letters, digits and underscores, and no name of Spark's own functions.
    model
        A classifier stage, which reads the text as one document, whatever its `inputCols`; or a fitted `PipelineModel`
        that ends in one. Its Params as they are now count.

    Returns
    -------
    The function over columns: ``sentiment("text")["label"]``.

    Raises
    ------
    ParamError, ParamTypeError
        The name or the model cannot be used.
    ColumnError
        A stage reads a column that no earlier stage makes.

    Notes
    -----
    As in a LightPipeline `explodeSentences` and the DocumentAssembler's `idCol` and `metadataCol` have no effect; as in
    a DataFrame `lazyAnnotator` has none. Where a row has several sentences, `setCoalesceSentences(True)` on the
    classifier gives them one averaged result. Neither `scoring` nor `metrics` acts: Spark may score a row once for each
    clause of a query that names the function; ``docs/scoring.md`` tells which queries score it once.

    Examples
    --------
    >>> sparkcls.sql.register(spark, "sentiment", classifier)  # doctest: +SKIP
    >>> spark.sql("SELECT sentiment(text).label, count(*) FROM reviews GROUP BY 1")  # doctest: +SKIP
    """
    if not hasattr(spark, "udf"):
        raise ParamTypeError(f"register(spark, name, model) takes a SparkSession first, got {type(spark).__name__}")
    _check_name(spark, name)
    chain = chain_of(name, _stages_of(model), names_are_exact(spark))
    return spark.udf.register(name, _as_udf(replace(chain, scoring=delivered(chain.scoring, spark))))


def _check_name(spark: SparkSession, name: Any) -> None:
    if not isinstance(name, str):
        raise ParamTypeError(f"register: the name of a function is a str, got {name!r}")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ParamError(
            f"register: {name!r} is no name of a SQL function; use letters, digits and underscores, and no digit first"
        )
    if spark.catalog.functionExists(name):
        found = spark.catalog.getFunction(name).className or ""
        if found.startswith(_BUILT_IN):
            raise ParamError(
                f"register: Spark has a function {name} of its own, which would be hidden; use another name"
            )


def _stages_of(model: Any) -> list[Transformer]:
    """The stages from text to categories."""
    if isinstance(model, SequenceClassifier):
        if model.reads_pairs():
            raise ParamTypeError("register takes a classifier of single texts; this one reads pairs")
        return usual_stages(model)
    return text_stages("register", model, or_else="a classifier stage or ")[1]


def _as_udf(chain: Chain) -> Any:
    def classify(batches: Iterator[pd.Series]) -> Iterator[pd.DataFrame]:
        try:
            rows = Chunks(_columns(batches, chain.name), chain.read)
            for _, found in run(chain, rows):
                yield as_structs(found, chain.labels)
        except ParamTypeError as e:
            # Spark shows the traceback to whoever wrote the query; our own lines would hide what is wrong.
            raise ParamTypeError(str(e)) from None

    return pandas_udf(classify, _answer_type())  # type: ignore[call-overload]


def _columns(batches: Iterator[Any], name: str) -> Iterator[tuple[pd.Series]]:
    """The one column of each batch. Spark looks neither at the number nor at the types of a function's arguments."""

    def one(count: int) -> ParamTypeError:
        return ParamTypeError(f"{name}(text) takes one argument, got {count}; write {name}(column)")

    try:
        for batch in batches:
            if isinstance(batch, tuple):
                raise one(len(batch))
            yield (batch,)
    except IndexError:
        # Spark 3.5 counts the rows of the first argument.
        raise one(0) from None
