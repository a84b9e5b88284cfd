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
from sparkcls.errors import ParamError

EPILOG = (
    f"Systems: {', '.join(NAMES)}; with @bundled or @base behind the name, such as sparkcls@bundled, for another model "
    "than the run's. Spark NLP is not in the default: add it, as in --systems sparkcls,spark-nlp. It gets "
    "an environment of its own, which is made on demand (pip, and Maven Central through Spark: 1 GB), unless "
    "--spark-nlp-python and --spark-nlp-jars name one. The default run takes less than 10 minutes on 2 cores. "
    "Results go to --out: results.json, report.md, chart.png, log.txt. --record keeps them by day and device."
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
        "--record",
        type=Path,
        metavar="PAGE.md",
        help="keep the figures by day and device: a JSON file in the folder of the page's name, and the tables of all "
        "such files in the page",
    )
    parser.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="measure nothing, and --record this results.json, or figures.json of a GPU, of another machine",
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
    """Measure, and write what was found after every single run; or record what was measured elsewhere.

    Raises
    ------
    SparkclsError
        An argument, the texts or the model cannot be used, or something is missing.
    """
    from sparkcls.bench import page, record
    from sparkcls.bench.chart import draw
    from sparkcls.bench.needs import without_chart
    from sparkcls.bench.report import markdown
    from sparkcls.bench.runner import run as measure
    from sparkcls.bench.settings import Settings, parse_models, parse_systems
    from sparkcls.settings import cache_folder

    if args.record:
        page.check(args.record)
    if args.results:
        if not args.record:
            raise ParamError("--results needs --record PAGE.md, the page that its figures go into")
        print(record.keep(record.read(args.results), args.record))
        return
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

    if nothing_drawn := without_chart():
        say(nothing_drawn)
    results, whole = None, False
    try:
        for results in measure(settings, say):
            text = markdown(results)
            (settings.out / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
            (settings.out / "report.md").write_text(text, encoding="utf-8")
        whole = True
    except KeyboardInterrupt:
        say("stopped")
    if results is None:
        return
    print(markdown(results))
    draw(results, settings.out / "chart.png")
    if args.record and whole:
        say(f"recorded in {record.keep(results, args.record)}")
    elif args.record:
        say(f"not recorded, because it was stopped; --results {settings.out / 'results.json'} records what there is")
    say(f"done; results are in {settings.out}")
