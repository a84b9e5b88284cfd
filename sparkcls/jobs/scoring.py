"""Scoring the parts of a job, two at a time, so that no task slot waits for the last task of a part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from pyspark.sql import functions as F

from sparkcls.jobs.work import Part, Staged

#: Parts that are scored at once.
_AT_ONCE = 2
#: Rows that a task should have at least, so that its texts fill batches of similar length.
_LEAST = 64


def task_slots(spark: Any) -> int:
    """How many tasks run side by side, as far as the session tells: on classic Spark and Connect."""
    partition = spark.range(1_000_000).select(F.spark_partition_id().alias("partition"))
    return int(partition.agg(F.max("partition")).first()[0]) + 1


def spread(rows: Any, slots: int, count: int | None = None) -> Any:
    """Rows over so many tasks; fewer where there are few rows."""
    tasks = slots if count is None else min(slots, max(1, count // _LEAST))
    return rows.repartition(tasks)


def score_parts(
    spark: Any,
    staged: Staged,
    parts: Sequence[Part],
    classify: Callable[[Any], Any],
    slots: int,
) -> None:
    """Score parts and write each.

    Parameters
    ----------
    classify
        From rows to rows with answers.

    Raises
    ------
    Exception
        The first part's that fails. Others that are being scored are waited for, so that they are done.
    """

    def score(part: Part) -> None:
        staged.write(part, classify(spread(staged.read(spark, part), slots, part.rows)))

    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        for scored in as_completed([pool.submit(score, part) for part in parts]):
            scored.result()
    except Exception:
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    finally:
        # At once, if this is interrupted.
        pool.shutdown(wait=False, cancel_futures=True)
