"""`sparkcls plan`: how long a job takes at a measured rate, on how many machines, and how to cut it."""

from __future__ import annotations

import argparse
import json
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sparkcls.errors import ParamError
from sparkcls.plan.arithmetic import WEIGHTS_MB, Job, Plan, plan_of

EPILOG = (
    "Measure the rate with `sparkcls bench --texts FILE --model MODEL`: rows a second, divided by the slots; that of a "
    "GPU by a job over a sample, with as many tasks on it as an executor has cores. Assumed: many machines do as much "
    "as one, times their number; reading, writing, shuffles and start-up cost nothing."
)
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `run`. Values are checked by `job_of`, so that an error is one sentence."""
    add = parser.add_argument
    add("--rows", metavar="N", help="rows to score, such as 1e9, 1_000_000, 500k, 2.5M or 1B")
    add("--rate", metavar="R", help="rows a second of one core (of one GPU with --gpus), as measured")
    add("--cores", metavar="N", help="physical cores for tasks, in all")
    add("--gpus", metavar="N", help="GPUs, in all, instead of cores")
    add("--tokens", metavar="N", help="wordpieces of a mean text, which Arrow batches are cut by")
    add("--weights", metavar="MB", help=f"the model's weights in float32 (default: {WEIGHTS_MB:g}, DistilBERT-base)")
    add("--cores-per-executor", metavar="N", help="tasks that an executor runs side by side (default: 4)")
    add("--price", metavar="P", help="of a core for an hour (of a GPU with --gpus), in any currency")
    add("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> None:
    """Calculate and print.

    Raises
    ------
    ParamError
        An argument is missing, cannot be used, or contradicts another.
    """
    plan = plan_of(job_of(args))
    print(json.dumps(plan.as_dict(), indent=2) if args.json else in_words(plan))


def job_of(args: argparse.Namespace) -> Job:
    """The arguments, checked."""
    rows, rate = _number(args.rows, "--rows", _whole), _number(args.rate, "--rate", _positive)
    if rows is None or rate is None:
        raise ParamError(
            "sparkcls plan needs --rows N and --rate R, the rows a second of one core as `sparkcls bench` measures "
            "them, or of one GPU in a job over a sample"
        )
    cores, gpus = _number(args.cores, "--cores", _whole), _number(args.gpus, "--gpus", _whole)
    if (cores is None) == (gpus is None):
        raise ParamError("sparkcls plan needs one of --cores N and --gpus N; tasks use the CPU or a GPU, not both")
    each = _number(args.cores_per_executor, "--cores-per-executor", _whole)
    if each is not None and cores is not None and each > cores:
        raise ParamError(f"--cores-per-executor {each}: expected at most --cores, {cores}")
    return Job(
        rows=rows,
        rate=rate,
        units=cores or gpus,
        gpu=gpus is not None,
        tokens=_number(args.tokens, "--tokens", _positive),
        cores_per_executor=each,
        weights_mb=_number(args.weights, "--weights", _positive) or WEIGHTS_MB,
        price=_number(args.price, "--price", _positive),
    )


def in_words(plan: Plan) -> str:
    """The plan for a terminal."""
    overhead, summed = (f"{mb / 1024:g} GiB" for mb in (plan.overhead_mb, plan.overhead_summed_mb))
    lines = [
        ("rows a second", f"{plan.rows_per_second:,.5g}"),
        ("wall time", duration(plan.wall_seconds)),
        (f"{plan.unit}-hours", f"{plan.unit_hours:,.4g}" if plan.unit_hours < 1000 else f"{plan.unit_hours:,.0f}"),
        *([("price", f"{plan.cost:,.2f}")] if plan.cost is not None else []),
        *([("wordpieces", f"{plan.wordpieces:,}")] if plan.wordpieces is not None else []),
        ("partitions", f"{plan.partitions:,}, of {plan.rows_per_partition:,} rows"),
        ("executors", f"{plan.executors:,}, of {plan.cores_per_executor} cores"),
        *([("cores left over", f"{plan.unused:,}")] if plan.unused else []),
        ("memory of an executor", f"{plan.heap_mb / 1024:g} GiB of heap and {overhead} beside it"),
        ("where RSS of processes adds up", f"{summed} beside it (YARN)"),
        *plan.confs().items(),
    ]
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in lines)


def duration(seconds: float) -> str:
    """Seconds in words, in two units."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    days, rest = divmod(hours, 24)
    if days >= 3:
        return f"{days} d {rest} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _number(text: str | None, name: str, check: Callable[[float], Any]) -> Any:
    if text is None:
        return None
    try:
        return check(_value(text))
    except (ValueError, OverflowError) as e:
        what = (
            "a whole number, at least 1, such as 1000000, 1e6 or 1M" if check is _whole else "a number greater than 0"
        )
        raise ParamError(f"{name} {text}: expected {what}") from e


def _value(text: str) -> float:
    """A number as people write it: 1e9, 1_000_000, 1,000,000, 2.5M."""
    found = re.fullmatch(r"(\d{1,3}(?:,\d{3})+|[\d_.]+(?:[eE][+-]?\d{1,3})?)\s*([kKmMgGbBtT]?)", text.strip())
    if not found:
        raise ValueError
    digits = found[1].replace(",", "") if "," in found[1] else found[1]
    float(digits)  # refuses `1__0` and `1.2.3`, which the next line does not
    return float(Decimal(digits) * _FACTORS[found[2].lower()])


def _whole(value: float) -> int:
    if value < 1 or value != math.floor(value):
        raise ValueError
    return int(value)


def _positive(value: float) -> float:
    if not 0 < value < math.inf:
        raise ValueError
    return value
