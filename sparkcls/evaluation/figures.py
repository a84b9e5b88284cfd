"""What an evaluation is made of: plain numbers."""

from __future__ import annotations

from dataclasses import dataclass


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
class LabelCounts:
    """Of one label of several a row: rows by whether they have it and whether they were given it."""

    label: str
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int
