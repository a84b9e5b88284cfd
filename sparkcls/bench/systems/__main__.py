"""Runs one job: ``python -m sparkcls.bench.systems JOB RESULT``, two JSON files.

The systems are modules of their own, not this one, so that their functions reach Spark's workers by name: what a
worker caches for one task is then there for the next.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

from sparkcls.bench.job import Job
from sparkcls.bench.machine import versions

if __name__ == "__main__":
    job = Job.read(Path(sys.argv[1]))
    record = importlib.import_module(f"sparkcls.bench.systems.{job.module}").run(job)
    Path(sys.argv[2]).write_text(json.dumps(record | {"versions": versions()}), encoding="utf-8")
