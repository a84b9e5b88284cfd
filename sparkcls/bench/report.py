"""Results as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sparkcls.bench.job import ONE_TEXT, SMALL_BATCHES, THREADS
from sparkcls.bench.summary import Ratio, Spread, figures, limits, ratios
from sparkcls.bench.systems import GEMM, find_system

_HEAD = (
    "system",
    "precision",
    "rows",
    "rows/s",
    "wordpieces/s",
    "GFLOP/s",
    "share of GEMM",
    "rows/s at most",
    "first row, s",
    *(f"{rows} rows, s" for rows in SMALL_BATCHES.values()),
    "worker peak, MB",
    "worker own, MB",
    "JVM peak, MB",
)


def markdown(results: dict[str, Any]) -> str:
    """Machine, and for each case a table of the systems and one of ratios. Figures are medians (least to most)."""
    machine, settings = results["machine"], results["settings"]
    parts = [
        f"{machine['cpu']}, {machine['cores']} cores ({', '.join(machine['flags'])}), {machine['memory_gb']} GB, "
        f"{machine['os']}",
        f"{settings['slots']} slots, {settings['repeats']} repeats, texts cut at {settings['max_length']} wordpieces. "
        "Medians, in brackets the least and the most.",
    ]
    if len(results["cases"]) > 1:
        parts.append(_overview(results["cases"]))
    for case in results["cases"]:
        lengths = case["wordpieces"]
        parts.append(f"## {case['title']}")
        parts.append(
            f"{case['rows']} rows, {case['slow_rows']} for slow systems; wordpieces: mean {lengths['mean']:.1f}, "
            f"median {lengths['median']}, {lengths['least']} to {lengths['most']}"
        )
        parts.append(_systems(case))
        for name, own in figures(case).items():
            parts.append(one_text(name, {figure: spread.median for figure, spread in own.items() if spread}))
        limit = [f"{name} {_spread(rate, 1e9)} GFLOP/s" for name, rate in limits(case).items()]
        if limit:
            parts.append(f"Limit by matrix multiplication: {'; '.join(limit)}")
        found = ratios(case)
        if found:
            rows = [(r.what, r.above, r.below, _spread(r.spread, digits=2), _allowed(r)) for r in found]
            parts.append(table(("what", "system", "rival", "times as good", "the limit allows"), rows))
        if case["spark_nlp"].get("tried"):
            parts.append(_tuning(case["spark_nlp"]))
        parts += [f"Not measured: {name}: {why}" for name, why in case["skipped"].items()]
        parts.append(_versions(case))
    return "\n\n".join(part for part in parts if part) + "\n"


def _overview(cases: Sequence[dict[str, Any]]) -> str:
    """How many times the rows a second of its rivals sparkcls does, for each case."""
    rows = [
        (case["title"], r.above, r.below, _spread(r.spread, digits=2))
        for case in cases
        for r in ratios(case)
        if r.what == "rows/s" and find_system(r.below).slow
    ]
    return table(("case", "system", "rival", "times as many rows/s"), rows) if rows else ""


def _systems(case: dict[str, Any]) -> str:
    rows = []
    for name, own in figures(case).items():
        record = next(r for r in case["records"] if r["system"] == name)
        rows.append(
            (
                name,
                record["precision"],
                str(record["rows"]),
                _spread(own["rows_per_second"]),
                _spread(own["wordpieces_per_second"]),
                _spread(own["flops_per_second"], 1e9),
                _spread(own["share"], digits=2),
                _spread(own["at_most"]),
                _spread(own["first_row_seconds"]),
                *(_spread(own[name]) for name in SMALL_BATCHES),
                _plain(own["peak"]),
                _plain(own["own"]),
                _plain(own["jvm"]),
            )
        )
    return table(_HEAD, rows) if rows else ""


def _tuning(options: dict[str, Any]) -> str:
    tried = "; ".join(
        f"threads {threads}: " + ", ".join(f"{size}: {rate:.1f}" for size, rate in rates.items())
        for threads, rates in options["tried"].items()
    )
    return (
        f"Spark NLP ran with batch size {options['batch_size']}, threads a call: {options['threads'] or 'default'}; "
        f"tried (rows/s by batch size): {tried}" + (f"\n\n{options['note']}" if options.get("note") else "")
    )


def _versions(case: dict[str, Any]) -> str:
    """Each environment once, with the systems that ran in it."""
    found: dict[str, list[str]] = {}
    for record in case["records"]:
        if record["system"] == GEMM:
            continue
        text = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
        names = found.setdefault(text, [])
        if record["system"] not in names:
            names.append(record["system"])
    return "\n\n".join(f"{', '.join(names)}: {text}" for text, names in found.items())


def one_text(name: str, medians: Mapping[str, float]) -> str:
    """How long one call with one text takes, in words; nothing if that was not measured."""
    if any(figure not in medians for figure in ONE_TEXT):
        return ""
    alone, alone_99, together, together_99 = (f"{medians[figure] * 1000:,.3g}" for figure in ONE_TEXT)
    return (
        f"{name}, milliseconds of a call with one text: median {alone}, 99th percentile {alone_99}; with {THREADS} "
        f"calls at a time {together} and {together_99}."
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _spread(spread: Spread | None, unit: float = 1, digits: int | None = None) -> str:
    if spread is None:
        return ""
    values = [value / unit for value in (spread.median, spread.least, spread.most)]
    places = digits if digits is not None else 0 if values[0] >= 100 else 1 if values[0] >= 10 else 2
    middle, least, most = (f"{value:,.{places}f}" for value in values)
    return f"{middle} ({least} to {most})" if spread.least < spread.most else middle


def _allowed(ratio: Ratio) -> str:
    """The most that a ratio can be; a time to the first row is no matter of arithmetic."""
    return f"at most {_spread(ratio.at_most, digits=2)}" if ratio.at_most else "-"


def _plain(spread: Spread | None) -> str:
    return "" if spread is None else f"{spread.median:,.0f}"
