"""Java and Spark here, and what the workers of a cluster say of themselves."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

from sparkcls.doctor.facts import Facts, asking
from sparkcls.doctor.findings import NOTE, OK, PROBLEM, Finding, within
from sparkcls.doctor.machine import of_machine
from sparkcls.doctor.versions import of_difference
from sparkcls.errors import JavaError, flattened

_DAEMON, _DAEMON_CONF = "sparkcls.daemon", "spark.python.daemon.module"
#: Workers that are asked at once, at most: one a slot.
_ASKED = 64


def of_java(needed: bool) -> Iterator[Finding]:
    """Whether the Java is there that this machine's Spark needs.

    Parameters
    ----------
    needed
        Whether Spark runs here; a client of Spark Connect has it elsewhere.
    """
    try:
        from sparkcls.session import check_java
    except ImportError:
        # That pyspark is missing is said of the versions.
        return
    try:
        yield Finding(OK, "Java", check_java())
    except JavaError as e:
        if needed:
            yield Finding(PROBLEM, "Java", str(e))
        else:
            yield Finding(OK, "Java", "not needed by a client of Spark Connect")


def of_cluster(args: argparse.Namespace, here: Facts, seconds: float) -> Iterator[Finding]:
    """The session that the arguments mean, and each kind of worker that it has.

    Parameters
    ----------
    here
        The driver's facts.
    seconds
        After which a cluster that does not answer is a problem.
    """
    try:
        running = _running()
        conf, told = within(seconds, lambda: _asked(args, running))
    except TimeoutError as e:
        advice = (
            "Does the master or server run, and has it free cores? Its log tells; --timeout waits longer. Nodes that "
            "cannot connect to this machine look like this too: see spark.driver.host"
        )
        yield Finding(PROBLEM, "Spark", f"the workers: {e}", advice)
        return
    except Exception as e:
        yield Finding(PROBLEM, "Spark", flattened(e)[:500], "See the lines above, and Spark's log")
        return
    yield Finding(OK, "Spark", conf["version"] + (f", {conf['master']}" if conf["master"] else ""))
    if conf["daemon"] == _DAEMON:
        yield Finding(OK, "daemon", f"{_DAEMON_CONF}={_DAEMON}")
    else:
        advice = f"Set {_DAEMON_CONF}={_DAEMON} when the session is built: workers then start seconds faster"
        yield Finding(NOTE, "daemon", f"{_DAEMON_CONF} is {conf['daemon'] or 'not set'}", advice)
    yield from of_workers(told, here)


def of_workers(told: list[Facts], here: Facts) -> Iterator[Finding]:
    """Each host that has answered: what differs from the driver, and what is wrong there."""
    hosts = {(facts["host"], facts["executable"]): facts for facts in told}
    for (host, _), facts in sorted(hosts.items()):
        differences = list(of_difference(here, facts))
        yield from differences
        wrong = [finding for finding in of_machine(facts) if finding.level != OK]
        for finding in wrong:
            yield Finding(finding.level, f"worker {host}", f"{finding.topic}: {finding.text}", finding.advice)
        if not differences and not wrong:
            gpus = (facts["torch"] or {}).get("gpus") or []
            what = f"{facts['cores']} cores, {', '.join(gpus) or 'no GPU'}, Python and libraries as here"
            yield Finding(OK, f"worker {host}", what)


def _running() -> Any:
    """The session that is active in this thread, or None."""
    from pyspark.sql import SparkSession

    return SparkSession.getActiveSession()


def _asked(args: argparse.Namespace, running: Any) -> tuple[dict[str, Any], list[Facts]]:
    """What the session and its workers say: the running one, else that which the arguments mean."""
    import pandas as pd

    from sparkcls.cli.arguments.session import session
    from sparkcls.spark.confs import read_conf
    from sparkcls.spark.spreading import task_slots

    ask = asking()

    def tell(batches: Any) -> Any:
        import json as encoder

        for _ in batches:
            pass
        yield pd.DataFrame({"facts": [encoder.dumps(ask())]})

    with session(args) if running is None else nullcontext(running) as spark:
        conf = {
            "version": spark.version,
            "master": read_conf(spark, "spark.master"),
            "daemon": read_conf(spark, _DAEMON_CONF),
        }
        slots = min(_ASKED, task_slots(spark))
        rows = spark.range(0, slots, 1, slots).mapInPandas(tell, "facts string").collect()
    return conf, [json.loads(row["facts"]) for row in rows]
