"""Figures of a classifier carried by Spark itself, beside its output: no listener, the same on Spark Connect."""

from __future__ import annotations

import threading
import uuid
from dataclasses import asdict, fields
from typing import Any

import pandas as pd
from pyspark.sql import Column, DataFrame, Observation
from pyspark.sql import functions as F
from pyspark.sql.types import DoubleType, LongType, StringType, StructField, StructType

from sparkcls.annotation import Annotation
from sparkcls.engine.figures import Figures
from sparkcls.errors import MetricsError
from sparkcls.spark.columns import put_column, quoted

#: Begins the names of observations; the output column follows.
PREFIX = "sparkcls."
ANNOTATIONS = "annotations"
#: Names of the parts of the machine that answered; a query may run on several kinds.
PLACES = ("device", "precision")
_COUNTS = {f.name: f.type == "float" for f in fields(Figures)}

#: What a counting UDF returns beside its answers: in the first row of each chunk what has been done since the last.
FIGURES = [
    *(StructField(name, DoubleType() if is_float else LongType()) for name, is_float in _COUNTS.items()),
    *(StructField(name, StringType()) for name in PLACES),
]
COUNTED = StructType([StructField(ANNOTATIONS, Annotation.arrayType()), *FIGURES])


def counted_rows(answers: pd.DataFrame, function: Any) -> pd.DataFrame:
    """What a counting UDF gives for some rows: the answers, and columns of `FIGURES`.

    Parameters
    ----------
    function
        A row function that has ``figures``, ``device`` and ``precision``.
    """
    done = {**asdict(function.figures.take()), "device": function.device, "precision": function.precision}
    rest = [None] * (len(answers) - 1)
    return answers.assign(**{name: pd.Series([value, *rest], dtype=object) for name, value in done.items()})


class Observed:
    """Figures of one transformed DataFrame: complete after its first action."""

    def __init__(self, output: str):
        self.name = f"{PREFIX}{output}"
        self._observation: Any = None
        self._waiting: _Waiting | None = None

    def put(
        self, dataset: DataFrame, output: str, counted: Column, metadata: dict[str, Any], owner: str = ""
    ) -> DataFrame:
        """Add an output column from a column of type `COUNTED`, and observe the figures beside it."""
        column = f"{output} and figures"
        counting = self.observe(dataset.withColumn(column, counted), column)
        return put_column(counting, output, F.col(quoted(column))[ANNOTATIONS], metadata, owner).drop(column)

    def observe(self, dataset: DataFrame, column: str) -> DataFrame:
        """The DataFrame with the `FIGURES` in a column observed."""

        def part(name: str) -> Column:
            return F.col(quoted(column))[name]

        expressions = [F.coalesce(F.sum(part(name)), F.lit(0)).alias(name) for name in _COUNTS]
        expressions += [f(part(name)).alias(f"{f.__name__}_{name}") for name in PLACES for f in (F.min, F.max)]
        if dataset.isStreaming:
            return dataset.observe(self.name, *expressions)
        # Two frames of one stage may meet in a union, where names must differ.
        self._observation = Observation(f"{self.name}.{uuid.uuid4().hex}")
        return dataset.observe(self._observation, *expressions)

    def get(self, timeout: float) -> dict[str, Any]:
        """The figures.

        Raises
        ------
        MetricsError
            No action on the DataFrame has ended within `timeout` seconds, or it is a stream.
        """
        if self._observation is None:
            raise MetricsError("A stream has figures for each micro-batch: call metrics with the streaming query")
        with _lock:
            waiting = self._waiting = self._waiting or _Waiting(self._observation)
        found = waiting.result(timeout)
        if waiting.ended and (not found or isinstance(found, Exception)):
            # On Spark Connect it does not wait: nothing yet. Ask again when asked again.
            self._waiting = None
        if not found:
            raise MetricsError(
                f"No action on the DataFrame that {self.name} stands for has ended yet: metrics are there after the "
                "first one, e.g. a write or collect"
            )
        if isinstance(found, Exception):
            raise MetricsError(f"Spark did not tell the metrics of {self.name}: {found}") from found
        return summary(found)


#: Two threads may ask for the same figures.
_lock = threading.Lock()


class _Waiting:
    """One thread that waits for an observation, however often it is asked.

    On classic Spark an observation waits for ever if there is no action.
    """

    def __init__(self, observation: Any):
        self._observation = observation
        self._found: Any = None
        self._thread = threading.Thread(target=self._wait, daemon=True, name="sparkcls metrics")
        self._thread.start()

    def _wait(self) -> None:
        try:
            self._found = self._observation.get
        except Exception as e:
            self._found = e

    @property
    def ended(self) -> bool:
        """Whether it waits no more."""
        return not self._thread.is_alive()

    def result(self, timeout: float) -> Any:
        """The figures or the error; None or empty if there are none after so many seconds."""
        self._thread.join(timeout)
        return self._found


def figures_of_progress(progress: Any) -> dict[str, dict[str, Any]]:
    """Figures in the progress of a streaming query, by output column."""
    observed = progress["observedMetrics"] if isinstance(progress, dict) else progress.observedMetrics
    figures = {}
    for name, row in observed.items():
        if name.startswith(PREFIX):
            values = row if isinstance(row, dict) else row.asDict()
            if values.keys() == {"values", "schema"}:
                # pyspark's Connect client does not put the names back to the values.
                values = dict(zip((f["name"] for f in values["schema"]["fields"]), values["values"], strict=True))
            figures[name.removeprefix(PREFIX)] = summary(values)
    return figures


def summary(observed: dict[str, Any]) -> dict[str, Any]:
    """What users see of observed figures: the counts, what follows from them, and the places.

    Parameters
    ----------
    observed
        As Spark reports it, here or in a stream's progress.
    """
    result = {name: observed[name] for name in _COUNTS}
    computed = result["wordpieces"] + result["padding"]
    result["padding_share"] = result["padding"] / computed if computed else 0.0
    for name in PLACES:
        both = {observed[f"min_{name}"], observed[f"max_{name}"]} - {None}
        result[name] = ", ".join(sorted(both)) or None
    return result
