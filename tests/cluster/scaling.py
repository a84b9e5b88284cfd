"""How much faster are two workers of one core than one?

    python -m tests.cluster.scaling [--rows 3000] [--words 90] [--runs 3] [--pin]

Both run the same job, in one driver after a warm-up run; each Python worker computes with one thread. With --pin each
worker has a core of its own, which the master and the driver share, as do two workers on a machine of two cores.
No test: on a machine that does other work the figure says nothing. ``busy`` is the share of the time in which
forward passes ran, by the workers' own events: what is missing from 1 is Spark's, Arrow's and the tokenizer's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

import psutil

from tests.cluster.processes import marked
from tests.cluster.standalone import SCRIPTS, standalone_cluster

CONFS = {"spark.python.daemon.module": "sparkcls.daemon"}


def measure(folder: Path, workers: int, rows: int, words: int, runs: int, pin: bool) -> dict[str, float]:
    """Median seconds of a run, and the best and worst, on so many workers."""
    with standalone_cluster(folder, workers=workers) as cluster:
        if pin:
            for number, worker in enumerate(cluster.workers):
                for process in marked(f"{cluster.mark}:{worker.name}:"):
                    # What it starts later inherits the core.
                    subprocess.run(["taskset", "-acp", str(number), str(process.pid)], check=True, capture_output=True)
        out = folder / "seconds.json"
        before = psutil.cpu_times()
        cluster.submit(SCRIPTS / "scale.py", rows, words, runs, out, confs=CONFS).finish(1800)
        seconds = json.loads(out.read_text())
        used = psutil.cpu_times()
        forward = [e for worker in cluster.workers for e in worker.events() if e["event"] == "forward"]
    passes = sum(e["seconds"] for e in forward) * len(seconds) / (len(seconds) + 1)
    median = statistics.median(seconds)
    return {
        "workers": workers,
        "seconds": median,
        "best": min(seconds),
        "worst": max(seconds),
        "busy": passes / sum(seconds) / workers,
        "steal": (used.steal - before.steal) if hasattr(used, "steal") else 0.0,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=3000)
    parser.add_argument("--words", type=int, default=90)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--pin", action="store_true")
    asked = parser.parse_args()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for workers in (1, 2):
            found.append(measure(Path(folder) / str(workers), workers, asked.rows, asked.words, asked.runs, asked.pin))
            print(json.dumps(found[-1]), flush=True)
    of_medians, of_best = (found[0][name] / found[1][name] for name in ("seconds", "best"))
    print(f"ratio {of_medians:.3f}, of the best runs {of_best:.3f}, load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
