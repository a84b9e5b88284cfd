"""What the runner tells a system's process, and what it answers: two JSON files. Standard library alone."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sparkcls.errors import SparkclsError

#: Figures of a record that are seconds for a small batch, with its rows.
SMALL_BATCHES = {"seconds_of_10": 10, "seconds_of_100": 100}
#: Those that are seconds of calls with one text, one at a time or from so many threads: median and 99th percentile.
ONE_TEXT = ("alone_p50", "alone_p99", "together_p50", "together_p99")
THREADS = 8


class UnavailableError(SparkclsError, RuntimeError):
    """A system cannot be measured here; the rest can."""


@dataclass(frozen=True)
class Job:
    """One run of one system.

    Parameters
    ----------
    system
        Its name in the report.
    module
        The module of `sparkcls.bench.systems` that runs it.
    model
        The model's folder; the one with the ONNX file for Spark NLP.
    precision
        As `setPrecision` takes it.
    texts, first, warm, small
        Parquet files with one column `text`: the rows to time, a single row, rows to load the workers with, and those
        of small batches.
    slots
        Tasks, or single-threaded processes, at the same time.
    partitions
        Partitions of the timed action.
    options
        What only this system understands.
    labels
        Candidate labels, if the model is measured as a zero-shot classifier.
    """

    system: str
    module: str
    model: str
    precision: str
    texts: str
    first: str
    warm: str
    small: str
    slots: int
    partitions: int
    max_length: int
    options: dict[str, Any] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)

    def write(self, file: Path) -> None:
        """Write it as JSON."""
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @staticmethod
    def read(file: Path) -> Job:
        """The job that `write` wrote."""
        return Job(**json.loads(file.read_text(encoding="utf-8")))


#: A result is a JSON object, so that each system may say what only it knows.
Record = dict[str, Any]
