"""`sparkcls plan`: how long a job takes, on how many machines, and how to cut it. Nothing is measured or fetched."""

from __future__ import annotations

import argparse
import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from sparkcls.catalogue.cards import LANGUAGE
from sparkcls.catalogue.inventory import find_local
from sparkcls.errors import ParamError
from sparkcls.families.distilbert import DISTILBERT
from sparkcls.families.shape import Shape
from sparkcls.models.config import CONFIG, usual_shape
from sparkcls.models.layout import read_model_folder
from sparkcls.plan.arithmetic import Job, Plan, plan_of
from sparkcls.plan.figures import BASE_WEIGHTS_MB, FLOAT32, GPUS, MIXED, PRECISIONS
from sparkcls.plan.report import report

EPILOG = (
    "Rows a second are estimated from figures of docs/benchmarks.md and, for GPUs, from what others published; the "
    "output lists every assumption. Measure yours with `sparkcls bench --texts FILE` and give --rate."
)
_FACTORS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "b": 10**9, "t": 10**12}
BUNDLED = "distilbert_mini_sequence_classifier_sst2"


@dataclass(frozen=True)
class _Model:
    name: str
    shape: Shape
    weights_mb: float


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `run`. Values are checked by `job_of`, so that an error is one sentence."""
    add = parser.add_argument
    add("--rows", metavar="N", help="rows to score, such as 1e9, 1_000_000, 500k, 2.5M or 1B")
    add("--tokens", metavar="N", help="wordpieces of a mean text, special ones included; in English 1.3 a word, and 2")
    add("--cores", metavar="N", help="physical cores for tasks, in all")
    add("--gpus", metavar="N", help="GPUs, in all, instead of cores")
    add("--gpu", metavar="TYPE", help=f"which GPU: {', '.join(GPUS)} (default: t4, the slowest)")
    add("--model", metavar="MODEL", help="a model of this machine, by name, or a model folder")
    add("--lang", default=LANGUAGE, metavar="LANG", help=f"the model's language (default: {LANGUAGE})")
    add("--size", metavar="SIZE", help="base (DistilBERT-base) or mini (the bundled model) (default: base)")
    add("--precision", metavar="P", help=f"{FLOAT32} or {MIXED} (default: {FLOAT32} with --cores, {MIXED} with --gpus)")
    add("--rate", metavar="R", help="rows a second of one core (of one GPU with --gpus) as measured, not estimated")
    add(
        "--cores-per-executor", metavar="N", help="tasks that an executor runs side by side (default: 4, more for GPUs)"
    )
    add("--price", metavar="P", help="of a core for an hour (of a GPU with --gpus), in any currency")
    add("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> None:
    """Calculate and print.

    Raises
    ------
    ParamError
        An argument is missing, cannot be used, or contradicts another.
    """
    job = job_of(args)
    plan = plan_of(job)
    print(as_json(job, plan) if args.json else report(job, plan).text())


def as_json(job: Job, plan: Plan) -> str:
    """The plan with its assumptions as a JSON object."""
    said = report(job, plan)
    more = {"assumptions": [{"what": what, "source": source} for what, source in said.assumptions], "notes": said.notes}
    return json.dumps(plan.as_dict() | more, indent=2, ensure_ascii=False)


def job_of(args: argparse.Namespace) -> Job:
    """The arguments, checked."""
    units, gpu = _machines(args)
    rows = _number(args.rows, "--rows", _whole)
    tokens = _number(args.tokens, "--tokens", _positive)
    if rows is None or tokens is None:
        raise ParamError("sparkcls plan needs --rows N and --tokens N, such as --rows 1e9 --tokens 60")
    precision = args.precision or (MIXED if gpu else FLOAT32)
    if precision not in PRECISIONS:
        raise ParamError(f"--precision {precision}: expected {' or '.join(PRECISIONS)}")
    model = _model(args)
    positions = model.shape.longest
    if not 1 <= tokens <= positions:
        raise ParamError(
            f"--tokens {args.tokens}: a sentence has 1 to {positions} wordpieces, more are cut; for several "
            "sentences a row give --rows times their number"
        )
    cores = _number(args.cores_per_executor, "--cores-per-executor", _whole)
    if cores is not None and gpu is None and cores > units:
        raise ParamError(f"--cores-per-executor {cores}: expected at most --cores, {units}")
    return Job(
        rows=rows,
        tokens=tokens,
        model=model.name,
        shape=model.shape,
        precision=precision,
        units=units,
        gpu=gpu,
        rate=_number(args.rate, "--rate", _positive),
        cores_per_executor=cores,
        price=_number(args.price, "--price", _positive),
        weights_mb=model.weights_mb,
    )


def _machines(args: argparse.Namespace) -> tuple[int, Any]:
    cores, gpus = _number(args.cores, "--cores", _whole), _number(args.gpus, "--gpus", _whole)
    if cores is not None and gpus is not None:
        raise ParamError("--cores and --gpus: give one of them; tasks use the CPU or a GPU, not both")
    if gpus is not None:
        name = (args.gpu or "t4").lower()
        if name not in GPUS:
            raise ParamError(f"--gpu {args.gpu}: expected one of {', '.join(GPUS)}; for another one give --rate")
        return gpus, GPUS[name]
    if args.gpu:
        raise ParamError(f"--gpu {args.gpu}: say how many with --gpus N")
    if cores is None:
        raise ParamError("sparkcls plan needs --cores N or --gpus N")
    return cores, None


def _model(args: argparse.Namespace) -> _Model:
    if args.model and args.size:
        raise ParamError("--model and --size: give one of them")
    if args.model:
        return _of_this_machine(args.model, args.lang)
    size = args.size or "base"
    if size == "mini":
        return _of_this_machine(BUNDLED, LANGUAGE)
    if size != "base":
        raise ParamError(f"--size {size}: expected base or mini; for another shape give --model")
    return _Model("DistilBERT-base", usual_shape(DISTILBERT), BASE_WEIGHTS_MB)


def _of_this_machine(name: str, lang: str) -> _Model:
    path = Path(name)
    if not (path / CONFIG).is_file():
        found = find_local(name, lang)
        if found is None:
            raise ParamError(
                f"--model {name}: neither a model folder nor a model ({lang}) of this machine; fetch it with "
                f"`sparkcls pull {name}`, or say --size base, which most models for DistilBERT are"
            )
        path = found.path
    folder = read_model_folder(path)
    return _Model(
        path.name, folder.shape, sum(f.stat().st_size for f in {w.file for w in folder.weights.values()}) / 1e6
    )


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
