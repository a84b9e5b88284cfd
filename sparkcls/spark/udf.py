"""A row function as an Arrow pandas UDF."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import pandas as pd
from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf

from sparkcls.annotation import Annotation
from sparkcls.spark.chunks import LARGEST_BESIDE, Chunks
from sparkcls.spark.columns import Row, RowFunction, quoted
from sparkcls.spark.counts import counter_of_task
from sparkcls.spark.observing import ANNOTATIONS, COUNTED, counted_rows

_ANNOTATION_FIELDS = 4
#: Without a backslash, which a conf of Spark's parser gives another meaning.
_NOT_BLANK = "[^ ]"


def annotate_column(
    factory: Callable[[], RowFunction],
    columns: list[str],
    types: tuple[str, ...],
    once: bool = False,
    whole_metadata: bool = False,
    counted: bool = False,
) -> Column:
    """The output column of a row function over annotation columns.

    Parameters
    ----------
    factory
        Called once per task in the Python worker. It is pickled: it holds values, never a stage.
    columns
        Names of annotation columns.
    types
        The annotation type of each column.
    once
        Whether no query may evaluate it twice, at the price that filters on other columns are not
        pushed below it and that `show` evaluates whole chunks.
    whole_metadata
        Whether the row function reads more of the metadata than the key ``sentence``.
    counted
        Whether the row function's figures go with the annotations.

    Returns
    -------
    A column of `Annotation.arrayType`, never null; with `counted` of type `COUNTED`.
    """
    arguments = [F.expr(f"exists({quoted(columns[0])}['result'], text -> text RLIKE '{_NOT_BLANK}')")]
    for name in columns:
        arguments += _arguments(name, whole_metadata)

    def annotate(batches: Iterator[tuple[pd.Series, ...]]) -> Iterator[pd.Series]:
        def read(series: tuple[pd.Series, ...]) -> list[Row]:
            groups = [series[i : i + _ANNOTATION_FIELDS] for i in range(1, len(series), _ANNOTATION_FIELDS)]
            return list(zip(*(_read(k, g, whole_metadata) for k, g in zip(types, groups, strict=True)), strict=True))

        for function, written in run(factory, Chunks(batches, read)):
            rows = pd.Series([[a.as_dict() for a in row] for row in written], dtype=object)
            # For pyspark's reading of the annotation above a DataFrame is as good as a Series.
            yield counted_rows(pd.DataFrame({ANNOTATIONS: rows}), function) if counted else rows  # type: ignore[misc]

    # pyspark's overloads stop at iterators of a few Series; its documentation does not.
    returned = COUNTED if counted else Annotation.arrayType()
    column: Column = pandas_udf(annotate, returned)(*arguments)  # type: ignore[call-overload]
    return only_once(column) if once else column


def run(factory: Callable[[], Any], rows: Chunks) -> Iterator[tuple[Any, Any]]:
    """The row function, and what it gives for each chunk. Without any it is not made: that loads no model.

    Rows of a factory that has a true ``scores_rows`` are counted for `sparkcls.progress`.
    """
    left = iter(rows)
    first = next(left, None)
    if first is None:
        return
    counter = counter_of_task() if getattr(factory, "scores_rows", False) else None
    function: Any = factory()
    if _is_beside(function):
        rows.largest = LARGEST_BESIDE
    all_rows: Iterator[list[Row]] = chain([first], left)
    if counter is not None:
        all_rows = counter.reading(all_rows)
    results = over(function, all_rows)
    try:
        for written in results if counter is None else counter.scoring(results):
            yield function, written
    finally:
        # A limit ends the task before the rows end.
        if hasattr(function, "close"):
            function.close()


def over(function: Any, rows: Iterator[list[Row]]) -> Iterator[Any]:
    """What a row function gives for each chunk; one that computes on another device prepares the next meanwhile."""
    return _overlapped(function, rows) if _is_beside(function) else map(function, rows)


def _is_beside(function: Any) -> bool:
    """Whether a row function computes on another device than the CPU."""
    return getattr(function, "overlaps", False)


def _overlapped(function: Any, rows: Iterator[list[Row]]) -> Iterator[Any]:
    """Prepare each chunk beside the model's work on the one before."""
    with ThreadPoolExecutor(1) as thread:
        prepared = None
        for chunk in rows:
            ahead = thread.submit(function.prepare, chunk)
            if prepared is not None:
                yield function.finish(prepared.result())
            prepared = ahead
        if prepared is not None:
            yield function.finish(prepared.result())


def has_text(text: Column) -> Column:
    """Whether a text is not blank. As an argument of a UDF its value is not used; its *kind* keeps the UDF from
    running twice.

    From Spark 4.2 the optimizer does not copy a filter's aliases below the projection if they hold an
    expression that it takes for expensive, which it takes regular expressions for but not Python UDFs
    (SPARK-47672). With one among the arguments, a filter on the output, or an explode, evaluates the
    UDF once, and unlike with a nondeterministic UDF other filters and limits still go below it.
    """
    return text.rlike(_NOT_BLANK)


def only_once(column: Column) -> Column:
    """The column under a nondeterministic condition that is always true: the optimizer then never copies it."""
    return F.when(F.expr("spark_partition_id() >= 0"), column)


def _arguments(name: str, whole_metadata: bool) -> list[Column]:
    """The parts of an annotation column that row functions read, as flat arrays.

    Structs and maps would cross to Python as objects, one by one.
    """
    column = quoted(name)
    if whole_metadata:
        metadata = "to_json(a['metadata'], map('ignoreNullFields', 'false'))"
    else:
        # try_element_at: a missing key is null under ANSI mode too.
        metadata = "try_element_at(a['metadata'], 'sentence')"
    fields = (f"{column}['{field}']" for field in ("result", "begin", "end"))
    # As SQL: on classic Spark each call of a function takes a dozen round trips to the JVM.
    return [*map(F.expr, fields), F.expr(f"transform({column}, a -> {metadata})")]


def _read(kind: str, group: Sequence[pd.Series], whole_metadata: bool) -> list[list[Annotation]]:
    """Annotations of every row of a batch. A null row has none; what lacks its text or offsets is left out."""

    def metadata_of(value: str | None) -> dict[str, str]:
        if value is None:
            return {}
        return json.loads(value) if whole_metadata else {"sentence": value}

    return [
        []
        if results is None
        else [
            Annotation(kind, int(begin), int(end), result, metadata_of(value))
            for result, begin, end, value in zip(results, begins, ends, values, strict=True)
            if result is not None and not pd.isna(begin) and not pd.isna(end)
        ]
        for results, begins, ends, values in zip(*group, strict=True)
    ]
