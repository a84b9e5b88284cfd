"""What goes into a classifier and what comes out, without torch, so that every layer may name it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sparkcls.errors import ParamError

HUGGINGFACE = "huggingface"
SPARKNLP = "sparknlp"
TOKENIZATIONS = (HUGGINGFACE, SPARKNLP)

TRUNCATE, WINDOWS = "truncate", "windows"
LONG_TEXTS = (TRUNCATE, WINDOWS)
MEAN, MAX, FIRST = "mean", "max", "first"
POOLINGS = (MEAN, MAX, FIRST)

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
        float32, finite; shape ``(labels,)``, or ``(windows, labels)`` of a text that was read in several windows.
    truncated
        Wordpieces that did not fit.
    error
        Why it could not be processed, in one line.
    """

    logits: np.ndarray | None = None
    truncated: int = 0
    error: str | None = None

    @property
    def windows(self) -> int:
        """In how many windows the text was read."""
        return 1 if self.logits is None or self.logits.ndim == 1 else len(self.logits)


@dataclass(frozen=True)
class Windows:
    """Texts that are too long for the model are read in windows that overlap.

    Parameters
    ----------
    stride
        Wordpieces that a window shares with the one before, as `transformers` counts them. None: a quarter of
        `Reading.max_length`, and at most half of a window.
    only_first
        Whether what follows the first window is left out.
    """

    stride: int | None = None
    only_first: bool = False

    def overlap(self, room: int, max_length: int) -> int:
        """The stride of windows with room for so many wordpieces of the text.

        Raises
        ------
        ParamError
            It is no less than the room.
        """
        stride = min(max_length // 4, room // 2) if self.stride is None else self.stride
        if stride >= room and not self.only_first:
            raise ParamError(
                f"windowStride is {stride}; with maxSentenceLength {max_length} a window has room for {room} "
                "wordpieces of the text, and must advance: set a smaller stride, or a larger length"
            )
        return stride


@dataclass(frozen=True)
class Reading:
    """How sentences are read.

    Parameters
    ----------
    max_length
        Most wordpieces of a sequence, ``[CLS]`` and ``[SEP]`` counted.
    cap
        Most sequences of a forward pass.
    windows
        How what is longer is read. None: it is cut.
    """

    tokenization: str
    case_sensitive: bool
    max_length: int
    cap: int | None = None
    windows: Windows | None = None


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
