"""sparkcls' engine without Spark: one process a slot, each classifies its share of the texts in one call."""

from __future__ import annotations

import time
from functools import partial
from typing import Any

import pandas as pd

from sparkcls.bench import memory, side_by_side
from sparkcls.bench.job import Job, Record
from sparkcls.bench.systems.precision import actual


def run(job: Job) -> Record:
    """Measure it."""
    shares = side_by_side.run(partial(_classify, job), range(job.slots))
    return {
        "rows": sum(share["rows"] for share in shares),
        "seconds": max(share["end"] for share in shares) - min(share["start"] for share in shares),
        "memory": {"jvm": [], "workers": [share["memory"] for share in shares if share["memory"]]},
        "precision": actual(job.precision),
    }


def _classify(job: Job, number: int) -> dict[str, Any]:
    from sparkcls.classification import CloseCalls, Decision
    from sparkcls.engine.cache import get_classifier
    from sparkcls.engine.contract import HUGGINGFACE, Reading
    from sparkcls.engine.process import prepare_worker
    from sparkcls.models.ref import ModelRef

    prepare_worker(1)
    classifier = get_classifier(ModelRef.of_folder("bench", job.model), "cpu", actual(job.precision))
    reading = Reading(HUGGINGFACE, True, job.max_length)
    is_close = CloseCalls(Decision())
    warm, texts = (pd.read_parquet(file).text.tolist()[number :: job.slots] for file in (job.warm, job.texts))
    classifier.classify(warm, range(len(warm)), reading, is_close)
    side_by_side.meet()
    # A clock that all processes share.
    started = time.monotonic()
    outcomes = classifier.classify(texts, range(len(texts)), reading, is_close)
    ended = time.monotonic()
    failed = [outcome.error for outcome in outcomes if outcome.error]
    if failed:
        raise RuntimeError(f"{len(failed)} texts failed, the first: {failed[0]}")
    side_by_side.meet()  # while all are alive each has its share of the common pages
    return {"rows": len(outcomes), "start": started, "end": ended, "memory": memory.of_process()}
