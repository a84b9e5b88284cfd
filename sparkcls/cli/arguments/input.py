"""The arguments by which commands name their input."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from sparkcls.errors import ParamError

if TYPE_CHECKING:
    from sparkcls.jobs.source import Source


def add_input_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `input_of`."""
    parser.add_argument(
        "inputs", nargs="*", metavar="INPUT", help="files, folders and patterns such as 'logs/*.csv', all of one format"
    )
    group = parser.add_argument_group("input")
    group.add_argument("--table", metavar="NAME", help="a table, instead of files")
    group.add_argument("--sql", metavar="QUERY", help="a query, instead of files")
    group.add_argument(
        "--format",
        metavar="F",
        help="csv, tsv, jsonl, json, parquet, orc, text or delta (default: what the files' names say)",
    )
    group.add_argument(
        "--encoding",
        default="utf-8",
        metavar="E",
        help="of csv, tsv, json and text, such as windows-1252 (default: utf-8)",
    )
    group.add_argument("--sep", metavar="S", help="between the fields of csv, such as ';' (default: a comma)")
    group.add_argument(
        "--no-header", action="store_true", help="csv has no line of names; its columns are _c0, _c1, ..."
    )
    group.add_argument(
        "--one-line",
        action="store_true",
        help="no field of csv has a line break, so that many tasks can read a large file",
    )
    group.add_argument("--limit", type=int, metavar="N", help="only so many rows")


def input_of(args: argparse.Namespace) -> Source:
    """The input that the arguments name. Raises ParamError where they name none or several, or a limit under 1."""
    from sparkcls.jobs.source import Source

    if args.limit is not None and args.limit < 1:
        raise ParamError(f"--limit {args.limit}: expected a number of rows, from 1")
    return Source(
        paths=tuple(args.inputs),
        table=args.table,
        query=args.sql,
        format=args.format,
        encoding=args.encoding,
        sep=args.sep,
        header=not args.no_header,
        one_line=args.one_line,
    )
