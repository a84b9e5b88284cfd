"""What all systems in Spark have in common: the session, and the order of what is timed. Only pyspark is needed."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING

from sparkcls.bench import memory
from sparkcls.bench.job import SMALL_BATCHES, Job, Record

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

Transform = Callable[["DataFrame"], "DataFrame"]

_SCHEMA = "text string"
#: How often each small batch is timed.
_TIMES = 3


def master(job: Job) -> str:
    """That of a session of this machine, with as many task slots as the job says."""
    return f"local[{job.slots}]"


def start(job: Job, confs: dict[str, str] | None = None) -> SparkSession:
    """A session of this machine."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master(master(job)).appName(f"sparkcls bench: {job.system}")
    standard = {
        "spark.driver.memory": "4g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.sql.shuffle.partitions": str(job.slots),
    }
    for name, value in (standard | (confs or {})).items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def measure(spark: SparkSession, job: Job, make: Callable[[], Transform]) -> Record:
    """Time the first action and a long one.

    Parameters
    ----------
    make
        Makes what turns the texts' column into the result's column, and nothing else.

    Returns
    -------
    ``setup_seconds``, what `make` took; ``first_row_seconds``, from there to the result of a single row, while Spark
    has no Python worker yet; ``seconds``, for all rows, when every worker has the model; ``rows`` and ``memory``;
    by the names of `SMALL_BATCHES` the seconds for so few news texts, the making of their query included.
    """
    started = time.perf_counter()
    transform = make()
    made = time.perf_counter()
    # With the schema given no job comes before the one that is timed.
    transform(spark.read.schema(_SCHEMA).parquet(job.first)).collect()
    first = time.perf_counter()
    # More tasks than slots, each longer than it takes to start the next, so that every worker gets one.
    act(transform(spark.read.schema(_SCHEMA).parquet(job.warm).repartition(2 * job.slots)))
    rows, seconds = timed(spark, job, transform)
    found = memory.of_spark()
    return {
        "setup_seconds": made - started,
        "first_row_seconds": first - made,
        "rows": rows,
        "seconds": seconds,
        "memory": found,
        **{name: _small(spark, job, transform, count) for name, count in SMALL_BATCHES.items()},
    }


def timed(spark: SparkSession, job: Job, transform: Transform) -> tuple[int, float]:
    """Rows, and the seconds that they take from the JVM's memory to a sink that discards them."""
    frame = spark.read.schema(_SCHEMA).parquet(job.texts).repartition(job.partitions).cache()
    rows = frame.count()
    started = time.perf_counter()
    act(transform(frame))
    seconds = time.perf_counter() - started
    frame.unpersist()
    return rows, seconds


def _small(spark: SparkSession, job: Job, transform: Transform, rows: int) -> float:
    """Seconds for one small batch, as `foreachBatch` has them."""
    frame = spark.read.schema(_SCHEMA).parquet(job.small).limit(rows).repartition(1).cache()
    frame.count()
    seconds = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        act(transform(frame))
        seconds.append(time.perf_counter() - started)
    frame.unpersist()
    return median(seconds)


def act(frame: DataFrame) -> None:
    """Compute every row and discard it."""
    frame.write.format("noop").mode("overwrite").save()
