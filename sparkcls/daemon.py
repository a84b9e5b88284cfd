"""A daemon for Spark's Python workers that imports torch and pandas once, before it forks them.

Spark forks every Python worker of an executor from one daemon that imports nothing, so each worker
spends seconds and some 340 MB of its own on ``import torch`` (CUDA build) and pandas with pyarrow. With the conf

    spark.python.daemon.module=sparkcls.daemon

workers start with these there, and their pages are shared. `sparkcls.start` sets it; on a cluster set it
when the session is built. sparkcls must be installed where the executors' Python finds it at start.

Safe only while no thread runs and CUDA is untouched before the fork, on Linux. Imports keep to that where OpenBLAS has
one thread and Arrow's jemalloc none. Should one have started a thread all the same, or have failed, the daemon starts
itself anew without it.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Collection

from sparkcls.standby import STAND_BY, Surroundings, be_daemon, hand_over

#: Which of `IMPORTS` to leave out: told by a daemon to the one that it starts in its own place.
_LEFT_OUT = "SPARKCLS_DAEMON_LEAVES_OUT"

#: Spark sets it for the daemons of SQL's UDFs. Those of RDDs, which `createDataFrame` of a Python list makes, need no
#: torch. Where it is not set because its conf is off, workers import torch themselves.
_SQL = "SPARK_SIMPLIFIED_TRACEBACK"


def threads() -> int:
    """Threads of this process. Linux only."""
    return len(os.listdir("/proc/self/task"))


def import_pandas() -> None:
    """Import what every pandas UDF needs."""
    # Read when pyarrow is loaded; jemalloc, by this name of its own, would start a thread that gives memory back.
    of_user = os.environ.get("JE_ARROW_MALLOC_CONF", "")
    os.environ["JE_ARROW_MALLOC_CONF"] = ",".join(filter(None, [of_user, "background_thread:false"]))
    import pandas
    import pyarrow

    del pandas, pyarrow


def import_torch() -> None:
    """Import what every worker of a classifier needs."""
    # Read when torch is loaded. Threads that wait by spinning make a busy machine four times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    import safetensors.torch
    import tokenizers
    import torch

    del safetensors, tokenizers, torch


#: By name; the quick one first, as what follows a failure is done again.
IMPORTS = {"pandas": import_pandas, "torch": import_torch}


def preload() -> None:
    """Import all that this machine can import before a fork; starts the process anew where one of `IMPORTS` fails."""
    left_out = os.environ.get(_LEFT_OUT, "").split()
    failure = _import_all(left_out)
    if failure:
        name, problem = failure
        print(f"sparkcls.daemon: {problem}; workers import {name} themselves", file=sys.stderr)  # noqa: T201
        environment = {**os.environ, _LEFT_OUT: " ".join([*left_out, name])}
        os.execve(sys.executable, [sys.executable, "-m", "sparkcls.daemon", *sys.argv[1:]], environment)


def _import_all(left_out: Collection[str] = ()) -> tuple[str, str] | None:
    """Import all but what is left out; the first name that cannot be imported before a fork, and why."""
    # OpenBLAS, which numpy brings, starts its threads when it is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Nothing of what is imported is garbage, and looking for it takes a tenth of the time.
    gc.disable()
    for name, do_import in IMPORTS.items():
        problem = None if name in left_out else _problem(do_import)
        if problem:
            return name, problem
    # Objects that the collector never visits are never written to, so their pages stay shared.
    gc.freeze()
    gc.enable()
    return None


def _problem(do_import: Callable[[], None]) -> str | None:
    try:
        do_import()
    except Exception as e:
        return f"{type(e).__name__}: {e}"
    return "imports started a thread" if threads() > 1 else None


def main() -> None:
    """What Spark runs in place of ``python -m pyspark.daemon``, with the same arguments."""
    if sys.argv[1:2] == [STAND_BY]:
        before = Surroundings.here()
        # Ctrl-C and interrupts of notebooks are for the process that began this one.
        os.setpgid(0, 0)
        # What cannot be imported is said by the daemon that then finds nobody here.
        if _import_all() or not be_daemon(int(sys.argv[2]), before):
            return
    # Only Linux tells whether a thread runs; elsewhere this is pyspark's own daemon.
    elif sys.platform == "linux" and os.environ.get(_SQL):
        if hand_over():
            return
        preload()
    from pyspark import daemon

    daemon.manager()


if __name__ == "__main__":
    main()
