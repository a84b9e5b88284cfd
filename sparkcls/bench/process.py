"""One run: a fresh process for a job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from sparkcls.bench.job import Job, Record, UnavailableError

#: Seconds after which a run is given up.
_PATIENCE = 3600
#: What would make a run another than on a user's machine, or point Spark's workers to another Python.
_FOREIGN = ("SPARKCLS_EVENTS", "PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON", "PYSPARK_SUBMIT_ARGS", "SPARK_HOME", "MASTER")
_PACKAGE = Path(__file__).parents[1]


def run_job(job: Job, work: Path, log: Path, python: Path | None = None) -> Record:
    """The result of a job.

    Parameters
    ----------
    work
        A folder for files that are not kept.
    log
        What the process prints is appended there.
    python
        Another environment's Python, which need not have sparkcls.

    Raises
    ------
    UnavailableError
        The process failed; the message is the last of what it said.
    """
    order, result = work / "job.json", work / "result.json"
    job.write(order)
    result.unlink(missing_ok=True)
    with open(log, "a", encoding="utf-8") as output:
        output.write(f"\n== {job.system}\n")
        output.flush()
        start = output.tell()
        try:
            subprocess.run(
                [str(python or sys.executable), "-m", "sparkcls.bench.systems", str(order), str(result)],
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env=_environment(work, python),
                timeout=_PATIENCE,
                check=True,
            )
        except (OSError, subprocess.SubprocessError) as e:
            raise UnavailableError(_reason(log, start) or str(e)) from e
    record: Record = json.loads(result.read_text(encoding="utf-8"))
    return record


def _environment(work: Path, python: Path | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    kept["PYSPARK_PYTHON"] = str(python or sys.executable)
    kept["HF_HUB_OFFLINE"] = "1"
    if python:
        # This package and nothing that lies beside it, which would hide the other environment's pyspark.
        alone = work / "alone"
        alone.mkdir(exist_ok=True)
        if not (alone / _PACKAGE.name).exists():
            (alone / _PACKAGE.name).symlink_to(_PACKAGE, target_is_directory=True)
        kept["PYTHONPATH"] = str(alone)
    return kept


def _reason(log: Path, start: int) -> str:
    """The last line of an error that stands in a log."""
    with open(log, "rb") as file:
        file.seek(start)
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if "Error" in line or "Exception" in line or "error:" in line]
    return (errors or lines or [""])[-1][:300]
