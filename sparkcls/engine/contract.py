"""What goes into a classifier and what comes out, without torch, so that every layer may name it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HUGGINGFACE = "huggingface"
SPARKNLP = "sparknlp"
TOKENIZATIONS = (HUGGINGFACE, SPARKNLP)

#: A sentence as its text, or as words that are already split.
Sentence = str | list[str]


@dataclass(frozen=True)
class Pair:
    """Two texts that are read together: a premise and a hypothesis, a question and a passage."""

    first: Sentence
    second: Sentence


@dataclass(frozen=True)
class Outcome:
    """What became of a sentence: logits, or an error, or neither when it has no wordpieces.

    Parameters
    ----------
    logits
        float32, shape ``(labels,)``, finite.
    truncated
        Wordpieces that did not fit.
    error
        Why it could not be processed, in one line.
    """

    logits: np.ndarray | None = None
    truncated: int = 0
    error: str | None = None


@dataclass(frozen=True)
class Reading:
    """How sentences are read. `max_length` counts ``[CLS]`` and ``[SEP]``; `cap` limits sequences a pass."""

    tokenization: str
    case_sensitive: bool
    max_length: int
    cap: int | None = None


@dataclass(frozen=True)
class Margins:
    """How far from a tie scores must be for 16 bits to decide a label.

    Parameters
    ----------
    difference
        Of the logits of two labels.
    score
        Of one label's logit to a threshold.
    """

    difference: float
    score: float
