"""Text classifiers inside Spark, drop-in for Spark NLP's model cards, in pure Python.

    import sparkcls
    from sparkcls.base import *
    from sparkcls.annotator import *

    spark = sparkcls.start()

Importing this package imports neither torch nor transformers and starts no session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparkcls._version import __version__
from sparkcls.settings import configure

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from sparkcls.summary.about import About
    from sparkcls.summary.summary import Summary

__all__ = ["__version__", "configure", "metrics", "start", "summarize", "version"]


def version() -> str:
    """The version of sparkcls."""
    return __version__


def start(
    gpu: bool = False,
    apple_silicon: bool = False,
    memory: str = "4G",
    params: dict[str, str] | None = None,
    **ignored: Any,
) -> SparkSession:
    """Start, or get, a local Spark session that fits sparkcls. Not needed on a cluster that has one.

    Parameters
    ----------
    gpu
        Fail now if torch sees no GPU. Nothing else depends on it: stages choose the device.
    apple_silicon
        Accepted for Spark NLP's callers; nothing depends on it.
    memory
        ``spark.driver.memory``. Models live in Python workers, outside of it, so less than Spark NLP's
        16G is enough.
    params
        Spark confs by name; they win over the ones set here.
    ignored
        Other arguments of `sparknlp.start` (``aarch64``, ``spark32``, ``real_time_output``, ...).

    Raises
    ------
    JavaError
        Java is missing or too old for the installed pyspark.
    DeviceError
        `gpu` is True and there is none.
    ParamTypeError
        `params` is not a dict.
    """
    from sparkcls.session import start_session

    return start_session(gpu=gpu, memory=memory, params=params)


def summarize(data: Any, column: str | None = None, prefix: str = "", about: About | None = None) -> Summary:
    """What a classifier has answered, on one page: counts, confidence, lengths, doubtful and failed texts.

    Reads the columns that `sparkcls.classify` adds, in one pass: ``label``, and as far as they are there
    ``confidence``, ``scores``, ``labels``, ``error`` and ``truncated``. Memory is bounded, and the result does not
    depend on the order of the rows.

    Parameters
    ----------
    data
        A Spark DataFrame (classic or Connect; no stream) or a pandas DataFrame.
    column
        The column of texts. Default: none, and then no lengths and no examples with text.
    prefix
        That of the columns, as `sparkcls.classify` was given it.
    about
        How the answers were made, for the report. Default: the versions installed here.

    Returns
    -------
    A `Summary`, which prints as a few lines, shows itself in notebooks, and writes a report: ``summary.report(path)``.

    Raises
    ------
    ColumnError
        There is no such column, or the column of labels does not hold strings.
    ParamTypeError
        Another argument has the wrong type.
    """
    from sparkcls.summary.summarizing import summary_of_frame

    return summary_of_frame(data, column, prefix, about)


def metrics(model: Any, output: str | None = None, timeout: float = 10.0) -> dict[str, Any]:
    """What a classifier did in the first action on the DataFrame that it transformed last.

    The stage must have been set to count before `transform`: ``classifier.setMetrics(True)``. Works on classic Spark
    and Spark Connect.

    Parameters
    ----------
    model
        The classifier stage, or a PipelineModel that holds it; or a streaming query, for its last micro-batch.
    output
        The stage's output column, if there are several classifiers.
    timeout
        Seconds to wait for an action that is still running.

    Returns
    -------
    Counts ``rows``, ``sentences``, ``scored`` (distinct sentences that went through the model, and their windows),
    ``rescored`` (again in float32), ``wordpieces``, ``padding`` (positions computed beyond them), ``truncated``,
    ``windowed`` (sentences read in several windows), ``empty`` (rows without a result), ``failed``, ``loads``;
    ``load_seconds`` and ``model_seconds``, summed over workers; ``padding_share`` (0 to 1), ``device`` and
    ``precision``.

    Raises
    ------
    MetricsError
        Nothing was counted: metrics are off, or no action has ended.
    """
    from sparkcls.reporting import metrics_of

    return metrics_of(model, output, timeout)
