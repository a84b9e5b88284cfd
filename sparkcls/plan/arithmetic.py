"""The arithmetic of `sparkcls plan`: rows, wordpieces and machines in; hours, partitions and executors out."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from sparkcls.families.shape import Shape
from sparkcls.plan import figures as figures
from sparkcls.plan.figures import FLOAT32, Gpu
from sparkcls.plan.flops import of_texts


@dataclass(frozen=True)
class Job:
    """What is to be scored, with what.

    Parameters
    ----------
    tokens
        Wordpieces of a mean text, special ones included.
    units
        How many cores or, if `gpu` is given, GPUs.
    rate
        Rows a second of one unit, as measured; None: estimate them.
    cores_per_executor
        None: choose.
    price
        Of one unit for an hour; None: unknown.
    weights_mb
        Size of the model's weights in float32, MB.
    """

    rows: int
    tokens: float
    model: str
    shape: Shape
    precision: str
    units: int
    gpu: Gpu | None = None
    rate: float | None = None
    cores_per_executor: int | None = None
    price: float | None = None
    weights_mb: float = 0.0

    @property
    def unit(self) -> str:
        """What is counted."""
        return "GPU" if self.gpu else "core"


@dataclass(frozen=True)
class Plan:
    """What `plan_of` found; times in seconds and hours, memory in MB, arithmetic in operations."""

    rows: int
    tokens: float
    wordpieces: int
    model: str
    precision: str
    flops_per_row: int
    unit: str
    units: int
    unused: int
    rows_per_second_per_unit: float
    rows_per_second: float
    ceiling_per_unit: float | None
    unit_hours: float
    wall_seconds: float
    cost: float | None
    partitions: int
    rows_per_partition: int
    executors: int
    cores_per_executor: int
    task_cpus: int
    heap_mb: int
    overhead_mb: int
    overhead_summed_mb: int
    arrow_rows: int

    def confs(self) -> dict[str, str]:
        """The Spark confs that say all this; the heap and overhead in MiB as Spark counts."""
        confs = {
            "spark.executor.instances": str(self.executors),
            "spark.executor.cores": str(self.cores_per_executor),
            "spark.task.cpus": str(self.task_cpus),
            "spark.executor.memory": f"{self.heap_mb}m",
            "spark.executor.memoryOverhead": f"{self.overhead_mb}m",
            "spark.sql.execution.arrow.maxRecordsPerBatch": str(self.arrow_rows),
            "spark.python.daemon.module": "sparkcls.daemon",
        }
        if self.unit == "GPU":
            share = math.floor(1000 / self.cores_per_executor) / 1000
            confs |= {"spark.executor.resource.gpu.amount": "1", "spark.task.resource.gpu.amount": f"{share:g}"}
        return confs

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"confs": self.confs()}


def plan_of(job: Job) -> Plan:
    """Calculate; nothing is measured and no model is loaded. The arguments must have been checked."""
    flops = of_texts([job.tokens], job.shape)  # type: ignore[list-item]  # a mean length is no whole number
    ceiling = _peak(job.gpu, job.precision) / flops if job.gpu else None
    each = job.rate or estimated_flops(job) / flops
    cores = job.cores_per_executor or _cores(job, each)
    executors = job.units if job.gpu else job.units // cores
    used = executors if job.gpu else executors * cores
    slots = executors * cores
    partitions = _partitions(job.rows, slots, each * used / slots)
    heap = 1024 * max(figures.LEAST_HEAP_GB, figures.HEAP_GB_PER_CORE * cores)
    overhead, summed = _overhead(job, cores, heap)
    hours = job.rows / each / 3600
    return Plan(
        rows=job.rows,
        tokens=job.tokens,
        wordpieces=round(job.rows * job.tokens),
        model=job.model,
        precision=job.precision,
        flops_per_row=round(flops),
        unit=job.unit,
        units=job.units,
        unused=job.units - used,
        rows_per_second_per_unit=each,
        rows_per_second=each * used,
        ceiling_per_unit=ceiling,
        unit_hours=hours,
        wall_seconds=job.rows / (each * used),
        cost=None if job.price is None else job.price * hours,
        partitions=partitions,
        rows_per_partition=math.ceil(job.rows / partitions),
        executors=executors,
        cores_per_executor=cores,
        task_cpus=1,
        heap_mb=heap,
        overhead_mb=overhead,
        overhead_summed_mb=summed,
        arrow_rows=_arrow_rows(job.tokens),
    )


def estimated_flops(job: Job) -> float:
    """Useful operations a second of one core or GPU, by the figures of others or of this project."""
    if job.gpu:
        share = figures.GPU_FLOAT32_SHARE if job.precision == FLOAT32 else figures.GPU_SHARE
        return _peak(job.gpu, job.precision) * share
    share = figures.SHARE[job.precision]
    if job.shape.width < figures.BASE_DIM:
        share *= figures.NARROW_SHARE / figures.SHARE[figures.MIXED]
    return figures.LIMIT[job.precision] * 1e9 / figures.MEASURED_CORES * share


def _peak(gpu: Gpu, precision: str) -> float:
    return 1e12 * (gpu.float32_peak if precision == FLOAT32 else gpu.peak)


def _cores(job: Job, each: float) -> int:
    """Cores of an executor: a few on CPUs; as many for a GPU as keep it fed twice over by tokenising."""
    if job.gpu:
        needed = math.ceil(2 * each * job.tokens / figures.TOKENISED_PER_SECOND)
        return max(figures.TASKS_PER_GPU, needed)
    return min(figures.CORES_PER_EXECUTOR, job.units)


def _partitions(rows: int, slots: int, rows_per_second: float) -> int:
    """Tasks of some minutes, at least three a slot if these have a full window each; a multiple of the slots."""
    by_time = math.ceil(rows / (rows_per_second * 60 * figures.TASK_MINUTES))
    by_slots = min(3 * slots, math.ceil(rows / figures.WINDOW_ROWS))
    wanted = min(max(by_time, by_slots), max(figures.MAX_PARTITIONS, by_slots))
    return math.ceil(wanted / slots) * slots if wanted > slots else wanted


def _overhead(job: Job, workers: int, heap: int) -> tuple[int, int]:
    """Memory beside the JVM's heap, with shared pages counted once, and once a process; MiB, in steps of 256."""
    own, peak = figures.OWN_MB[job.precision], figures.PEAK_MB[job.precision]
    more = max(0.0, job.weights_mb - figures.BASE_WEIGHTS_MB) * (1 if job.precision == FLOAT32 else 1.5)
    jvm = max(figures.JVM_OVERHEAD_MB, 0.1 * heap)
    # What a worker with CUDA holds in the machine's memory was never measured: nothing counts as shared there.
    once = jvm + peak - own + more + workers * (peak if job.gpu else own * figures.OWN_HEADROOM)
    summed = jvm + workers * (peak + more)
    return _steps(once), _steps(max(once, summed))


def _steps(megabytes: float) -> int:
    return 256 * math.ceil(megabytes / 1.048576 / 256)


def _arrow_rows(tokens: float) -> int:
    """Spark's default, or for long texts whole windows of at most some MB."""
    fitting = figures.ARROW_MB * 1e6 / (figures.BYTES_PER_WORDPIECE * tokens)
    if fitting >= figures.ARROW_ROWS:
        return figures.ARROW_ROWS
    return max(1, int(fitting // figures.WINDOW_ROWS)) * figures.WINDOW_ROWS
