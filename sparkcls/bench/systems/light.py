"""A LightPipeline, without Spark: one text a call, from one thread and from several, as a web service calls it."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from statistics import quantiles
from typing import TYPE_CHECKING

import pandas as pd

from sparkcls.bench import memory
from sparkcls.bench.job import THREADS, Job, Record
from sparkcls.bench.systems.ours import stages
from sparkcls.bench.systems.precision import actual

if TYPE_CHECKING:
    from sparkcls.base import LightPipeline


def run(job: Job) -> Record:
    """Measure it: rows a second and the times of single calls, see `ONE_TEXT`."""
    from sparkcls.base import LightPipeline, PipelineModel

    light = LightPipeline(PipelineModel(stages(job)))
    warm, small, texts = (pd.read_parquet(file).text.tolist() for file in (job.warm, job.small, job.texts))
    _calls(light, warm, THREADS)
    alone = _calls(light, small, 1)
    started = time.perf_counter()
    together = _calls(light, texts, THREADS)
    seconds = time.perf_counter() - started
    return {
        "rows": len(texts),
        "seconds": seconds,
        "memory": {"jvm": [], "workers": [found] if (found := memory.of_process()) else []},
        "precision": actual(job.precision),
        "alone_p50": _quantile(alone, 50),
        "alone_p99": _quantile(alone, 99),
        "together_p50": _quantile(together, 50),
        "together_p99": _quantile(together, 99),
    }


def _calls(light: LightPipeline, texts: list[str], threads: int) -> list[float]:
    """Seconds of a call for each text."""

    def call(text: str) -> float:
        started = time.perf_counter()
        light.annotate(text)
        return time.perf_counter() - started

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(call, texts))


def _quantile(values: list[float], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]
