"""Numbers against gold numbers."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkcls.errors import ColumnError
from sparkcls.evaluation.annotations import with_plain_columns
from sparkcls.evaluation.evaluation import RegressionEvaluation
from sparkcls.evaluation.options import Options
from sparkcls.evaluation.roles import CONFIDENCE, ERROR, GOLD, LABEL
from sparkcls.spark.folding import Folding


class Regression(Folding):
    """What `RegressionEvaluation` is made of.

    Means and products of deviations are merged as in Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise
    algorithm for computing sample variances", which keeps their digits where numbers are large and differ little.
    """

    def __init__(self) -> None:
        #: rows, unlabelled, failed, answered.
        self.totals: Counter[str] = Counter()
        #: Sums of |gold - answer| and of its square.
        self.errors = np.zeros(2)
        #: Mean gold number and mean answer, and the sums of products of what deviates from them.
        self.means, self.products = np.zeros(2), np.zeros((2, 2))

    def add(self, batch: pa.RecordBatch) -> None:
        batch = with_plain_columns(batch)
        gold = _numbers(batch.column(GOLD))
        answer = _numbers(batch.column(CONFIDENCE if CONFIDENCE in batch.schema.names else LABEL))
        there = np.isfinite(gold)
        both = there & np.isfinite(answer)
        totals = Counter(rows=len(gold), unlabelled=int((~there).sum()), answered=int(both.sum()))
        if ERROR in batch.schema.names:
            failed = batch.column(ERROR).is_valid().to_numpy(zero_copy_only=False)
            totals["failed"] = int((failed & there & ~both).sum())
        pairs = np.stack([gold[both], answer[both]])
        difference = pairs[0] - pairs[1]
        means = pairs.mean(axis=1) if both.any() else np.zeros(2)
        rest = pairs - means[:, None]
        self._merge(totals, np.array([np.abs(difference).sum(), (difference**2).sum()]), means, rest @ rest.T)

    def _merge(self, totals: Counter[str], errors: np.ndarray, means: np.ndarray, products: np.ndarray) -> None:
        own, other = self.totals["answered"], totals["answered"]
        if other:
            apart = means - self.means
            self.products = self.products + products + np.outer(apart, apart) * (own * other / (own + other))
            self.means = self.means + apart * (other / (own + other))
            self.errors = self.errors + errors
        self.totals.update(totals)

    def state(self) -> dict[str, Any]:
        return {
            "totals": dict(self.totals),
            "errors": self.errors.tolist(),
            "means": self.means.tolist(),
            "products": self.products.tolist(),
        }

    def merge(self, state: Any) -> None:
        arrays = (np.array(state[name]) for name in ("errors", "means", "products"))
        self._merge(Counter(state["totals"]), *arrays)


def _numbers(column: pa.Array) -> np.ndarray:
    if pa.types.is_null(column.type):
        return np.full(len(column), np.nan)
    try:
        return np.asarray(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid as e:
        raise ColumnError(f"evaluate: a regression compares numbers: {e}") from e


def regression_evaluation_of(counted: Regression, options: Options, about: Any) -> RegressionEvaluation:
    """The evaluation of what was counted.

    Raises
    ------
    ColumnError
        No row has both numbers.
    """
    rows = counted.totals["answered"]
    if not rows:
        raise ColumnError(
            f"No row has a gold number in column {options.label_col!r} and an answer: of {counted.totals['rows']:,} "
            f"rows {counted.totals['unlabelled']:,} have no gold number"
        )
    absolute, squared = (counted.errors / rows).tolist()
    (gold, both), (_, answer) = counted.products.tolist()
    return RegressionEvaluation(
        rows=counted.totals["rows"],
        unlabelled=counted.totals["unlabelled"],
        failed=counted.totals["failed"],
        answered=rows,
        mae=absolute,
        rmse=math.sqrt(squared),
        pearson=both / math.sqrt(gold * answer) if gold * answer > 0 else None,
        about=about,
    )
