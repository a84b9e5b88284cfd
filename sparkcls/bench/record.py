"""What is kept of a run: a small JSON file by date and device, beside the page that shows it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparkcls.bench.job import ONE_TEXT, SMALL_BATCHES
from sparkcls.bench.page import check, device, show
from sparkcls.bench.summary import figures, limits, ratios
from sparkcls.errors import ParamError, ParamFileError

Kept = dict[str, Any]

#: What is kept of each system, of `figures`.
_FIGURES = ("rows_per_second", "share", "at_most", "first_row_seconds", *SMALL_BATCHES, *ONE_TEXT, "own")


def read(file: Path) -> Mapping[str, Any]:
    """What a run has left: ``results.json`` of `sparkcls bench`, or ``figures.json`` of ``python -m tests.gpu``.

    Raises
    ------
    ParamFileError
        There is no such file.
    ParamError
        It is neither.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as e:
        raise ParamFileError(f"--results {file}: cannot be read: {e}") from e
    except ValueError as e:
        raise ParamError(f"--results {file}: not JSON: {e}") from e
    if not isinstance(found, dict) or not ({"cases", "machine"} <= found.keys() or {"device", "torch"} <= found.keys()):
        raise ParamError(
            f"--results {file}: expected the results.json of `sparkcls bench`, or the figures.json of "
            "`python -m tests.gpu`"
        )
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", str(found.get("date", ""))):
        raise ParamError(f'--results {file}: it holds no day; add "date": "YYYY-MM-DD", when it was measured')
    return found


def keep(results: Mapping[str, Any], page: Path) -> Path:
    """Write what is kept of a run into the folder of a page's name, and the page's tables anew; the file.

    A case that was measured on that day and device before is replaced; other cases and a ``remark``, which only people
    write, stay.

    Raises
    ------
    ParamError
        The page has no place for tables.
    """
    check(page)
    found = of_gpu(results) if "cases" not in results else of_run(results)
    folder = page.with_suffix("")
    file = folder / f"{found['date']}-{_slug(device(found['machine']))}.json"
    if file.exists():
        before = json.loads(file.read_text(encoding="utf-8"))
        found |= {"remark": before["remark"]} if "remark" in before else {}
        if "cases" in found:
            both = [*before.get("cases", ()), *found["cases"]]
            found["cases"] = list({case["title"]: case for case in both}.values())
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    show(page)
    return file


def of_run(results: Mapping[str, Any]) -> Kept:
    """What is kept of results of `sparkcls bench`: medians, and of ratios the least and the most too."""
    settings = results["settings"]
    machine = {name: value for name, value in results["machine"].items() if name != "os"}
    cases = []
    for case in results["cases"]:
        records = {r["system"]: r for r in reversed(case["records"])}
        found = figures(case)
        if not found:
            continue
        systems = [
            {"system": name, "precision": records[name]["precision"]}
            | {figure: _rounded(spread.median) for figure in _FIGURES if (spread := own[figure])}
            for name, own in found.items()
        ]
        compared = [
            {"what": r.what, "above": r.above, "below": r.below}
            | {"median": _rounded(r.spread.median), "least": _rounded(r.spread.least), "most": _rounded(r.spread.most)}
            | ({"at_most": _rounded(r.at_most.median)} if r.at_most else {})
            for r in ratios(case)
        ]
        cases.append(
            {
                "title": case["title"],
                "rows": case["rows"],
                "slow_rows": case["slow_rows"],
                "wordpieces": _rounded(case["wordpieces"]["mean"]),
                "slots": settings["slots"],
                "repeats": settings["repeats"],
                "versions": next(iter(records[name]["versions"] for name in found)),
                "limits": {name: _rounded(rate.median / 1e9) for name, rate in limits(case).items() if rate},
                "systems": systems,
                "ratios": compared,
                "skipped": case["skipped"],
            }
        )
    return {"date": results["date"], "machine": machine, "cases": cases}


def of_gpu(figures: Mapping[str, Any]) -> Kept:
    """What is kept of figures of ``python -m tests.gpu``, in texts a second and TFLOP/s."""
    texts = []
    for what, found in figures.items():
        if named := re.fullmatch(r"mixed, (\d+) wordpieces", what):
            length = named[1]
            alone = figures.get(f"float32, {length} wordpieces", {}).get("texts/s model alone")
            recipe = figures.get(f"transformers, batches of 32, {length} wordpieces, texts/s")
            row = {"mixed": found["texts/s model alone"], "share": found["share of limit"]}
            row |= {"transformers": recipe, "float32": alone}
            texts.append({"wordpieces": int(length)} | {name: _rounded(v) for name, v in row.items() if v})
    processes = {
        named[1]: _rounded(rate)
        for what, rate in figures.items()
        if (named := re.fullmatch(r"mixed, 56 wordpieces, (\d+) processes, texts/s", what))
    }
    limit = {
        name: _rounded(max(rates.get("768", 0), rates.get("3072", 0)))
        for name in ("float16", "float32")
        if (rates := figures.get(f"GEMM torch.{name}, TFLOP/s"))
    }
    machine = {"gpu": figures["device"], "torch": figures["torch"]}
    return {"date": figures["date"], "machine": machine, "limits": limit, "texts": texts, "processes": processes}


def _rounded(value: float) -> float:
    """Four digits: no figure here is worth more."""
    return float(f"{value:.4g}")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"\((?:r|tm)\)", "", text.lower())).strip("-")
