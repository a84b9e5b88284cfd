"""Classify texts in Spark with the model that ships inside sparkcls.

    python examples/quickstart.py                            # a dozen reviews, and rows that go wrong elsewhere
    python examples/quickstart.py reviews.csv --text-col body
    python examples/quickstart.py reviews.csv --model FOLDER      # any classifier of Hugging Face; or owner/name

Reads CSV (with a header), JSON (lines or an array) or Parquet. Prints a table in plain words.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import sparkcls
from sparkcls.annotator import Tokenizer, TransformerForSequenceClassification
from sparkcls.base import DocumentAssembler, Pipeline, col
from sparkcls.errors import SparkclsError

MODEL = "distilbert_mini_sequence_classifier_sst2"

REVIEWS = [
    "A warm, funny film that never once talks down to its audience.",
    "Two hours of my life that I will never get back.",
    "The photography is gorgeous and the score gave me goosebumps.",
    "I wanted to like it, but the plot falls apart halfway through.",
    "Not a single joke lands.",
    "She carries the whole picture with a quiet, fearless performance.",
    "Predictable, overlong and strangely lifeless.",
    "My kids laughed from start to finish, and so did I.",
    "The effects look cheap and the dialogue is worse.",
    "It isn't perfect, yet I left the cinema smiling.",
    "A confused mess that mistakes noise for excitement.",
    "One of the most moving endings I have seen in years.",
]
AWKWARD = [
    None,
    "",
    "Brilliant! " + "I loved every minute of it. " * 500,
    "🎬🍿 so good 😍😍",
    "Прекрасный фильм, 素晴らしい映画, un film magnifique!",
]


def rows_to_show(rows: list) -> list[tuple[str, str, str, str]]:
    """What a person wants to know of each row."""
    lines = []
    for row in rows:
        text = row["text"]
        shown = "(null)" if text is None else "(empty)" if not text.strip() else " ".join(text.split())
        shown = shown if len(shown) <= 58 else shown[:57] + "…"
        if not row["class"]:
            lines.append((shown, "-", "", "nothing to classify"))
            continue
        first = row["class"][0]
        note = ""
        if first["metadata"].get("error"):
            note = first["metadata"]["error"]
        elif first["metadata"].get("truncated"):
            note = f"{first['metadata']['truncated']} wordpieces did not fit"
        confidence = first["metadata"].get(first["result"])
        lines.append((shown, first["result"], f"{float(confidence):.1%}" if confidence else "", note))
    return lines


def print_table(lines: list[tuple[str, str, str, str]]) -> None:
    header = ("text", "label", "confidence", "note")
    widths = [max(len(line[i]) for line in [header, *lines]) for i in range(4)]
    for line in [header, tuple("-" * w for w in widths), *lines]:
        print("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip())


def read(spark, path: Path, text_col: str):
    if not path.exists():
        raise SystemExit(f"There is no file {path}.")
    kind = path.suffix.lower().lstrip(".")
    if kind == "csv":
        frame = spark.read.csv(str(path), header=True, multiLine=True, escape='"')
    elif kind in ("json", "jsonl"):
        with open(path, encoding="utf-8-sig") as file:
            is_array = file.read(1_000).lstrip().startswith("[")
        frame = spark.read.json(str(path), multiLine=is_array)
    elif kind == "parquet":
        frame = spark.read.parquet(str(path))
    else:
        raise SystemExit(f"{path} is neither .csv, .json, .jsonl nor .parquet.")
    if text_col not in frame.columns:
        raise SystemExit(f"{path} has no column {text_col!r}; name one of {', '.join(frame.columns)} with --text-col.")
    return frame.select(col(f"`{text_col}`").cast("string").alias("text"))


def main() -> None:
    parser = argparse.ArgumentParser(description="Classify texts in Spark.")
    parser.add_argument("path", nargs="?", type=Path, help="a CSV, JSON or Parquet file; default: built-in examples")
    parser.add_argument("--text-col", default="text", help="its column with the texts (default: text)")
    parser.add_argument(
        "--model", default=MODEL, help="a model's folder or name (default: a bundled one, for sentiment)"
    )
    parser.add_argument("--limit", type=int, default=20, help="rows to show (default: 20)")
    args = parser.parse_args()

    started = time.perf_counter()
    spark = sparkcls.start(params={"spark.ui.enabled": "false"})
    if args.path:
        frame = read(spark, args.path, args.text_col)
    else:
        frame = spark.createDataFrame([(t,) for t in REVIEWS + AWKWARD], "text string")

    classifier = TransformerForSequenceClassification
    make = classifier.loadSavedModel if Path(args.model).is_dir() else classifier.pretrained
    pipeline = Pipeline(
        stages=[
            DocumentAssembler().setInputCol("text").setOutputCol("document"),
            Tokenizer().setInputCols(["document"]).setOutputCol("token"),
            make(args.model).setInputCols(["token", "document"]).setOutputCol("class"),
        ]
    )
    result = pipeline.fit(frame).transform(frame).select("text", "class")
    ready = time.perf_counter()

    shown = result.limit(args.limit).collect()
    first = time.perf_counter()
    print_table(rows_to_show(shown))
    total, labels = len(shown), ""
    if args.path:
        grouped = result.selectExpr("get(class.result, 0) as label").groupBy("label").count().collect()
        counts = {row["label"] or "nothing to classify": row["count"] for row in grouped}
        total = sum(counts.values())
        labels = ": " + ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))
    done = time.perf_counter()
    print(f"\n{total} rows classified with {args.model}{labels}.")
    print(f"Spark was ready after {ready - started:.1f} s, the first rows took {first - ready:.1f} s", end="")
    print(f" (starting Python, loading the model), all rows {done - ready:.1f} s." if args.path else ".")
    spark.stop()


if __name__ == "__main__":
    try:
        main()
    except SparkclsError as e:
        sys.exit(str(e))
