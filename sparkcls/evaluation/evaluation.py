"""What `sparkcls.evaluate` gives: plain numbers in frozen dataclasses, which print themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sparkcls.evaluation.figures import Calibration, ClassFigures, Interval, LabelCounts, Mistake
from sparkcls.evaluation.printing import (
    confusion_lines,
    figure_lines,
    frame_of,
    headline,
    mistake_lines,
    plain,
    row_lines,
)


@dataclass(frozen=True)
class Evaluation:
    """How answers of one label a row compare with the gold labels.

    Parameters
    ----------
    labels
        In the model's order where that is known, else sorted.
    confusion
        ``confusion[gold][predicted]``: rows, by the places of `labels`. Rows without an answer are not in it.
    unanswered
        Rows without an answer (null, blank or failed) by the place of their gold label.
    rows, unlabelled, left_out
        All rows; those among them without a gold label, and those whose gold label the map leaves out: neither counts.
    failed
        Of the rows without an answer, those with an error.
    answered
        Rows with a gold label and an answer: the sum of `confusion`.
    unanswered_as
        ``wrong``: rows without an answer count as wrong in `accuracy`, recall, F1 and support. ``skip``: they count
        nowhere.
    accuracy
        Share of right answers.
    accuracy_answered
        The same over the rows that have an answer; differs from `accuracy` only where some have none.
    macro, weighted
        Averages of `per_class`, unweighted and weighted with support.
    log_loss
        Mean of -ln(probability of the gold label) over `scored` rows; None without scores.
    scored
        Rows with a gold label and scores.
    intervals
        95 % intervals by name: ``accuracy``, ``macro f1``, ``weighted f1``, and ``f1 <label>`` of each label.
    mistakes
        The most confident ones first.
    card
        The rows of the Benchmarking table in the model's card, its head first; empty where there is none.
    about
        How the answers were made, where that is known.
    """

    labels: tuple[str, ...]
    confusion: tuple[tuple[int, ...], ...]
    unanswered: tuple[int, ...]
    rows: int
    unlabelled: int
    left_out: int
    failed: int
    answered: int
    unanswered_as: str
    accuracy: float
    accuracy_answered: float
    per_class: tuple[ClassFigures, ...]
    macro: ClassFigures
    weighted: ClassFigures
    log_loss: float | None = None
    scored: int = 0
    calibration: Calibration | None = None
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()
    card: tuple[tuple[str, ...], ...] = ()
    about: Any = None

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON takes it: dicts, lists, texts and numbers."""
        found: dict[str, Any] = plain(self)
        return found

    def to_pandas(self) -> pd.DataFrame:
        """Precision, recall, f1-score and support (rows) of each label and of the averages, by name."""
        return frame_of([*self.per_class, self.macro, self.weighted])

    def __str__(self) -> str:
        accuracy = ("accuracy", self.accuracy, self.intervals.get("accuracy"))
        lines = figure_lines(self.per_class, [self.macro, self.weighted], self.card, accuracy)
        facts = [headline(*accuracy)]
        if self.accuracy != self.accuracy_answered:
            facts.append(headline("accuracy over the rows that have an answer", self.accuracy_answered))
        facts.append(headline("macro f1", self.macro.f1, self.intervals.get("macro f1")))
        if self.log_loss is not None:
            facts.append(headline("log loss", self.log_loss))
        if self.calibration is not None:
            facts.append(headline("expected calibration error", self.calibration.ece))
        return "\n".join(
            [
                *lines,
                "",
                *facts,
                *row_lines(self, sum(self.unanswered)),
                *confusion_lines(self.labels, self.confusion, self.unanswered),
                *mistake_lines(self.mistakes),
            ]
        )


@dataclass(frozen=True)
class MultilabelEvaluation:
    """How answers of any number of labels a row compare with the gold labels.

    `rows`, `unlabelled`, `failed`, `answered`, `unanswered_as`, `per_class`, `macro`, `weighted`,
    `intervals`, `mistakes` and `about` are as in `Evaluation`; a mistake's labels are joined by commas, and its
    confidence is that of the label that is most confidently wrong.

    Parameters
    ----------
    counts
        By label.
    unanswered
        Rows with a gold value and no answer.
    micro
        Over all pairs of a row and a label.
    samples
        The mean over rows of each row's own precision, recall and F1.
    subset_accuracy
        Share of rows whose set of labels is exactly right.
    hamming_loss
        Share of wrong decisions among all pairs of a row and a label.
    """

    labels: tuple[str, ...]
    counts: tuple[LabelCounts, ...]
    unanswered: int
    rows: int
    unlabelled: int
    failed: int
    answered: int
    unanswered_as: str
    subset_accuracy: float
    hamming_loss: float
    per_class: tuple[ClassFigures, ...]
    micro: ClassFigures
    macro: ClassFigures
    weighted: ClassFigures
    samples: ClassFigures
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    mistakes: tuple[Mistake, ...] = ()
    about: Any = None

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON takes it: dicts, lists, texts and numbers."""
        found: dict[str, Any] = plain(self)
        return found

    def to_pandas(self) -> pd.DataFrame:
        """Precision, recall, f1-score and support (rows) of each label and of the averages, by name."""
        return frame_of([*self.per_class, self.micro, self.macro, self.weighted, self.samples])

    def __str__(self) -> str:
        lines = figure_lines(self.per_class, [self.micro, self.macro, self.weighted, self.samples])
        subset = headline("subset accuracy", self.subset_accuracy, self.intervals.get("subset accuracy"))
        facts = [subset, headline("micro f1", self.micro.f1, self.intervals.get("micro f1"))]
        facts.append(headline("hamming loss", self.hamming_loss))
        return "\n".join([*lines, "", *facts, *row_lines(self, self.unanswered), *mistake_lines(self.mistakes)])


@dataclass(frozen=True)
class RegressionEvaluation:
    """How numbers compare with gold numbers, over the `answered` rows.

    Parameters
    ----------
    mae, rmse
        Mean absolute error; root of the mean squared error.
    pearson
        Correlation; None where one side does not vary.
    """

    rows: int
    unlabelled: int
    failed: int
    answered: int
    mae: float
    rmse: float
    pearson: float | None
    about: Any = None

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON takes it."""
        found: dict[str, Any] = plain(self)
        return found

    def to_pandas(self) -> pd.DataFrame:
        """The three figures by name."""
        return pd.DataFrame({"value": [self.mae, self.rmse, self.pearson]}, index=["mae", "rmse", "pearson"])

    def __str__(self) -> str:
        facts = [headline("mean absolute error", self.mae), headline("root mean squared error", self.rmse)]
        if self.pearson is not None:
            facts.append(headline("Pearson correlation", self.pearson))
        return "\n".join([*facts, *row_lines(self, self.rows - self.unlabelled - self.answered)])
