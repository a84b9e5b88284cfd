"""What `sparkcls.evaluate` gives: plain numbers in frozen dataclasses, which print themselves and write reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sparkcls.evaluation import pictures
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
from sparkcls.report.numbers import count, number, percent, plural, score
from sparkcls.report.page import Figure, Page
from sparkcls.report.reportable import Reportable
from sparkcls.summary.about import About


@dataclass(frozen=True)
class Evaluation(Reportable):
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
    about: About | None = None

    def page(self) -> Page:
        """What its report holds."""
        counted = self.answered + (sum(self.unanswered) if self.unanswered_as == "wrong" else 0)
        accuracy = self.intervals.get("accuracy")
        lead = f"{percent(self.accuracy)} of {plural(counted, 'row')} have the right label"
        if accuracy is not None:
            lead += f" (95 % interval: {percent(accuracy.low)} to {percent(accuracy.high)})"
        figures = [
            Figure("Accuracy", percent(self.accuracy), pictures.within(accuracy, shares=True)),
            Figure("Macro F1", score(self.macro.f1), pictures.within(self.intervals.get("macro f1"))),
            Figure("Weighted F1", score(self.weighted.f1), pictures.within(self.intervals.get("weighted f1"))),
        ]
        if self.calibration is not None:
            figures.append(Figure("Calibration error", score(self.calibration.ece), "0 is best"))
        if self.log_loss is not None:
            figures.append(Figure("Log loss", number(self.log_loss), f"of {plural(self.scored, 'row')}; 0 is best"))
        none = sum(self.unanswered)
        if none:
            figures.append(Figure("No answer", percent(none, self.answered + none), plural(none, "row"), "warn"))
        sections = [
            pictures.by_label(self.per_class, (self.macro, self.weighted), self.intervals),
            pictures.confusions(self.labels, self.confusion, self.unanswered),
        ]
        if self.calibration is not None and any(found.count for found in self.calibration.bins):
            sections.append(pictures.trust(self.calibration))
        if self.mistakes:
            sections.append(pictures.mistakes(self.mistakes))
        if self.card:
            sections.append(pictures.card_figures(self.card))
        notices = pictures.notices(none, self.failed, self.unanswered_as, self.unlabelled, self.left_out)
        return pictures.page(f"{lead}.", figures, notices, sections, self.about)

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
class MultilabelEvaluation(Reportable):
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
    about: About | None = None

    def page(self) -> Page:
        """What its report holds."""
        counted = self.answered + (self.unanswered if self.unanswered_as == "wrong" else 0)
        lead = f"Of {percent(self.subset_accuracy)} of {plural(counted, 'row')} all labels are right, and none too many"
        figures = [
            Figure("Micro F1", score(self.micro.f1), pictures.within(self.intervals.get("micro f1"))),
            Figure("Macro F1", score(self.macro.f1), pictures.within(self.intervals.get("macro f1"))),
            Figure(
                "Whole rows right",
                percent(self.subset_accuracy),
                pictures.within(self.intervals.get("subset accuracy"), shares=True),
            ),
            Figure("Hamming loss", score(self.hamming_loss), "share of wrong decisions; 0 is best"),
        ]
        averages = (self.micro, self.macro, self.weighted, self.samples)
        sections = pictures.by_label_multilabel(self.per_class, averages, self.intervals, self.counts)
        if self.mistakes:
            sections.append(pictures.mistakes(self.mistakes))
        notices = pictures.notices(self.unanswered, self.failed, self.unanswered_as, self.unlabelled, 0)
        return pictures.page(f"{lead}.", figures, notices, sections, self.about)

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
class RegressionEvaluation(Reportable):
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
    about: About | None = None

    def page(self) -> Page:
        """What its report holds."""
        lead = f"Over {plural(self.answered, 'row')} the answers are {number(self.mae)} off on average."
        figures = [
            Figure("Mean absolute error", number(self.mae), "0 is best"),
            Figure("Root mean squared error", number(self.rmse), "0 is best"),
            Figure("Correlation", score(self.pearson), "Pearson's; 1 is best"),
            Figure("Rows", count(self.answered), f"of {count(self.rows)}"),
        ]
        notices = pictures.notices(self.rows - self.unlabelled - self.answered, self.failed, "skip", self.unlabelled, 0)
        return pictures.page(lead, figures, notices, [], self.about)

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
