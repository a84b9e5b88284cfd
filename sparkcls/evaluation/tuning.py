"""`sparkcls.tune_thresholds`: scores and gold labels to thresholds, in one pass."""

from __future__ import annotations

import warnings
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from sparkcls.errors import ColumnError, ParamError, ParamTypeError
from sparkcls.evaluation.columns import read_columns
from sparkcls.evaluation.evaluating import scored
from sparkcls.evaluation.labels import checked_map, matched, resolve
from sparkcls.evaluation.multilabel import rows_of
from sparkcls.evaluation.roles import ANNOTATIONS, GOLD, LABEL, SCORES
from sparkcls.evaluation.score_counts import ScoreCounts
from sparkcls.evaluation.single import MAX_LABELS
from sparkcls.evaluation.single_results import check_rows
from sparkcls.evaluation.thresholds import Thresholds, choose
from sparkcls.spark.folding import Folding, fold

#: How far scores of all rows may sum to another number than 1 and still be a softmax.
_SUM = 1e-3


class Tuning(Folding):
    """What `Thresholds` are made of."""

    def __init__(self, label_map: Mapping[str, str | None], delimiter: str | None):
        self._map, self._delimiter = dict(label_map), delimiter
        #: rows, unlabelled, unscored, apart (rows whose scores do not sum to 1), strange (that are no probabilities).
        self.totals: Counter[str] = Counter()
        self.golds: Counter[str] = Counter()
        self.scores: dict[str, ScoreCounts] = defaultdict(ScoreCounts)
        #: Some of the labels, if there are too many for labels.
        self.too_many: list[str] = []

    def add(self, batch: pa.RecordBatch) -> None:
        found: dict[tuple[str, ...], list[tuple[tuple[str, ...], list[float]]]] = defaultdict(list)
        for _, gold, _, scores, _ in rows_of(batch, self._map, self._delimiter):
            self.totals["rows"] += 1
            if gold is None:
                self.totals["unlabelled"] += 1
            elif not scores:
                self.totals["unscored"] += 1
                self.golds.update(gold)
            else:
                self.golds.update(gold)
                found[tuple(scores)].append((gold, list(scores.values())))
        for labels, rows in found.items():
            values = np.array([scores for _, scores in rows], dtype=np.float32)
            self.totals["strange"] += int((~((values >= 0) & (values <= 1))).any(axis=1).sum())
            self.totals["apart"] += int((np.abs(values.sum(axis=1) - 1) > _SUM).sum())
            place = {label: i for i, label in enumerate(labels)}
            there = np.zeros(values.shape, dtype=bool)
            for i, (gold, _) in enumerate(rows):
                there[i, [place[name] for label in gold if (name := resolve(label, labels)) is not None]] = True
            for i, label in enumerate(labels):
                self.scores[label].add(np.clip(np.nan_to_num(values[:, i]), 0, 1), there[:, i])
        self._check_number()

    def _check_number(self) -> None:
        if len(self.golds) > MAX_LABELS:
            self.too_many = sorted(self.golds)[:3]
            self.golds.clear()

    def state(self) -> dict[str, Any]:
        return {
            "totals": dict(self.totals),
            "golds": dict(self.golds),
            "scores": {label: counts.state() for label, counts in self.scores.items()},
            "too_many": self.too_many,
        }

    def merge(self, state: Any) -> None:
        self.totals.update(state["totals"])
        self.golds.update(state["golds"])
        for label, counts in state["scores"].items():
            self.scores[label].merge(counts)
        self.too_many = self.too_many or state["too_many"]
        self._check_number()


def tune(
    data: Any,
    label_col: Any,
    prediction: Any,
    model: Any,
    text_col: str | None,
    label_map: Any,
    delimiter: str | None,
    precision: Any,
    recall: Any,
    params: Mapping[str, Any],
) -> Thresholds:
    """See `sparkcls.tune_thresholds`."""
    if not isinstance(label_col, str) or not label_col:
        raise ParamTypeError(f"tune_thresholds(label_col=) takes a str, got {label_col!r}")
    for name, value in (("precision", precision), ("recall", recall)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            raise ParamTypeError(f"tune_thresholds({name}=) takes a number, got {value!r}")
        if value is not None and not 0 < value <= 1:
            raise ParamError(f"tune_thresholds({name}=) must be over 0 and at most 1, got {value}")
    if precision is not None and recall is not None:
        raise ParamError("tune_thresholds takes a precision or a recall; one number cannot hold both")
    names = checked_map(label_map)
    if model is not None or not (prediction is None or isinstance(prediction, str)):
        params = {"multilabel": True, **params}
    data, prediction, _ = scored("tune_thresholds", data, prediction, model, text_col, params)
    found = read_columns(data, label_col, prediction, None)
    if SCORES not in found.kinds and ANNOTATIONS not in found.kinds:
        raise ColumnError(
            "tune_thresholds: there is no column of scores: keep the column 'scores' that sparkcls.classify adds, or "
            "give a classifier with model= and text_col="
        )
    kept = [role for role in (GOLD, LABEL, SCORES, ANNOTATIONS) if role in found.kinds]
    counted = fold(found.frame.select(kept), Tuning(names, delimiter))
    check_rows(counted.totals, label_col, counted.too_many)
    if not counted.scores:
        raise ColumnError("tune_thresholds: no row has scores")
    matched(dict(sorted(counted.golds.items())), list(counted.scores), names, label_col, complete=True)
    if counted.totals["strange"]:
        raise ColumnError(
            f"tune_thresholds: {counted.totals['strange']:,} rows have scores that are no probabilities; thresholds "
            "are for those of activation 'sigmoid'"
        )
    if ANNOTATIONS in kept and counted.totals["unscored"]:
        raise ColumnError(
            f"tune_thresholds: {counted.totals['unscored']:,} rows have no annotation, and so no scores: what is under "
            "its threshold counts too. Use the columns of sparkcls.classify, or setThreshold(0.0) for the tuning"
        )
    if len(counted.scores) > 1 and not counted.totals["apart"]:
        warnings.warn(
            "tune_thresholds: the scores of every row sum to 1, so they seem to be those of a softmax. A classifier "
            "compares thresholds with the scores of a sigmoid: score with multilabel=True, and tune on that",
            stacklevel=3,
        )
    goal = "the best F1"
    if precision is not None:
        goal = f"a precision of {precision:g} and as much recall as that allows"
    if recall is not None:
        goal = f"a recall of {recall:g} and as much precision as that allows"
    return Thresholds(
        goal,
        [choose(label, counts, precision, recall) for label, counts in counted.scores.items()],
        counted.totals["rows"],
        counted.totals["unlabelled"],
        counted.totals["unscored"],
    )
