"""What `sparkcls plan` says: the figures, and every assumption with its source."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from sparkcls.plan import figures as figures
from sparkcls.plan.arithmetic import Job, Plan, estimated_flops
from sparkcls.plan.figures import FLOAT32, MIXED

_WIDTH = 100
_CHOSEN = "chosen, not measured"
_FLOPS = "the formula of docs/benchmarks.md (How to read it), sparkcls/plan/flops.py"
_BENCH = "measured, docs/benchmarks.md"
_ENGINE = "measured, docs/engine.md"
_DATASHEET = "NVIDIA's datasheet"
_FINEWEB = "published by others, not measured here: FineWeb-Edu, https://huggingface.co/blog/modernbert"
_FASTER = (
    "published by others, not measured here: NVIDIA FasterTransformer, docs/bert_guide.md in "
    "https://github.com/NVIDIA/FasterTransformer"
)
Lines = list[tuple[str, str]]


@dataclass(frozen=True)
class Report:
    """Figures by heading, assumptions with sources, and what else to know."""

    sections: list[tuple[str, Lines]]
    assumptions: Lines
    notes: list[str]

    def text(self) -> str:
        """All of it, for a terminal."""
        width = max(len(name) for _, lines in self.sections for name, _ in lines)
        out = []
        for heading, lines in self.sections:
            out += [heading, *(f"  {name.ljust(width)}  {value}" for name, value in lines)]
        out.append("assumptions")
        for what, source in self.assumptions:
            out += _item(f"{what} [{source}]")
        if self.notes:
            out.append("notes")
            for note in self.notes:
                out += _item(note)
        return "\n".join(out)


def report(job: Job, plan: Plan) -> Report:
    """Put a plan into words."""
    sections = [
        ("work", list(_work(plan))),
        (f"time ({plan.precision})", list(_time(job, plan))),
        ("Spark", list(_spark(plan))),
        ("confs", [(name, value) for name, value in plan.confs().items()]),
    ]
    return Report(sections, [*_speed_assumptions(job, plan), *_other_assumptions(job, plan)], list(_notes(job, plan)))


def _work(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "rows", f"{plan.rows:,}"
    yield "wordpieces", f"{plan.wordpieces:,} ({plan.tokens:g} a row)"
    yield "model", plan.model
    yield "arithmetic", f"{plan.flops_per_row / 1e9:.3g} GFLOP a row"


def _time(job: Job, plan: Plan) -> Iterator[tuple[str, str]]:
    yield f"rows a second of a {plan.unit}", _rate(plan.rows_per_second_per_unit)
    if plan.ceiling_per_unit and job.rate is None:
        yield "ceiling, if every operation of its peak were used", _rate(plan.ceiling_per_unit)
    yield "rows a second in all", f"{_rate(plan.rows_per_second)} ({plan.units - plan.unused:,} {_many(plan)})"
    yield f"{plan.unit}-hours", f"{plan.unit_hours:,.4g}" if plan.unit_hours < 1000 else f"{plan.unit_hours:,.0f}"
    yield "wall time", duration(plan.wall_seconds)
    if plan.cost is not None:
        yield "price", f"{plan.cost:,.2f}"


def _spark(plan: Plan) -> Iterator[tuple[str, str]]:
    yield "partitions", f"{plan.partitions:,}, of {plan.rows_per_partition:,} rows"
    gpu = " and a GPU" if plan.unit == "GPU" else ""
    yield "executors", f"{plan.executors:,}, each with {plan.cores_per_executor} cores{gpu}"
    yield "tasks at a time", f"{plan.executors * plan.cores_per_executor:,}, of {plan.task_cpus} core"
    overhead, summed = (f"{mb / 1024:g} GiB" for mb in (plan.overhead_mb, plan.overhead_summed_mb))
    yield "memory of an executor", f"{plan.heap_mb / 1024:g} GiB of heap and {overhead} beside it"
    yield "the same where each process's RSS counts (YARN)", f"{summed} beside it"


def _speed_assumptions(job: Job, plan: Plan) -> Iterator[tuple[str, str]]:
    yield f"{plan.flops_per_row / 1e9:.3g} GFLOP a row: all texts are as long as the mean one", _FLOPS
    if job.rate is not None:
        yield f"{job.rate:g} rows a second of a {plan.unit}", "your --rate"
    elif job.gpu and job.precision == FLOAT32:
        yield f"a peak of {job.gpu.float32_peak:g} TFLOP/s in float32 ({job.gpu.name})", _DATASHEET
        yield f"{figures.GPU_FLOAT32_SHARE:.0%} of it: BERT-base on an A10, the least of two GPUs", _FASTER
    elif job.gpu:
        yield f"a peak of {job.gpu.peak:g} TFLOP/s in 16 bits, dense ({job.gpu.name})", _DATASHEET
        yield (
            f"{figures.GPU_SHARE:.0%} of it, as 694,000 wordpieces a second of an H100 were with a model of 12 layers",
            _FINEWEB,
        )
    else:
        yield (
            f"{estimated_flops(job) / 1e9:.0f} GFLOP/s of a core in {job.precision}: an AMD EPYC (Zen 5, AVX-512, no "
            "AMX) with 2 physical cores; older cores do less, AMX in mixed does more, a hyperthread about half",
            _BENCH,
        )
        if job.shape.width < figures.BASE_DIM and job.precision == FLOAT32:
            yield "the narrow model loses as much against the base shape as it does in mixed", "assumed"
    if plan.units > 1:
        yield "many machines do as much as one, times their number: never tried beyond 2 cores", "assumed"


def _other_assumptions(job: Job, plan: Plan) -> Iterator[tuple[str, str]]:
    yield "reading, writing and shuffles cost nothing beside the model", "assumed"
    first = figures.FIRST_ROW_S[job.precision]
    yield f"start-up is left out: once for each worker about {first:g} s to the first row", _BENCH
    yield f"a task takes about {figures.TASK_MINUTES:g} minutes, so that little is lost with it", _CHOSEN
    own, peak = figures.OWN_MB[job.precision], figures.PEAK_MB[job.precision]
    if job.gpu:
        yield f"a worker needs {peak:g} MB of the machine's memory, as one without a GPU does", f"assumed; {_ENGINE}"
        held = figures.GPU_WORKER_MB[job.precision]
        yield (
            f"a worker holds {held:g} MB of weights on the GPU, CUDA's context and activations beside",
            "docs/engine.md",
        )
        rate = f"{figures.TOKENISED_PER_SECOND / 1e6:g} million"
        yield f"a core tokenises {rate} wordpieces a second; executors get twice the cores", "measured, docs/scaling.md"
    else:
        yield (
            f"a worker's peak is {peak:g} MB, {own:g} of them its own and the rest shared, with "
            f"spark.python.daemon.module; {figures.OWN_HEADROOM:g} times its own is planned",
            _ENGINE,
        )
    yield f"{figures.HEAP_GB_PER_CORE} GiB of heap a core", _CHOSEN
    if plan.arrow_rows < figures.ARROW_ROWS:
        yield f"Arrow batches of {figures.ARROW_MB:g} MB, {figures.BYTES_PER_WORDPIECE:g} bytes a wordpiece", _CHOSEN
    else:
        yield "Spark's default for Arrow batches: the engine's windows of 2,048 rows cross them", "docs/engine.md"


def _notes(job: Job, plan: Plan) -> Iterator[str]:
    if job.rate is None:
        yield "A measured rate is better: sparkcls bench --texts YOURS, rows/s divided by its slots, is --rate."
    if job.gpu:
        yield "sparkcls itself was never measured on a GPU with CUDA: run a small part of the job first."
    if plan.precision == FLOAT32 and not job.gpu and job.rate is None:
        yield f"On CPUs with AMX, and on AMD's with AVX512_BF16, --precision {MIXED} is faster."
    if job.tokens > 128:
        yield (
            "Texts of more than 128 wordpieces are cut unless the model or setMaxSentenceLength says otherwise (mostly "
            "at most 512)."
        )
    if plan.unused:
        yield f"{plan.unused} of {plan.units:,} cores are left over by executors of {plan.cores_per_executor}."


def _rate(rows: float) -> str:
    return f"{rows:,.0f}" if rows >= 1000 else f"{rows:.3g}"


def _many(plan: Plan) -> str:
    return plan.unit + ("s" if plan.units - plan.unused > 1 else "")


def duration(seconds: float) -> str:
    """Seconds in words, in two units."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60)
    hours, minutes = divmod(minutes, 60)
    days, rest = divmod(hours, 24)
    if days >= 3:
        return f"{days} d {rest} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _item(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  - ", subsequent_indent="    ", break_on_hyphens=False)
