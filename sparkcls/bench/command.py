"""The command: arguments in; a table, JSON and a chart out."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from sparkcls.bench.machine import cores
from sparkcls.bench.shapes import FAMILIES, MEASURED, SHAPES
from sparkcls.bench.systems import DEFAULT, FULL, NAMES

EPILOG = (
    f"Systems: {', '.join(NAMES)}; with @bundled or @base behind the name, such as sparkcls@bundled, for another model "
    "than the run's. Spark NLP is not in the default: add it, as in --systems sparkcls,spark-nlp. It gets "
    "an environment of its own, which is made on demand (pip, and Maven Central through Spark: 1 GB), unless "
    "--spark-nlp-python and --spark-nlp-jars name one. The default run takes less than 10 minutes on 2 cores. "
    "Results go to --out: results.json, report.md, chart.png, log.txt."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `run`."""
    parser.add_argument(
        "--systems",
        metavar="A,B,...",
        help=f"what to measure, see below (default: {', '.join(DEFAULT)}; with --full {', '.join(FULL)})",
    )
    parser.add_argument(
        "--texts",
        default="news",
        metavar="TEXTS",
        help="phrases, news, reviews or mix, which are generated; or a file: .txt with a text a line, or .jsonl, .csv "
        "or .parquet (default: news)",
    )
    parser.add_argument("--column", metavar="C", help="the file's column with the texts (default: text)")
    parser.add_argument(
        "--model",
        default="base",
        metavar="MODEL",
        help=f"bundled, a model folder of any family, or random weights in a shape: {', '.join(SHAPES)}, where base is "
        f"DistilBERT-base's; several with commas; {FAMILIES} for {', '.join(MEASURED)} (default: base)",
    )
    parser.add_argument(
        "--labels",
        type=int,
        default=0,
        metavar="N",
        help=f"measure zero-shot classifiers, with so many labels (the shape zero-shot: {SHAPES['zero-shot'].labels})",
    )
    parser.add_argument("--rows", type=int, metavar="N", help="rows (default: 1000; with --full 3000)")
    parser.add_argument("--slow-rows", type=int, default=300, metavar="N", help="rows for slow systems (default: 300)")
    parser.add_argument("--repeats", type=int, metavar="N", help="runs of every system (default: 3; with --full 5)")
    parser.add_argument("--slots", type=int, metavar="N", help="Spark's task slots (default: one a core)")
    parser.add_argument("--max-length", type=int, default=512, metavar="N", help="wordpieces of a text (default: 512)")
    parser.add_argument(
        "--out", type=Path, default=Path("sparkcls-bench"), metavar="FOLDER", help="default: sparkcls-bench"
    )
    parser.add_argument(
        "--full", action="store_true", help="all four kinds of texts, with base and bundled; takes hours on 2 cores"
    )
    parser.add_argument("--spark-nlp-python", type=Path, metavar="PATH", help="the python of Spark NLP's environment")
    parser.add_argument("--spark-nlp-jars", type=Path, metavar="FOLDER", help="Spark NLP's JARs, with dependencies")
    parser.add_argument(
        "--work", type=Path, metavar="FOLDER", help="where Spark NLP's environment is made (default: sparkcls' cache)"
    )


def run(args: argparse.Namespace) -> None:
    """Measure, and write what was found after every single run.

    Raises
    ------
    SparkclsError
        An argument, the texts or the model cannot be used.
    """
    from sparkcls.bench.chart import draw
    from sparkcls.bench.report import markdown
    from sparkcls.bench.runner import run as measure
    from sparkcls.bench.settings import Settings, parse_models, parse_systems
    from sparkcls.settings import cache_folder

    settings = Settings(
        systems=parse_systems(args.systems, args.full),
        texts=args.texts,
        column=args.column,
        models=parse_models(args.model),
        labels=args.labels,
        rows=args.rows if args.rows is not None else 3000 if args.full else 1000,
        slow_rows=args.slow_rows,
        repeats=args.repeats if args.repeats is not None else 5 if args.full else 3,
        slots=args.slots if args.slots is not None else cores(),
        max_length=args.max_length,
        out=args.out,
        work=args.work or cache_folder() / "bench",
        full=args.full,
        spark_nlp_python=args.spark_nlp_python,
        spark_nlp_jars=args.spark_nlp_jars,
    ).check()
    started = time.monotonic()

    def say(what: str) -> None:
        print(f"sparkcls bench: {time.monotonic() - started:5.0f} s: {what}", file=sys.stderr)

    results = None
    try:
        for results in measure(settings, say):
            text = markdown(results)
            (settings.out / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
            (settings.out / "report.md").write_text(text, encoding="utf-8")
    except KeyboardInterrupt:
        say("stopped")
    if results is None:
        return
    print(markdown(results))
    if not draw(results, settings.out / "chart.png"):
        print('sparkcls: no chart without matplotlib: pip install "sparkcls[bench]"', file=sys.stderr)
    say(f"done; results are in {settings.out}")
