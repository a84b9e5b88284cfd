"""What a summary is made of: plain numbers and texts in frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass

#: Bins of confidence from 0 to 1, each with its lower end.
CONFIDENCE_BINS = 100
#: Lower ends of the bins of lengths, in characters; the last one has no upper end.
LENGTHS = (0, 1, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
#: Characters of a text that are kept.
TEXT_LENGTH = 500


@dataclass(frozen=True)
class LabelCount:
    """Rows that got one label.

    Parameters
    ----------
    confidence
        Their mean; None where none is known, or is between 0 and 1.
    histogram
        Rows by confidence, in `CONFIDENCE_BINS` equal bins from 0 to 1.
    """

    label: str
    rows: int
    confidence: float | None
    histogram: tuple[int, ...]


@dataclass(frozen=True)
class Example:
    """A text and its answer, for people to look at.

    Parameters
    ----------
    text
        Cut after `TEXT_LENGTH` characters; None where no column of texts is known, or the text is null.
    characters
        Its whole length.
    label, confidence
        The answer; None of a row without one.
    runner_up, runner_up_score
        The label with the next best score.
    truncated
        Wordpieces that the model did not see.
    error
        Why there is no answer.
    rows
        How many rows are like this one.
    """

    text: str | None
    characters: int | None = None
    label: str | None = None
    confidence: float | None = None
    runner_up: str | None = None
    runner_up_score: float | None = None
    truncated: int | None = None
    error: str | None = None
    rows: int = 1


@dataclass(frozen=True)
class Reason:
    """Why rows failed; numbers and quoted words in the messages of errors do not make them different.

    Parameters
    ----------
    error
        One of the messages.
    """

    error: str
    rows: int
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Lengths:
    """How long the texts are, in characters.

    Parameters
    ----------
    texts
        Those that are not null.
    mean, shortest, longest
        None without texts.
    histogram
        Texts by length, in the bins of `LENGTHS`.
    cut
        Of each bin the texts that the model saw only a part of.
    """

    texts: int
    mean: float | None
    shortest: int | None
    longest: int | None
    histogram: tuple[int, ...]
    cut: tuple[int, ...]
