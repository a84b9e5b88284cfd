"""Rows of few partitions over all task slots: a file that Spark cannot split is one partition, and so one task."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

#: Rows that a task should have at least, so that its texts fill batches of similar length.
LEAST = 64


def task_slots(session: SparkSession) -> int:
    """How many tasks run side by side, as far as the session tells; costs a small job."""
    # A range has a partition for each slot, which on Connect no conf tells.
    partitions = session.range(1 << 20).select(F.spark_partition_id().alias("partition"))
    last = partitions.agg(F.max("partition")).first()
    return int(last[0]) + 1 if last is not None else 1


def spread(frame: DataFrame, slots: int, rows: int | None = None) -> DataFrame:
    """Rows dealt out to so many tasks, fewer where there are few; a stream stays as it is.

    Rows lose their order, as with every `repartition`: add a column to sort by, such as
    `monotonically_increasing_id`, before, if it matters.

    Parameters
    ----------
    rows
        How many there are, if that is known.
    """
    if frame.isStreaming:
        return frame
    return frame.repartition(slots if rows is None else min(slots, max(1, rows // LEAST)))
