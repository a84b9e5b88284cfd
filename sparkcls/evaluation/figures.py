"""What an evaluation says: plain numbers in frozen dataclasses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

#: Characters of texts that are kept.
TEXT_LENGTH = 500


@dataclass(frozen=True)
class ClassFigures:
    """Figures of one label, or their average over labels.

    Parameters
    ----------
    precision
        Of the rows that were given the label, the share that has it; 0 where no row was given it.
    recall
        Of the rows that have it, the share that was given it; 0 where no row has it.
    f1
        2 * precision * recall / (precision + recall), 0 where both are.
    support
        Rows that have it.
    """

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class Bin:
    """Rows whose confidence is over `lower` and at most `upper` (the first bin includes 0).

    Parameters
    ----------
    confidence, accuracy
        The mean confidence and the share of right answers; None where `count` is 0.
    """

    lower: float
    upper: float
    count: int
    confidence: float | None
    accuracy: float | None


@dataclass(frozen=True)
class Calibration:
    """How far confidence can be taken at its word.

    Parameters
    ----------
    ece
        Expected calibration error: the mean over rows of |accuracy - confidence| of their bin.
    """

    bins: tuple[Bin, ...]
    ece: float


@dataclass(frozen=True)
class Interval:
    """Ends of a 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True)
class Mistake:
    """A row that was answered wrongly.

    Parameters
    ----------
    text
        Its text, cut after 500 characters; None where no text column is known.
    confidence
        None where no confidence is known.
    rows
        How many rows are like this one.
    """

    text: str | None
    gold: str
    predicted: str
    confidence: float | None
    rows: int = 1


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


@dataclass(frozen=True)
class LabelCounts:
    """Of one label of several a row: rows by whether they have it and whether they were given it."""

    label: str
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int


@dataclass(frozen=True)
class MultilabelEvaluation:
    """How answers of any number of labels a row compare with the gold labels.

    `rows`, `unlabelled`, `left_out`, `failed`, `answered`, `unanswered_as`, `per_class`, `macro`, `weighted`,
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
    left_out: int
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
