"""Counting answers of one label a row against gold labels, in one pass and bounded memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from sparkcls.evaluation.annotations import with_plain_columns
from sparkcls.evaluation.labels import encoded, folded, resolve
from sparkcls.evaluation.roles import CONFIDENCE, ERROR, GOLD, LABEL, SCORES, TEXT
from sparkcls.evaluation.score_columns import score_blocks
from sparkcls.spark.folding import Folding
from sparkcls.summary.keeping import Smallest

#: Sums are kept as whole numbers of this part, so that they are the same in any order.
UNIT = 2**50
_HALF = 28
#: Probabilities nearer to 0 count as this in a log loss, as in scikit-learn.
SMALLEST = float(np.finfo(np.float64).eps)
#: Gold labels that are told apart; a column with more holds something else. Each pair of them is a cell.
MAX_LABELS = 1_000
#: How far scores of a row may sum to another number than 1 and still be a distribution.
_SUM = 1e-3
_NO_BIN = -1


def summed(values: np.ndarray, places: np.ndarray, size: int) -> list[int]:
    """For each of `size` places the sum in units of the values that belong there, exactly."""
    units = np.rint(values * UNIT).astype(np.int64)
    high, low = np.zeros((2, size), dtype=np.int64)
    # In two halves, so that any number of rows fits.
    np.add.at(high, places, units >> _HALF)
    np.add.at(low, places, units & ((1 << _HALF) - 1))
    return [(h << _HALF) + rest for h, rest in zip(high.tolist(), low.tolist(), strict=True)]


class Single(Folding):
    """What `Evaluation` is made of.

    Parameters
    ----------
    label_map
        Gold labels and what they are called in answers; None for rows that are left out.
    bins
        Of confidence.
    mistakes
        How many are kept.
    """

    def __init__(self, label_map: Mapping[str, str | None], bins: int, mistakes: int):
        self._map, self._bins = dict(label_map), bins
        #: rows, unlabelled, left_out, failed, scored, no_distribution.
        self.totals: Counter[str] = Counter()
        #: By gold label, answer (None where there is none) and bin of confidence: rows, and the sum of confidences.
        self.cells: dict[tuple[str, str | None, int], list[int]] = defaultdict(lambda: [0, 0])
        #: Labels of scores, in the order in which they came first.
        self.known: dict[str, None] = {}
        #: The sum of -ln p, and the gold labels that no score has.
        self.loss = 0
        #: Answers that differ from the gold label; and those that do so in case alone, which may be right.
        self.mistakes, self.by_case = Smallest(max(mistakes, 1)), Smallest(max(mistakes, 1))
        #: Some of the labels, if there are too many for labels.
        self.too_many: list[str] = []

    def add(self, batch: pa.RecordBatch) -> None:
        rows = batch.num_rows
        if not rows or self.too_many:
            return
        batch = with_plain_columns(batch)
        columns = {name: batch.column(i) for i, name in enumerate(batch.schema.names)}
        golds, gold = self._golds(columns[GOLD])
        names, label = encoded(columns[LABEL])
        there = gold >= 0
        self.totals.update(rows=rows, unlabelled=int((gold == -1).sum()), left_out=int((gold == -2).sum()))
        if ERROR in columns:
            failed = columns[ERROR].is_valid().to_numpy(zero_copy_only=False)
            self.totals["failed"] += int((failed & there & (label < 0)).sum())
        confidence = np.full(rows, np.nan)
        if CONFIDENCE in columns:
            confidence = columns[CONFIDENCE].cast(pa.float64()).to_numpy(zero_copy_only=False)
        self._add_cells(golds, gold, names, label, confidence)
        if SCORES in columns:
            self._add_scores(columns[SCORES], golds, gold)
        self._add_mistakes(columns.get(TEXT), golds, gold, names, label, confidence)
        self._check_number()

    def _golds(self, column: pa.Array) -> tuple[list[str], np.ndarray]:
        """The different gold labels after the map, and each row's; -1 for none, -2 for those that are left out."""
        names, codes = encoded(column)
        places: dict[str, int] = {}
        to = [-1]
        for name in names:
            if name is None:
                to.append(-1)
                continue
            mapped = self._map.get(name, name)
            to.append(-2 if mapped is None else places.setdefault(mapped, len(places)))
        return list(places), np.array(to)[codes + 1]

    def _add_cells(
        self, golds: list[str], gold: np.ndarray, names: Sequence[str | None], label: np.ndarray, confidence: np.ndarray
    ) -> None:
        bins = np.full(len(gold), _NO_BIN)
        fits = (confidence >= 0) & (confidence <= 1)
        # The small part takes 0.3 * 10 = 3.0000000000000004 to the bin that ends there.
        bins[fits] = np.maximum(np.ceil(confidence[fits] * self._bins - 1e-9).astype(np.int64) - 1, 0)
        there = gold >= 0
        width, height = len(names) + 1, self._bins + 1
        places = ((gold * width + label + 1) * height + bins + 1)[there]
        values = np.where(fits, confidence, 0.0)[there]
        kinds, inverse, counts = np.unique(places, return_inverse=True, return_counts=True)
        exact = summed(values, inverse, len(kinds))
        for place, count, total in zip(kinds.tolist(), counts.tolist(), exact, strict=True):
            rest, bin_ = divmod(place, height)
            g, answer = divmod(rest, width)
            cell = self.cells[golds[g], names[answer - 1] if answer else None, bin_ - 1]
            cell[0] += count
            cell[1] += total

    def _add_scores(self, column: pa.Array, golds: list[str], gold: np.ndarray) -> None:
        for rows, names, scores in score_blocks(column):
            labels = [name.strip() for name in names]
            self.known.update(dict.fromkeys(labels))
            codes = gold[rows]
            scores, codes = scores[codes >= 0], codes[codes >= 0]
            if not len(codes):
                continue
            strange = (scores < 0) | (scores > 1) | ~np.isfinite(scores)
            self.totals["no_distribution"] += int((strange.any(axis=1) | (np.abs(scores.sum(axis=1) - 1) > _SUM)).sum())
            of_label = {name: i for i, name in enumerate(labels)}
            found = [resolve(name, labels) for name in golds]
            # One that no score has makes the evaluation fail, unless the map wants it so: the model says it is 0.
            to = np.array([of_label[name] if name is not None else len(labels) for name in found])
            padded = np.column_stack([scores, np.zeros(len(scores))])
            chances = padded[np.arange(len(codes)), to[codes]]
            self.totals["scored"] += len(codes)
            losses = -np.log(np.clip(np.nan_to_num(chances), SMALLEST, 1 - SMALLEST))
            self.loss += summed(losses, np.zeros(len(losses), dtype=np.int64), 1)[0]

    def _add_mistakes(
        self,
        texts: pa.Array | None,
        golds: list[str],
        gold: np.ndarray,
        names: Sequence[str | None],
        label: np.ndarray,
        confidence: np.ndarray,
    ) -> None:
        codes: dict[str, int] = {}
        exact = [codes.setdefault(name, len(codes)) for name in golds]
        given = [codes.setdefault(name, len(codes)) if name is not None else -1 for name in names]
        folds: dict[str, int] = {}
        fold = np.array([folds.setdefault(folded(name), len(folds)) for name in codes] or [0])
        both = (gold >= 0) & (label >= 0)
        left, right = np.array([*exact, 0])[gold], np.array([*given, 0])[label]
        differ = both & (left != right)
        # Without a confidence they come after all others.
        order = np.argsort(-np.nan_to_num(confidence, nan=-1.0), kind="stable")
        for kept, wanted in (
            (self.mistakes, differ & (fold[left] != fold[right])),
            (self.by_case, differ & (fold[left] == fold[right])),
        ):
            for row in order[wanted[order]].tolist():
                sure = None if np.isnan(confidence[row]) else float(confidence[row])
                rank = 1.0 if sure is None else -sure
                if kept.bound is not None and rank > kept.bound[0]:
                    break
                text = texts[row].as_py() if texts is not None else None
                kept.add((rank, text or "", golds[gold[row]], names[label[row]]), [text, sure])

    def _check_number(self) -> None:
        golds = {gold for gold, _, _ in self.cells}
        if len(golds) > MAX_LABELS:
            self.too_many = sorted(golds)[:3]
            self.cells.clear()

    def state(self) -> dict[str, Any]:
        return {
            "totals": dict(self.totals),
            "cells": [[*key, *cell] for key, cell in self.cells.items()],
            "known": list(self.known),
            "loss": self.loss,
            "mistakes": [self.mistakes.state(), self.by_case.state()],
            "too_many": self.too_many,
        }

    def merge(self, state: Any) -> None:
        self.totals.update(state["totals"])
        for gold, answer, bin_, count, total in state["cells"]:
            cell = self.cells[gold, answer, bin_]
            cell[0] += count
            cell[1] += total
        self.known.update(dict.fromkeys(state["known"]))
        self.loss += state["loss"]
        for kept, other in zip((self.mistakes, self.by_case), state["mistakes"], strict=True):
            kept.merge(other)
        self.too_many = self.too_many or state["too_many"]
        self._check_number()

    def golds(self) -> dict[str, int]:
        """Rows by gold label."""
        found: Counter[str] = Counter()
        for (gold, _, _), (count, _) in self.cells.items():
            found[gold] += count
        return dict(sorted(found.items()))

    def answers(self) -> list[str]:
        """The labels of answers: all that scores name, else those that were given, sorted."""
        given = sorted({answer for _, answer, _ in self.cells if answer is not None})
        return [*self.known, *(label for label in given if label not in self.known)]
