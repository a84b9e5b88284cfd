"""Medians, spread and ratios of the records of a case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from sparkcls.bench.job import ONE_TEXT, SMALL_BATCHES, Record
from sparkcls.bench.systems import GEMM, SPARK_NLP, find_system


@dataclass(frozen=True)
class Spread:
    """A median with the least and the most that it is of."""

    median: float
    least: float
    most: float

    @staticmethod
    def of(values: Iterable[float]) -> Spread | None:
        """The spread of some values, None of none."""
        found = list(values)
        return Spread(median(found), min(found), max(found)) if found else None


@dataclass(frozen=True)
class Ratio:
    """How many times as good one system is as another; over 1 is better.

    Parameters
    ----------
    at_most
        What it would be if the first system did nothing but the matrix multiplications that no engine can save, at
        the limit's rate in its precision and repeat; None where the limit does not bound it.
    """

    what: str
    above: str
    below: str
    spread: Spread
    at_most: Spread | None = None


#: Figures of a record that are summed up as they are.
_FIGURES = (
    "rows_per_second",
    "wordpieces_per_second",
    "flops_per_second",
    "seconds",
    "first_row_seconds",
    "setup_seconds",
    *SMALL_BATCHES,
    *ONE_TEXT,
)


def figures(case: dict[str, Any]) -> dict[str, dict[str, Spread | None]]:
    """By system the spread of every figure, of its share of the limit and of its memory in MB.

    ``at_most`` are the rows a second that the limit allows in the system's precision, see `Ratio`.
    ``peak``, ``pss`` and ``own`` are those of the worker that has most, see `sparkcls.bench.memory`; ``jvm`` is the
    JVM's peak.
    """
    found: dict[str, dict[str, Spread | None]] = {}
    for name, records in _by_system(case).items():
        if name == GEMM:
            continue
        own: dict[str, Spread | None] = {
            figure: Spread.of(r[figure] for r in records if r.get(figure) is not None) for figure in _FIGURES
        }
        own["share"] = Spread.of(_shares(case, records))
        own["at_most"] = Spread.of(_at_most(case, records).values())
        for kind in ("peak", "pss", "own"):
            own[kind] = Spread.of(_most(r, "workers", kind) for r in records if _memory(r, "workers"))
        own["jvm"] = Spread.of(_most(r, "jvm", "peak") for r in records if _memory(r, "jvm"))
        found[name] = own
    return found


def limits(case: dict[str, Any]) -> dict[str, Spread | None]:
    """By precision the operations a second of matrix multiplication."""
    records = _by_system(case).get(GEMM, [])
    precisions = dict.fromkeys(precision for r in records for precision in r["gemm"]["rate"])
    return {p: Spread.of(r["gemm"]["rate"][p] for r in records) for p in precisions}


def ratios(case: dict[str, Any]) -> list[Ratio]:
    """Ratios of systems in Spark to their rivals. Each is of two runs of the same repeat, so of one time."""
    systems = _by_system(case)
    found: list[Ratio] = []

    def add(what: str, figure: str, above: str, below: str, inverse: bool = False) -> None:
        values = _paired(systems[above], systems[below], figure)
        spread = Spread.of(1 / value if inverse else value for value in values)
        if spread:
            bound = _bound(case, systems[above], systems[below]) if figure == "rows_per_second" else None
            found.append(Ratio(what, above, below, spread, bound))

    ours = [name for name in systems if name != GEMM and find_system(name).ours]
    for name in ours:
        model, precision = find_system(name).model, systems[name][0]["precision"]
        for other in systems:
            if other in (GEMM, name) or find_system(other).model != model:
                continue
            system = find_system(other)
            if system.slow or (system.module == "loop" and systems[other][0]["precision"] == precision):
                add("rows/s", "rows_per_second", name, other)
            if system.slow and other != SPARK_NLP:
                # A time: the smaller is the better one.
                add("time to the first row", "first_row_seconds", name, other, inverse=True)
            if system.slow:
                for figure, rows in SMALL_BATCHES.items():
                    add(f"time of {rows} rows", figure, name, other, inverse=True)
        plain = name.partition("@")[0]
        if model and plain in systems:
            add("rows/s, other model", "rows_per_second", name, plain)
    return found


def _by_system(case: dict[str, Any]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in case["records"]:
        found.setdefault(record["system"], []).append(record)
    return found


def _paired(above: list[Record], below: list[Record], figure: str) -> list[float]:
    others = {r["repeat"]: r.get(figure) for r in below}
    return [r[figure] / others[r["repeat"]] for r in above if r.get(figure) and others.get(r["repeat"])]


def _shares(case: dict[str, Any], records: list[Record]) -> list[float]:
    """Operations a second as a share of the limit in the same precision and repeat."""
    return [record["flops_per_second"] / rate for record, rate in _with_limit(case, records)]


def _at_most(case: dict[str, Any], records: list[Record]) -> dict[int, float]:
    """By repeat the rows a second that the limit allows; of records of older versions none."""
    return {
        record["repeat"]: record["rows"] * rate / record["needed_flops"]
        for record, rate in _with_limit(case, records)
        if record.get("needed_flops")
    }


def _bound(case: dict[str, Any], above: list[Record], below: list[Record]) -> Spread | None:
    allowed = _at_most(case, above)
    return Spread.of(
        allowed[r["repeat"]] / r["rows_per_second"] for r in below if r["repeat"] in allowed and r["rows_per_second"]
    )


def _with_limit(case: dict[str, Any], records: list[Record]) -> Iterator[tuple[Record, float]]:
    """Records with the limit, in operations a second, of the same precision and repeat."""
    limit = {r["repeat"]: r["gemm"]["rate"] for r in case["records"] if r["system"] == GEMM}
    for record in records:
        # Mixed is bfloat16 on a CPU, but for a few texts.
        precision = "bfloat16" if record["precision"] == "mixed" else record["precision"]
        rate = limit.get(record["repeat"], {}).get(precision)
        if rate:
            yield record, rate


def _memory(record: Record, group: str) -> list[dict[str, float]]:
    found: list[dict[str, float]] = record.get("memory", {}).get(group, [])
    return found


def _most(record: Record, group: str, kind: str) -> float:
    return max(process[kind] for process in _memory(record, group))
