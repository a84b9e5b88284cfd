"""All runs: every system in a fresh process, one after the other, and that several times."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from sparkcls.bench import needs, rival
from sparkcls.bench.job import Record, UnavailableError
from sparkcls.bench.machine import describe
from sparkcls.bench.prepare import Prepared, prepare
from sparkcls.bench.process import run_job
from sparkcls.bench.settings import Case, Settings
from sparkcls.bench.systems import GEMM, SPARK_NLP, System

LOG = "log.txt"

Results = dict[str, Any]


def run(settings: Settings, say: Callable[[str], None]) -> Iterator[Results]:
    """The results so far, after every run, so that a run that is broken off leaves something.

    Returns
    -------
    ``date``, ``machine``, ``settings`` and ``cases``; of each case the title, the ``records`` of its runs, and
    ``skipped``, the reasons of systems that could not run.

    Raises
    ------
    SparkclsError
        The settings, texts or model cannot be used, or the systems need what is not installed.
    """
    # What is missing or wrong is said before hours of work.
    rival.check(settings.spark_nlp_python, settings.spark_nlp_jars)
    needs.check(settings)
    spark_nlp = _spark_nlp(settings, say)
    settings.out.mkdir(parents=True, exist_ok=True)
    log = settings.out.absolute() / LOG
    log.write_text("", encoding="utf-8")
    cases: list[dict[str, Any]] = []
    results: Results = {
        "date": date.today().isoformat(),
        "machine": describe(),
        "settings": _plain(settings),
        "cases": cases,
    }
    work = Path(tempfile.mkdtemp(prefix="sparkcls-bench-"))
    try:
        for case in settings.cases():
            prepared = prepare(settings, case, work, log, partial(_of_case, say, case), spark_nlp)
            cases.append(_about(prepared))
            for repeat, system in _order(settings):
                if system.name in cases[-1]["skipped"]:
                    continue
                say(f"{case.title}: repeat {repeat + 1} of {settings.repeats}: {system.name}")
                try:
                    cases[-1]["records"].append(_record(prepared, system, repeat, log))
                except UnavailableError as e:
                    cases[-1]["skipped"][system.name] = str(e)
                yield results
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _of_case(say: Callable[[str], None], case: Case, what: str) -> None:
    say(f"{case.title}: {what}")


def _spark_nlp(settings: Settings, say: Callable[[str], None]) -> rival.SparkNlp | str | None:
    """Spark NLP's environment; why there is none, or None where it is not asked for."""
    if all(system.name != SPARK_NLP for system in settings.systems):
        return None
    try:
        return rival.ready(settings.work, settings.spark_nlp_python, settings.spark_nlp_jars, say)
    except UnavailableError as e:
        say(f"{SPARK_NLP} is left out: {e}")
        return str(e)


def _order(settings: Settings) -> Iterator[tuple[int, System]]:
    """Every system once in each repeat, and each time another one first: what drifts then hits all alike."""
    count = len(settings.systems)
    for repeat in range(settings.repeats):
        shift = repeat * count // settings.repeats
        for place in range(count):
            yield repeat, settings.systems[(place + shift) % count]


def _record(prepared: Prepared, system: System, repeat: int, log: Path) -> Record:
    job = prepared.job(system)
    python = prepared.spark_nlp.python if system.name == SPARK_NLP and prepared.spark_nlp else None
    record = run_job(job, prepared.work, log, python)
    about: Record = {"system": system.name, "repeat": repeat, "slots": job.slots, "partitions": job.partitions}
    if system.name == GEMM:
        return about | record
    done = prepared.work_of(system)
    rates = {
        "rows_per_second": record["rows"] / record["seconds"],
        "wordpieces_per_second": done["wordpieces"] / record["seconds"],
        "flops_per_second": done["flops"] / record["seconds"],
    }
    return about | record | done | rates


def _about(prepared: Prepared) -> dict[str, Any]:
    lengths = sorted(prepared.lengths.huggingface)
    return {
        "title": prepared.case.title,
        "texts": prepared.case.texts,
        "model": prepared.case.model,
        "wordpieces": {
            "mean": sum(lengths) / len(lengths),
            "median": lengths[len(lengths) // 2],
            "most": lengths[-1],
            "least": lengths[0],
        },
        "rows": len(lengths),
        "slow_rows": len(prepared.thinned),
        "spark_nlp": prepared.spark_nlp_options,
        "skipped": dict(prepared.skipped),
        "records": [],
    }


def _plain(settings: Settings) -> dict[str, Any]:
    return {
        name: [s.name for s in value] if name == "systems" else str(value) if isinstance(value, Path) else value
        for name, value in vars(settings).items()
    }
