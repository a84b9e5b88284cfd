"""95 % intervals by the bootstrap (Efron 1979), from counts alone.

Drawing n of n rows with replacement draws a multinomial number of rows of each kind, and all figures here depend on
these numbers alone. So resampling kinds is resampling rows, without another pass. The ends are the 2.5th and the 97.5th
percentile of the resamples (Efron and Tibshirani 1993, chapter 13).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sparkcls.evaluation.figures import Interval

#: Numbers that are drawn at once.
_DRAWN = 4_000_000


def intervals(
    counts: np.ndarray, figures: Callable[[np.ndarray], dict[str, np.ndarray]], resamples: int, seed: int
) -> dict[str, Interval]:
    """Intervals of figures.

    Parameters
    ----------
    counts
        Rows of each kind, shape ``(kinds,)``.
    figures
        From numbers of rows, shape ``(resamples, kinds)``, to each figure by name, shape ``(resamples,)``.
    resamples
        How many; 0 gives no intervals.
    seed
        Equal ones give equal intervals.
    """
    total = int(counts.sum())
    if not resamples or not total:
        return {}
    chance = np.random.default_rng(seed)
    size = max(1, _DRAWN // len(counts))
    parts = [
        figures(chance.multinomial(total, counts / total, size=min(size, resamples - start)))
        for start in range(0, resamples, size)
    ]
    found = {}
    for name in parts[0]:
        low, high = np.percentile(np.concatenate([part[name] for part in parts]), [2.5, 97.5])
        found[name] = Interval(float(low), float(high))
    return found
