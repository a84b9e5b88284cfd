"""`sparkcls classify`: files or a table in, answers out."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from sparkcls.cli.arguments.input import add_input_arguments, input_of
from sparkcls.cli.arguments.model import add_model_arguments
from sparkcls.cli.arguments.report import add_report_argument, check_report
from sparkcls.cli.arguments.session import add_session_arguments, session
from sparkcls.cli.saying import say
from sparkcls.errors import JobError, ParamError, SparkclsError

if TYPE_CHECKING:
    from sparkcls.jobs.output import Output

EPILOG = (
    "Without --out it prints the first rows and the counts. With it nothing has the name OUT until it is complete; a "
    "job that was broken off goes on with --resume, and its finished parts are not scored again. OUT is one file if "
    "its name ends in .csv, .tsv, .jsonl or .parquet (.gz too), else a folder of files in Parquet. Exit code: 0 done, "
    "1 failed, 2 a wrong argument, 3 done, but with --strict rows failed or could not be read whole, 130 interrupted."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `run`."""
    add_input_arguments(parser)
    parser.add_argument("--text-col", metavar="C", help="the column of texts (default: text)")
    add_model_arguments(parser)
    group = parser.add_argument_group("output")
    group.add_argument("--out", metavar="OUT", help="the file or folder to make")
    group.add_argument(
        "--out-format", metavar="F", help="parquet, csv, tsv, jsonl, orc or delta (default: by the name)"
    )
    group.add_argument("--id-col", metavar="A,B,...", help="keep only these columns of the input (default: all)")
    group.add_argument("--scores", action="store_true", help="write every label's score too")
    group.add_argument("--prefix", default="", metavar="P", help="begins the names of the columns that are added")
    group.add_argument("--overwrite", action="store_true", help="replace OUT, and forget an unfinished job for it")
    group.add_argument("--resume", action="store_true", help="go on with a job that was broken off, if there is one")
    group.add_argument("--part-rows", type=int, metavar="N", help="rows that are finished together, see --resume")
    add_report_argument(group, "what was answered")
    group.add_argument("--strict", action="store_true", help="exit with 3 if rows failed or could not be read whole")
    add_session_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Classify; the exit code.

    Raises
    ------
    ParamError, ColumnError
        An argument cannot be used, or a column is not there.
    JobError
        Spark failed; what is done is kept for --resume.
    """
    source = input_of(args)
    output = _output(args)
    check_report(args.report)
    with session(args) as spark:
        from sparkcls.cli.answering import Answering
        from sparkcls.jobs.listing import reason

        answering = Answering(spark, args, source)
        try:
            bad = answering.show() if output is None else answering.write(output)
        except SparkclsError:
            raise
        except KeyboardInterrupt:
            if output is not None:
                say(f"interrupted; go on with --resume, what is done lies in {output.work}")
            raise
        except Exception as e:  # whatever Spark raises, on classic and on Connect
            kept = f"\nGo on with --resume, what is done lies in {output.work}" if output is not None else ""
            raise JobError(f"Spark failed: {reason(e)}{kept}") from e
    return 3 if args.strict and bad else 0


def _output(args: argparse.Namespace) -> Output | None:
    """Where answers go; None for the terminal."""
    if args.part_rows is not None and args.part_rows < 1:
        raise ParamError(f"--part-rows {args.part_rows}: expected a number of rows, from 1")
    if args.out is not None:
        from sparkcls.jobs.output import Output

        return Output(args.out, args.out_format)
    for name in ("overwrite", "resume", "out_format", "part_rows"):
        if getattr(args, name):
            raise ParamError(f"--{name.replace('_', '-')} goes with --out")
    return None
