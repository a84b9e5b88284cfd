"""`sparkcls cache`: what this machine keeps, and removing what is no longer used."""

from __future__ import annotations

import argparse
from datetime import datetime

from sparkcls.catalogue.upkeep import Kept, kept, prune
from sparkcls.cli.saying import say
from sparkcls.errors import ParamError
from sparkcls.report.numbers import size
from sparkcls.report.terminal import table
from sparkcls.settings import cache_folder

_HEAD = ("KIND", "SIZE", "LAST USED", "WHAT", "WHERE")
_DAY = 86_400
#: Days for which something must lie unused before it is removed.
DAYS = 30.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `run`."""
    parser.add_argument(
        "--prune",
        action="store_true",
        help="remove weights that were converted for computing and unfinished downloads; models stay",
    )
    add_unused_for(parser, "--prune")


def add_unused_for(parser: argparse.ArgumentParser, option: str) -> None:
    """Give a parser the argument that limits what another one removes."""
    parser.add_argument(
        "--unused-for",
        type=float,
        metavar="DAYS",
        help=f"with {option}: only what was not used for so many days (default: {DAYS:g})",
    )


def run(args: argparse.Namespace) -> None:
    """Print what the cache keeps, or what was removed."""
    print_cache(args.prune, args.unused_for)


def print_cache(remove: bool, days: float | None, option: str = "--prune") -> None:
    """Print what the cache keeps; or remove what was not used for some days, and print that.

    Parameters
    ----------
    option
        By which the user says that something is to be removed.

    Raises
    ------
    ParamError
        The days are not a number from 0; or are given, but nothing is to be removed.
    """
    if days is not None and not remove:
        raise ParamError(f"--unused-for goes with {option}")
    if days is not None and not 0 <= days < float("inf"):
        raise ParamError(f"--unused-for {days:g}: expected a number of days, from 0")
    cache = cache_folder()
    found = prune(cache, (DAYS if days is None else days) * _DAY) if remove else kept(cache)
    if found:
        print("\n".join(table([_HEAD, *map(_line, found)])))
    total = size(sum(item.size for item in found))
    say(f"{'removed from' if remove else 'in'} {cache}: {total}")


def _line(item: Kept) -> tuple[str, ...]:
    used = "-" if item.used is None else datetime.fromtimestamp(item.used).astimezone().strftime("%Y-%m-%d")
    return item.kind, size(item.size), used, item.what, str(item.path)
