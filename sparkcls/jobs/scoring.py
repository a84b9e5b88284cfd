"""Scoring the parts of a job, two at a time, so that no task slot waits for the last task of a part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

from sparkcls.jobs.work import Part, Work
from sparkcls.spark.spreading import spread

#: Parts that are scored at once.
_AT_ONCE = 2


def score_parts(
    spark: Any,
    work: Work,
    parts: Sequence[Part],
    classify: Callable[[Any], Any],
    slots: int,
) -> None:
    """Score parts and write each.

    Parameters
    ----------
    classify
        From rows to rows with answers.

    Raises
    ------
    Exception
        The first part's that fails. Others that are being scored are waited for, so that they are done.
    """

    def score(part: Part) -> None:
        work.write(part, classify(spread(work.read(spark, part), slots, part.rows)))

    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        for scored in as_completed([pool.submit(score, part) for part in parts]):
            scored.result()
    except Exception:
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    finally:
        # At once, if this is interrupted.
        pool.shutdown(wait=False, cancel_futures=True)
