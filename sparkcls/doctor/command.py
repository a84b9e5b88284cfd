"""`sparkcls doctor`."""

from __future__ import annotations

import argparse
import atexit
import json
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict

from sparkcls.cli.arguments.session import add_session_arguments
from sparkcls.doctor.cache import of_cache
from sparkcls.doctor.cluster import of_cluster, of_java
from sparkcls.doctor.facts import Facts, asking
from sparkcls.doctor.findings import PROBLEM, Finding, waited_for, within
from sparkcls.doctor.machine import of_machine
from sparkcls.doctor.network import of_network
from sparkcls.doctor.versions import of_versions
from sparkcls.errors import ParamError, flattened

EPILOG = (
    "Each line is ok, note (may be meant) or problem (something will not work), and says what to do. The exit code is "
    "1 if there is a problem. With --master or --remote a small job asks the workers too."
)
_FACTS_SECONDS = 150.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `run`."""
    add_session_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    parser.add_argument("--offline", action="store_true", help="ask neither the store nor the Hub")
    parser.add_argument(
        "--timeout",
        type=float,
        default=180.0,
        metavar="SECONDS",
        help="how long the cluster may take to answer (default: %(default)g)",
    )


def run(args: argparse.Namespace) -> int:
    """Print what was found; 1 if there is a problem.

    Raises
    ------
    ParamError
        The timeout is not a number of seconds.
    """
    if not 0 < args.timeout < float("inf"):
        raise ParamError(f"--timeout {args.timeout:g}: expected a number of seconds, over 0")
    before = waited_for()
    found = []
    for finding in findings(args):
        found.append(finding)
        if not args.json:
            print(finding, flush=True)
    problems = sum(finding.level == PROBLEM for finding in found)
    if args.json:
        print(json.dumps({"problems": problems, "findings": [asdict(finding) for finding in found]}, indent=1))
    code = 1 if problems else 0
    if waited_for() - before:
        # At the end of the process a client of Spark would go on trying to reach who does not answer.
        atexit.register(_leave, code)
    return code


def _leave(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def findings(args: argparse.Namespace) -> Iterator[Finding]:
    """All that there is to say, what takes longest last."""
    remote = bool(args.remote)
    asked = args.master or remote
    here: Facts | None = None
    try:
        here = within(_FACTS_SECONDS, asking())
        yield from of_machine(here)
    except Exception as e:
        yield _lost("machine", e)
    parts: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("versions", lambda: of_versions(remote)),
        ("Java", lambda: of_java(needed=not remote)),
        ("models", of_cache),
    ]
    if not args.offline:
        parts.append(("network", of_network))
    if asked and here is not None:
        facts = here
        parts.append(("Spark", lambda: of_cluster(args, facts, args.timeout)))
    for topic, part in parts:
        try:
            yield from part()
        except Exception as e:
            yield _lost(topic, e)


def _lost(topic: str, error: Exception) -> Finding:
    """One thing that cannot be looked at hides nothing of the others."""
    text = f"cannot be looked at: {type(error).__name__}: {flattened(error)[:300]}"
    return Finding(PROBLEM, topic, text, "Please report it with this line")
