"""A daemon for Spark's Python workers that imports torch once, before it forks them.

Spark forks every Python worker of an executor from one daemon that imports nothing, so each worker
spends seconds and some 270 MB of its own on ``import torch`` (CUDA build). With the conf

    spark.python.daemon.module=sparkcls.daemon

workers start with torch there, and its pages are shared. `sparkcls.start` sets it; on a cluster set it
when the session is built. sparkcls must be installed where the executors' Python finds it at start.

Safe only while no thread runs and CUDA is untouched before the fork, on Linux. Importing numpy and torch keeps to
that with one BLAS thread; pandas and pyarrow do not, so the workers import those. Should a thread have
been started all the same, or an import fail, the daemon starts itself anew without the imports.
"""

from __future__ import annotations

import gc
import os
import sys

_PLAIN = "SPARKCLS_PLAIN_DAEMON"

#: Spark sets it for the daemons of SQL's UDFs. Those of RDDs, which `createDataFrame` of a Python list makes, need no
#: torch. Where it is not set because its conf is off, workers import torch themselves.
_SQL = "SPARK_SIMPLIFIED_TRACEBACK"


def threads() -> int:
    """Threads of this process. Linux only."""
    return len(os.listdir("/proc/self/task"))


def preload() -> None:
    """Import what every worker of a classifier needs."""
    # Read when torch is loaded. Threads that wait by spinning make a busy machine four times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # OpenBLAS, which numpy brings, starts its threads when it is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import safetensors.torch
    import tokenizers
    import torch

    del safetensors, tokenizers, torch
    # Objects that the collector never visits are never written to, so their pages stay shared.
    gc.freeze()


def main() -> None:
    """What Spark runs in place of ``python -m pyspark.daemon``, with the same arguments."""
    from pyspark import daemon

    # Only Linux tells whether a thread runs; elsewhere this is pyspark's own daemon.
    if sys.platform == "linux" and os.environ.get(_SQL) and not os.environ.get(_PLAIN):
        problem = ""
        try:
            preload()
            if threads() > 1:
                problem = "imports started a thread"
        except Exception as e:
            problem = f"{type(e).__name__}: {e}"
        if problem:
            print(f"sparkcls.daemon: {problem}; workers import torch themselves", file=sys.stderr)  # noqa: T201
            environment = {**os.environ, _PLAIN: "1"}
            os.execve(sys.executable, [sys.executable, "-m", "sparkcls.daemon", *sys.argv[1:]], environment)
    daemon.manager()


if __name__ == "__main__":
    main()
