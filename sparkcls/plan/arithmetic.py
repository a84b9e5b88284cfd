"""The arithmetic of `sparkcls plan`: rows, a measured rate and machines in; hours, partitions and executors out."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

#: Chosen: minutes of a task, so that little is lost with it; tasks in all; cores of an executor, and tasks of a GPU.
TASK_MINUTES, MAX_PARTITIONS, CORES, TASKS_PER_GPU = 10.0, 100_000, 4, 4
#: Rows of the engine's chunks, and Spark's own of an Arrow batch; MB of a batch, bytes of a wordpiece.
CHUNK_ROWS, ARROW_ROWS, ARROW_MB, BYTES = 2_048, 10_000, 16.0, 6.0
#: A worker's peak with DistilBERT-base in `mixed`, and its own part of that, MB; planned is 1.5 times that part. Both
#: are above what docs/spark-submit.md measured, as a container that is too small ends the job. `WEIGHTS_MB` of the peak
#: are the model's weights.
PEAK_MB, OWN_MB, WEIGHTS_MB, JVM_MB = 1100.0, 188.0, 268.0, 384.0


@dataclass(frozen=True)
class Job:
    """What is to be scored, on what.

    Parameters
    ----------
    rate
        Rows a second of one core or, if `gpu`, of one GPU.
    tokens
        Wordpieces of a mean text, special ones included; None: unknown.
    cores_per_executor
        None: choose.
    weights_mb
        Size of the model's weights in float32, MB.
    price
        Of one core or GPU for an hour; None: unknown.
    """

    rows: int
    rate: float
    units: int
    gpu: bool = False
    tokens: float | None = None
    cores_per_executor: int | None = None
    weights_mb: float = WEIGHTS_MB
    price: float | None = None


@dataclass(frozen=True)
class Plan:
    """What `plan_of` found; times in seconds and hours, memory in MiB."""

    unit: str
    rows_per_second: float
    wall_seconds: float
    unit_hours: float
    cost: float | None
    wordpieces: int | None
    unused: int
    partitions: int
    rows_per_partition: int
    executors: int
    cores_per_executor: int
    heap_mb: int
    overhead_mb: int
    overhead_summed_mb: int
    arrow_rows: int

    def confs(self) -> dict[str, str]:
        """The Spark confs that say all this."""
        confs = {
            "spark.executor.instances": str(self.executors),
            "spark.executor.cores": str(self.cores_per_executor),
            "spark.task.cpus": "1",
            "spark.executor.memory": f"{self.heap_mb}m",
            "spark.executor.memoryOverhead": f"{self.overhead_mb}m",
            "spark.sql.execution.arrow.maxRecordsPerBatch": str(self.arrow_rows),
            "spark.python.daemon.module": "sparkcls.daemon",
        }
        if self.unit == "GPU":
            # Spark runs floor(1 / share) tasks on a GPU, so a third may not be rounded up.
            share = math.floor(1000 / self.cores_per_executor) / 1000
            confs |= {"spark.executor.resource.gpu.amount": "1", "spark.task.resource.gpu.amount": f"{share:g}"}
        return confs

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"confs": self.confs()}


def plan_of(job: Job) -> Plan:
    """Calculate; nothing is measured and no model is loaded. The arguments must have been checked."""
    cores = job.cores_per_executor or (TASKS_PER_GPU if job.gpu else min(CORES, job.units))
    executors = job.units if job.gpu else job.units // cores
    used, slots = (executors if job.gpu else executors * cores), executors * cores
    speed = job.rate * used
    partitions = _partitions(job.rows, slots, speed / slots)
    heap = 1024 * max(2, cores)
    overhead, summed = _overhead(job, cores, heap)
    hours = job.rows / job.rate / 3600
    return Plan(
        unit="GPU" if job.gpu else "core",
        rows_per_second=speed,
        wall_seconds=job.rows / speed,
        unit_hours=hours,
        cost=None if job.price is None else job.price * hours,
        wordpieces=None if job.tokens is None else round(job.rows * job.tokens),
        unused=job.units - used,
        partitions=partitions,
        rows_per_partition=math.ceil(job.rows / partitions),
        executors=executors,
        cores_per_executor=cores,
        heap_mb=heap,
        overhead_mb=overhead,
        overhead_summed_mb=summed,
        arrow_rows=_arrow_rows(job.tokens),
    )


def _partitions(rows: int, slots: int, rate: float) -> int:
    """Tasks of some minutes, at least three a slot if these have a full chunk each; a multiple of the slots."""
    by_slots = min(3 * slots, math.ceil(rows / CHUNK_ROWS))
    by_time = math.ceil(rows / (rate * 60 * TASK_MINUTES))
    wanted = min(max(by_time, by_slots), max(MAX_PARTITIONS, by_slots))
    return math.ceil(wanted / slots) * slots if wanted > slots else wanted


def _overhead(job: Job, workers: int, heap: int) -> tuple[int, int]:
    """Memory beside the JVM's heap, with shared pages counted once, and once a process; in steps of 256 MiB."""
    more = max(0.0, job.weights_mb - WEIGHTS_MB) * 1.5
    jvm = max(JVM_MB, 0.1 * heap)
    # What a worker with CUDA holds in the machine's memory was never measured: nothing counts as shared there.
    once = jvm + PEAK_MB - OWN_MB + more + workers * (PEAK_MB if job.gpu else OWN_MB * 1.5)
    summed = max(once, jvm + workers * (PEAK_MB + more))
    return _steps(once), _steps(summed)


def _steps(megabytes: float) -> int:
    return 256 * math.ceil(megabytes / 1.048576 / 256)


def _arrow_rows(tokens: float | None) -> int:
    """Spark's default, or for long texts whole chunks of at most some MB."""
    fitting = ARROW_MB * 1e6 / (BYTES * (tokens or 1))
    return ARROW_ROWS if fitting >= ARROW_ROWS else max(1, int(fitting // CHUNK_ROWS)) * CHUNK_ROWS
