"""`sparkcls evaluate`: answers against gold labels."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from sparkcls.cli.arguments.input import add_input_arguments, input_of
from sparkcls.cli.arguments.model import add_model_arguments, classifier_of
from sparkcls.cli.arguments.report import add_report_argument, check_report
from sparkcls.cli.arguments.session import add_session_arguments, session
from sparkcls.cli.saying import say
from sparkcls.errors import ColumnError, JobError, ParamError, SparkclsError

EPILOG = (
    "Answers are columns of the input (--prediction; by default those that `sparkcls classify` adds), or a classifier "
    "makes them first: with --model, or where there are none. docs/evaluation.md tells what the figures are."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `run`."""
    add_input_arguments(parser)
    parser.add_argument("--label-col", required=True, metavar="C", help="the column of gold labels")
    parser.add_argument("--text-col", metavar="C", help="the column of texts (default: text, if there is one)")
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="GOLD=LABEL",
        help="what a gold label is called in answers, such as neg=NEGATIVE; may be given several times; without LABEL "
        "its rows are left out",
    )
    parser.add_argument("--delimiter", metavar="D", help="between gold labels where a row may have several")
    parser.add_argument(
        "--task", choices=["single", "multi", "regression"], help="what answers are (default: what the columns say)"
    )
    parser.add_argument(
        "--unanswered",
        choices=["wrong", "skip"],
        default="wrong",
        help="whether rows without an answer count as wrong (default) or not at all",
    )
    group = parser.add_argument_group("answers")
    group.add_argument(
        "--prediction",
        "--prediction-col",
        metavar="C",
        help="the column of answers, or the prefix of the columns that `sparkcls classify` added",
    )
    add_model_arguments(group)
    group = parser.add_argument_group("output")
    group.add_argument("--json", action="store_true", help="print all figures as JSON")
    add_report_argument(group, "all figures")
    add_session_arguments(parser)


def run(args: argparse.Namespace) -> None:
    """Evaluate, and print the result.

    Raises
    ------
    ParamError, ColumnError
        An argument cannot be used, a column is not there, or labels do not match.
    JobError
        Spark failed.
    """
    source = input_of(args)
    label_map = dict(_pair(pair) for pair in args.map)
    if args.prediction is not None and (args.model or args.set or args.zero_shot):
        raise ParamError("--prediction names answers that are there, --model makes new ones; leave one out")
    check_report(args.report)
    with session(args) as spark:
        from sparkcls.cli.quality import quality_lines
        from sparkcls.jobs.listing import reason
        from sparkcls.jobs.quality import Quality, quality_of

        opened = source.open(spark)
        opened.check_columns(*(name for name in (args.label_col, args.text_col) if name is not None))
        text = args.text_col or ("text" if "text" in opened.columns and args.label_col != "text" else None)
        frame = opened.frame if args.limit is None else opened.frame.limit(args.limit)
        try:
            quality = quality_of(frame, opened.lines) if opened.files else Quality()
            found = _evaluated(args, spark, frame, text, label_map)
        except SparkclsError:
            raise
        except Exception as e:  # whatever Spark raises, on classic and on Connect
            raise JobError(f"Spark failed: {reason(e)}") from e
    print(json.dumps(found.to_dict(), indent=2) if args.json else found)
    # Of the answers, and not among them: what is printed may be JSON.
    print(quality_lines(quality), end="", file=sys.stderr)
    if args.report is not None:
        say(f"report: {found.report(args.report)}")


def _evaluated(
    args: argparse.Namespace, spark: Any, frame: Any, text: str | None, label_map: dict[str, str | None]
) -> Any:
    import sparkcls
    from sparkcls.spark.columns import quoted
    from sparkcls.spark.spreading import spread, task_slots

    options = {
        "text_col": text,
        "label_map": label_map,
        "delimiter": args.delimiter,
        "task": args.task,
        "unanswered": args.unanswered,
    }
    answered = "label" in frame.columns and args.label_col != "label"
    if args.prediction is not None or (answered and not (args.model or args.set or args.zero_shot)):
        return sparkcls.evaluate(frame, args.label_col, args.prediction, **options)
    if text is None:
        raise ColumnError(
            "There are no answers in the input, and no column of texts for a classifier: name answers with "
            f"--prediction, or texts with --text-col; the input has {', '.join(map(repr, frame.columns))}"
        )
    say("loading the model")
    classifier = classifier_of(args)
    spread_out = spread(frame.select(*map(quoted, dict.fromkeys((args.label_col, text)))), task_slots(spark))
    with sparkcls.progress(classifier.model.name, args.limit, session=spark):
        return sparkcls.evaluate(spread_out, args.label_col, classifier, **options)


def _pair(pair: str) -> tuple[str, str | None]:
    gold, found, label = pair.partition("=")
    if not found or not gold.strip():
        raise ParamError(f"--map {pair}: expected GOLD=LABEL, such as neg=NEGATIVE, or GOLD= to leave its rows out")
    return gold, label.strip() or None
