"""Every family beside `transformers` on real texts: ``python -m tests.reference.parity --texts FOLDER``.

Models are random: tiny ones of `tests.families`, and with ``--full`` those of `sparkcls bench`'s named shapes, whose heads
are fitted so that labels differ. The texts, Parquet files with a column ``text``, are not kept. What is found goes into
parity.json beside this file, case by case, so that a run of some families leaves the others' figures; docs/parity.md is
made of it.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from sparkcls.bench.models import random_model
from sparkcls.bench.shapes import SHAPES
from sparkcls.families import registry
from tests.families import FAMILIES, save_tiny_family
from tests.reference.parity_cases import Found, against_model, against_pipelines, session

RECORD = Path(__file__).parent / "parity.json"
PAGE = Path(__file__).parents[2] / "docs" / "parity.md"
TINY, FULL = "tiny", "full"
MODELS, TASKS = "models", "tasks"

_HEAD = """\
# Parity with transformers, family by family

Written by `python -m tests.reference.parity`. Random weights, real texts of news, reviews and tweets, compared with
`transformers` in float32, one text at a time. A cell tells how many labels are equal, and how far any label's
probability is off at most, in units of 1e-6. *Spark*: a pipeline's `transform`, with Arrow batches and chunks as they
come. *Light*: `LightPipeline` (of full-size models for a quarter of the texts). *Batches*: `transform` with
`setBatchSize(3)` and the rows in another order. *mixed*: labels of `setPrecision("mixed")` that equal those of
`transformers` in float32. Full-size models have the shape of the family's base model.
"""
_TASKS = """\
## Other tasks

Tiny models beside `transformers`' pipelines: `text-classification` for pairs of texts, for several labels a text
(sigmoid) and for regressions (the raw score), `zero-shot-classification` with four labels. The largest difference of any
score, in units of 1e-6, and of how many texts; in brackets those whose labels are not equal, if there are any.
"""


def texts_of(folder: Path, count: int) -> list[str]:
    """So many different texts, about as many of each file, always the same."""
    files = sorted(folder.glob("*.parquet"))
    frames = [pd.read_parquet(file) for file in files]
    source = random.Random(0)
    chosen = [
        text
        for frame in frames
        if "text" in frame.columns
        for text in source.sample(sorted({t for t in frame["text"] if t.strip()}), -(-count // len(files)))
    ]
    source.shuffle(chosen)
    return chosen[:count]


def compare(
    name: str, size: str, texts: list[str], folder: Path, lengths: Iterable[int | None], what: str
) -> dict[str, Found]:
    """What is found for one family: by length, and for tiny models by task."""
    labels = ["one", "two", "three", "four"]
    if size == FULL:
        # Trained encoders tell texts apart; with the usual 0.02 random ones hardly do, and a head that makes up for it
        # makes up for rounding too.
        random_model(folder / name, texts, name, spread=1.0, initializer_range=0.05)
    else:
        save_tiny_family(folder / name, name, labels)
    found = {}
    for length in lengths if MODELS in what else ():
        case = against_model(folder / name, texts, length, light=len(texts) if size == TINY else len(texts) // 4)
        found[str(case["length"])] = case
    return found | (against_pipelines(name, texts[:100], folder) if size == TINY and TASKS in what else {})


def page(record: dict[str, dict[str, dict[str, Found]]]) -> str:
    """The page for everything that was found."""
    parts = [_HEAD]
    for size in (TINY, FULL):
        cases = record.get(size, {})
        if not cases:
            continue
        rows = [
            (
                name,
                str(case["texts"]),
                length,
                *(_cell(case, way) for way in ("spark", "light", "batches")),
                _mixed(case),
            )
            for name, by_length in cases.items()
            for length, case in by_length.items()
            if length.isdigit()
        ]
        head = ("family" if size == TINY else "shape", "texts", "length", "Spark", "Light", "Batches", "mixed")
        parts += [f"## {size.capitalize()} models", _table(head, rows)]
    tasks = ("pairs", "multi-label", "regression", "zero-shot")
    rows = [
        (name, *(_task(found.get(task)) for task in tasks))
        for name, found in record.get(TINY, {}).items()
        if any(task in found for task in tasks)
    ]
    parts += [_TASKS, _table(("family", *tasks), rows)] if rows else []
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _cell(case: Found, way: str) -> str:
    found = case[way]
    return f"{found['equal']} of {found['texts']}, {found['off'] * 1e6:.2f}"


def _mixed(case: Found) -> str:
    found = case.get("mixed")
    return f"{found['equal']} of {found['texts']}" if found else ""


def _task(found: Found | None) -> str:
    if not found:
        return ""
    different = found["texts"] - found["equal"]
    return f"{found['off'] * 1e6:.2f} of {found['texts']}" + (f" ({different})" if different else "")


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, ("---",) * len(head), *rows))


def main() -> None:
    """Compare, and write the record and the page after every family."""
    parser = argparse.ArgumentParser(prog="python -m tests.reference.parity", description=__doc__)
    parser.add_argument("--texts", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--count", type=int, default=500, help="texts (default: 500)")
    parser.add_argument("--full", action="store_true", help="the named shapes in place of tiny models")
    parser.add_argument("--families", help="names with commas (default: all)")
    parser.add_argument("--lengths", default="128,0", help="with commas; 0 is the family's longest (default: 128,0)")
    parser.add_argument("--what", default=f"{MODELS},{TASKS}", help="one of these, or both (default)")
    args = parser.parse_args()
    size = FULL if args.full else TINY
    usual = [name for name, shape in SHAPES.items() if not shape.labels] if args.full else FAMILIES
    known = [name for name in usual if (SHAPES[name].model_type if args.full else name) in registry.FAMILIES]
    names = args.families.split(",") if args.families else known
    texts = texts_of(args.texts, args.count)
    with session():
        for name in names:
            with tempfile.TemporaryDirectory() as temporary:
                lengths = [int(length) or None for length in args.lengths.split(",")]
                found = compare(name, size, texts, Path(temporary), lengths, args.what)
            record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}
            record.setdefault(size, {}).setdefault(name, {}).update(found)
            RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
            PAGE.write_text(page(record), encoding="utf-8")
            print(name, size, json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
