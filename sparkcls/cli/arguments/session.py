"""The arguments by which commands find Spark, and the session that they mean."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sparkcls.cli.saying import say
from sparkcls.errors import ParamError


def add_session_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `session`."""
    group = parser.add_argument_group("Spark")
    group.add_argument("--master", metavar="URL", help="such as local[4] or spark://host:7077 (default: local[*])")
    group.add_argument("--remote", metavar="URL", help="a server of Spark Connect, such as sc://host:15002")
    group.add_argument(
        "--conf", action="append", default=[], metavar="KEY=VALUE", help="a conf of Spark; may be given several times"
    )


@contextmanager
def session(args: argparse.Namespace) -> Iterator[Any]:
    """The session that the arguments mean: started here and stopped at the end, unless one is running.

    Raises
    ------
    ParamError
        The arguments contradict each other, or a conf has no value.
    JavaError
        There is no Java that this Spark can use.
    """
    confs = dict(_pair(conf) for conf in args.conf)
    if args.master and args.remote:
        raise ParamError("--master and --remote: give one; a server of Spark Connect has a master of its own")
    if args.master:
        confs["spark.master"] = args.master
    if args.remote:
        confs["spark.remote"] = args.remote
    from pyspark.sql import SparkSession

    import sparkcls

    running = SparkSession.getActiveSession()
    if running is None and not sys.stderr.isatty():
        # On a terminal `start` says it.
        say("starting Spark")
    if running is None:
        # Spark's bar would be written over the one that counts rows.
        confs.setdefault("spark.ui.showConsoleProgress", "false")
    spark = sparkcls.start(params=confs)
    try:
        yield spark
    finally:
        if running is None:
            spark.stop()


def _pair(conf: str) -> tuple[str, str]:
    name, found, value = conf.partition("=")
    if not found or not name.strip():
        raise ParamError(f"--conf {conf}: expected KEY=VALUE, such as spark.executor.memory=8g")
    return name.strip(), value
