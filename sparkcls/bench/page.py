"""The tables of a page of records, newest first, between two lines of it that mark their place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sparkcls.bench.job import SMALL_BATCHES
from sparkcls.bench.report import one_text, table
from sparkcls.errors import ParamError

BEGIN = "<!-- records: written by sparkcls bench --record, from the files of the folder beside this page -->"
END = "<!-- end of records -->"

_RIVALS = ("hf-pipeline", "predict-batch", "spark-nlp")
_OVERVIEW = ("day", "device", "texts, model", "system", *(f"over {name}" for name in _RIVALS))
_FIGURES = {
    "rows_per_second": "rows/s",
    "at_most": "at most",
    "share": "share of GEMM",
    "first_row_seconds": "first row, s",
    **{name: f"{rows} rows, s" for name, rows in SMALL_BATCHES.items()},
    "own": "own, MB",
}
_SYSTEMS = ("texts, model", "system", "precision", *_FIGURES.values())
_RATIOS = ("texts, model", "what", "system", "rival", "times as good", "at most")
_GPU = ("wordpieces", "`mixed`", "share of GEMM", "float32", "`transformers`, float16, batches of 32")


def check(page: Path) -> None:
    """See whether a page has a place for the tables, if it is there.

    Raises
    ------
    ParamError
        It has none, or is no Markdown.
    """
    if page.suffix != ".md":
        raise ParamError(f"--record {page}: expected a page of Markdown, such as docs/benchmarks.md")
    if page.exists():
        _around(page)


def show(page: Path) -> None:
    """Write a page's tables anew, and the page if it is not there."""
    before, after = _around(page) if page.exists() else ("# Benchmarks\n\n", "\n")
    files = sorted(page.with_suffix("").glob("*.json"))
    tables = render([json.loads(file.read_text(encoding="utf-8")) for file in files])
    page.write_text(f"{before}{BEGIN}\n\n{tables}\n{END}{after}", encoding="utf-8")


def render(records: Sequence[Mapping[str, Any]]) -> str:
    """The tables of some records."""
    newest = sorted(records, key=lambda record: (record["date"], device(record["machine"])), reverse=True)
    compared = [row for record in newest for row in _compared(record)]
    parts = [table(_OVERVIEW, compared)] if compared else []
    for record in newest:
        parts.append(f"### {record['date']}: {device(record['machine'])}")
        parts += _of_gpu(record) if "gpu" in record["machine"] else _of_cpu(record)
        parts += [record["remark"]] if "remark" in record else []
    return "\n\n".join(parts) + "\n"


def device(machine: Mapping[str, Any]) -> str:
    """A machine in words: what decides how fast it is."""
    if "gpu" in machine:
        return str(machine["gpu"])
    flags = machine["flags"]
    kinds = [machine["generation"]] if machine.get("generation") else []
    kinds += ["AVX-512 with bfloat16"] if "avx512_bf16" in flags else ["AVX-512"] if "avx512f" in flags else []
    kinds += ["AMX"] if "amx_bf16" in flags else ["no AMX"] if any(f.startswith("avx") for f in flags) else []
    cores = f"{machine['cores']} core{'s' if machine['cores'] != 1 else ''}"
    return f"{machine['cpu']}, {cores}" + (f" ({', '.join(kinds)})" if kinds else "")


def _around(page: Path) -> tuple[str, str]:
    """What stands before and after the tables."""
    text = page.read_text(encoding="utf-8")
    before, begun, rest = text.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ParamError(f"--record {page}: it has no lines {BEGIN!r} and {END!r}, between which tables are written")
    return before, after


def _compared(record: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """For each case and system of sparkcls what it does of each rival's rows a second."""
    for case in record.get("cases", ()):
        for own in case["systems"]:
            over = {r["below"]: r for r in case["ratios"] if r["above"] == own["system"] and r["what"] == "rows/s"}
            if any(name in over for name in _RIVALS):
                yield (
                    record["date"],
                    device(record["machine"]),
                    case["title"],
                    f"{own['system']} ({own['precision']})",
                    *(_of_rival(over.get(name)) for name in _RIVALS),
                )


def _of_rival(ratio: Mapping[str, Any] | None) -> str:
    if ratio is None:
        return ""
    most = f", at most {_number(ratio['at_most'])}" if "at_most" in ratio else ""
    return f"**{_number(ratio['median'])}**{most}"


def _of_cpu(record: Mapping[str, Any]) -> Iterator[str]:
    systems, ratios = [], []
    for case in record["cases"]:
        yield _about(case)
        for own in case["systems"]:
            found = [_number(own[name]) if name in own else "" for name in _FIGURES]
            systems.append((case["title"], own["system"], own.get("precision", ""), *found))
        for r in case["ratios"]:
            least, most = r.get("least"), r.get("most")
            spread = f" ({_number(least)} to {_number(most)})" if least != most else ""
            bound = _number(r["at_most"]) if "at_most" in r else ""
            compared = (r["what"], r["above"], r["below"])
            ratios.append((case["title"], *compared, f"{_number(r['median'])}{spread}", bound))
    yield table(_SYSTEMS, systems)
    if ratios:
        yield table(_RATIOS, ratios)
    yield from filter(None, (one_text(own["system"], own) for case in record["cases"] for own in case["systems"]))


def _about(case: Mapping[str, Any]) -> str:
    """How a case was measured, in words."""
    versions = ", ".join(f"{name} {version}" for name, version in case["versions"].items())
    limits = "; ".join(f"{rate:,.0f} in {name}" for name, rate in case["limits"].items())
    length = f" of {case['wordpieces']:,.1f} wordpieces" if "wordpieces" in case else ""
    return (
        f"{case['title']}: {case['rows']:,} rows{length}, {case['slow_rows']:,} for slow systems; {case['slots']} "
        f"slots; medians of {case['repeats']} repeats; {versions}. Limit by matrix multiplication, GFLOP/s: {limits}."
        + "".join(f" Not measured: {name}: {why.rstrip('.')}." for name, why in case["skipped"].items())
    )


def _of_gpu(record: Mapping[str, Any]) -> Iterator[str]:
    limits = "; ".join(f"{rate:,.4g} in {name}" for name, rate in record.get("limits", {}).items())
    yield (
        "Texts a second by wordpieces of each, DistilBERT-base's shape: the model alone, but `transformers` with its "
        f"tokenizer; torch {record['machine']['torch']}."
        + (f" Limit by matrix multiplication, TFLOP/s: {limits}." if limits else "")
    )
    named = ("mixed", "share", "float32", "transformers")
    rows = [(f"{row['wordpieces']}", *(_number(row[n]) if n in row else "" for n in named)) for row in record["texts"]]
    yield table(_GPU, rows)
    if record["processes"]:
        shared = ", ".join(f"{rate:,.0f} with {number}" for number, rate in record["processes"].items())
        yield f"Texts of 56 wordpieces from processes of one core that share it, tokenising included: {shared}."


def _number(value: float) -> str:
    """Three digits, without zeros that nobody measured."""
    return f"{float(f'{value:.3g}'):,.10g}"
