"""`Thresholds`: one threshold a label, chosen by labelled rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sparkcls.evaluation.averages import f1_of, ratio
from sparkcls.evaluation.score_counts import ScoreCounts
from sparkcls.report.numbers import count, plural
from sparkcls.report.terminal import one_line, table

#: The threshold of a label that nothing is known of.
DEFAULT = 0.5


@dataclass(frozen=True)
class LabelThreshold:
    """The threshold of one label, and what it does to the rows that it was chosen by.

    Parameters
    ----------
    threshold
        A score must be over it.
    precision, recall, f1, support
        With the threshold; see `ClassFigures`.
    f1_at_half
        F1 with the threshold 0.5.
    reached
        Whether the wanted precision or recall is reached. Where it is not: for a precision the threshold is 1, which no
        score exceeds; for a recall 0. A label that no row has keeps 0.5, and has not reached it either.
    exact
        Whether no other threshold does better by these rows. False where there were too many different scores to look
        at each.
    """

    label: str
    threshold: float
    precision: float
    recall: float
    f1: float
    support: int
    f1_at_half: float
    reached: bool
    exact: bool


class Thresholds(Mapping[str, float]):
    """A threshold for each label: what `setThreshold` of a classifier, and ``threshold=`` of `classify`, take.

    Attributes
    ----------
    goal
        What was wanted, in words.
    per_label
        In the order of the scores.
    rows, unlabelled, unscored
        All rows; those among them without gold labels, and those with gold labels and no scores: neither counts.
    """

    def __init__(
        self, goal: str, per_label: Sequence[LabelThreshold], rows: int, unlabelled: int, unscored: int
    ) -> None:
        self.goal = goal
        self.per_label = tuple(per_label)
        self.rows, self.unlabelled, self.unscored = rows, unlabelled, unscored

    def __getitem__(self, label: str) -> float:
        for chosen in self.per_label:
            if chosen.label == label:
                return chosen.threshold
        raise KeyError(label)

    def __iter__(self) -> Iterator[str]:
        return (chosen.label for chosen in self.per_label)

    def __len__(self) -> int:
        return len(self.per_label)

    def __repr__(self) -> str:
        return f"Thresholds({dict(self)!r})"

    def __str__(self) -> str:
        head = ["", "threshold", "precision", "recall", "f1-score", "support", "f1 at 0.5"]
        rows = [
            [
                one_line(c.label, 40),
                f"{c.threshold:.9g}",
                *(f"{value:.3f}" for value in (c.precision, c.recall, c.f1)),
                count(c.support),
                f"{c.f1_at_half:.3f}",
            ]
            for c in self.per_label
        ]
        lines = [f"Thresholds for {self.goal}", "", *table([head, *rows], numbers=len(head) - 1), ""]
        missed = [one_line(c.label, 40) for c in self.per_label if not c.reached]
        if missed:
            lines.append(f"not reached: {', '.join(missed)}")
        parts = [plural(self.rows, "row")]
        if self.unlabelled:
            parts.append(f"{count(self.unlabelled)} without gold labels")
        if self.unscored:
            parts.append(f"{count(self.unscored)} without scores")
        return "\n".join([*lines, "; ".join(parts)])

    def to_pandas(self) -> pd.DataFrame:
        """The thresholds and their figures by label."""
        return pd.DataFrame([vars(chosen) for chosen in self.per_label]).set_index("label")


def choose(label: str, counts: ScoreCounts, precision: float | None, recall: float | None) -> LabelThreshold:
    """The threshold of one label.

    Parameters
    ----------
    precision, recall
        What is wanted: with a precision the largest recall that has it, with a recall the largest precision that has
        it; with neither the best F1.
    """
    least, largest, rows = counts.falling()
    # Of the first so many groups together: what a threshold below them does.
    given = np.concatenate([[0], np.cumsum(rows.sum(axis=1))])
    hits = np.concatenate([[0], np.cumsum(rows[:, 1])])
    support = int(hits[-1])
    precisions, recalls = ratio(hits, given), ratio(hits, np.array(support))
    f1 = f1_of(hits, given, np.array(support))
    # A score of 0 is over no threshold.
    possible = np.concatenate([[True], least > 0])
    if not support:
        at, reached = None, False
    elif precision is not None:
        at, reached = _best(recalls, possible & (precisions >= precision) & (hits > 0))
    elif recall is not None:
        at, reached = _best(precisions, possible & (recalls >= recall))
    else:
        at, reached = _best(f1, possible)
    if at is not None:
        threshold = _between(largest[at] if at < len(least) else np.float32(0), least[at - 1] if at else np.float32(1))
        if not at:
            threshold = 1.0
    else:
        threshold = DEFAULT if not support else 1.0 if precision is not None else 0.0
    at = int((least > np.float32(threshold)).sum())
    half = int((least > np.float32(DEFAULT)).sum())
    return LabelThreshold(
        label,
        threshold,
        float(precisions[at]),
        float(recalls[at]),
        float(f1[at]),
        support,
        float(f1[half]),
        reached,
        counts.exact,
    )


def _best(values: np.ndarray, allowed: np.ndarray) -> tuple[int | None, bool]:
    """The place of the largest of those allowed, the first of equal ones; and whether there is any."""
    if not allowed.any():
        return None, False
    return int(np.argmax(np.where(allowed, values, -1.0))), True


def _between(below: np.float32, above: np.float32) -> float:
    """A number, with few digits, that in float32 is not under `below` and is under `above`."""
    middle = (float(below) + float(above)) / 2
    for digits in range(1, 10):
        short = round(middle, digits)
        if below <= np.float32(short) < above:
            return short
    return float(below)
