"""The argument by which commands write a report."""

from __future__ import annotations

import argparse
from pathlib import Path

from sparkcls.errors import ParamError


def add_report_argument(parser: argparse._ActionsContainer, what: str) -> None:
    """Give a parser the argument of `check_report`: `what` becomes a page."""
    parser.add_argument("--report", type=Path, metavar="FILE", help=f"write {what} as a page of HTML too")


def check_report(path: Path | None) -> None:
    """Raise ParamError if a report could not be written there: before hours of scoring, and not after them."""
    if path is not None and (path.is_dir() or not path.parent.is_dir()):
        raise ParamError(f"--report {path}: expected the name of a file to make, in a folder that is there")
