"""What Spark tells a task about its share of the machine."""

from __future__ import annotations

import re
from typing import Any

from pyspark.sql import SparkSession

from sparkcls.spark.confs import read_conf


def task_gpus() -> tuple[str, ...] | None:
    """GPU addresses that Spark gave to this task; None outside of a task."""
    context = _context()
    if context is None:
        return None
    resources = context.resources()
    return tuple(resources["gpu"].addresses) if "gpu" in resources else ()


def task_cores() -> int:
    """Cores that Spark counts for this task (``spark.task.cpus``); 1 outside of a task."""
    context = _context()
    return context.cpus() if context is not None else 1


def local_property(name: str) -> tuple[str, int, int] | None:
    """A conf of the session as this task got it, with the task's stage and partition; None without it, or no task."""
    context = _context()
    value = context.getLocalProperty(name) if context is not None else None
    return (value, context.stageId(), context.partitionId()) if value else None


def _context() -> Any:
    from pyspark import TaskContext

    return TaskContext.get()


def runs_on_driver() -> bool:
    """Whether this is a task on its driver's machine, by ``spark.master``: what it logs is on the user's screen."""
    master, *_ = local_property("spark.master") or ("",)
    return is_local(master)


def local_slots(session: SparkSession) -> int | None:
    """Tasks that run at once where all run on one machine, by ``spark.master``; else None.

    ``local`` is 1, ``local[4]`` and ``local[4,2]`` are 4. ``local[*]``, a task for each core, is None like a cluster.
    """
    master = read_conf(session, "spark.master") or ""
    match = re.fullmatch(r"local(?:\[(\d+)(?:,\s*\d+)?\])?", master)
    return int(match.group(1) or 1) if match else None


def is_local(master: str) -> bool:
    """Whether a master runs all tasks in the driver itself; that of a `local-cluster` does not."""
    return re.fullmatch(r"local(\[.*\])?", master) is not None


def choose_threads(cores_of_task: int, slots: int | None, cores: int) -> int:
    """Threads of a task: its cores as Spark counts them, or its share of the machine if that is more.

    Parameters
    ----------
    slots
        Tasks that run on this machine at once, None where that is not known.
    cores
        Cores of this machine that the process may use; there are never more threads.
    """
    share = cores // slots if slots else 1
    return max(1, min(cores, max(cores_of_task, share)))
