"""The limit as a system of its own, so that it is measured between the others."""

from __future__ import annotations

from sparkcls.bench.flops import matrices
from sparkcls.bench.gemm import measure
from sparkcls.bench.job import Job, Record
from sparkcls.models.layout import read_model_folder


def run(job: Job) -> Record:
    """Measure it."""
    return {"gemm": measure(job.slots, matrices(read_model_folder(job.model)))}
