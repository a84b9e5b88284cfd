"""Zero-shot classification by entailment: every text is paired with a sentence about each candidate label.

Yin et al. 2019, arXiv:1909.00161, as `transformers`' zero-shot-classification pipeline does it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sparkcls.engine.contract import Margins
from sparkcls.engine.pairs import Second


@dataclass(frozen=True)
class Answer:
    """What the logits of a pair say of its label.

    Parameters
    ----------
    entailment
        The output for 'the second text follows from the first'.
    contradiction
        The output for 'it does not'. None: labels compete, and only their entailments are compared.
    """

    entailment: int
    contradiction: int | None = None

    def scores(self, logits: np.ndarray) -> np.ndarray:
        """One logit a label.

        Against the contradiction that is the difference of both, whose sigmoid is the softmax over the two.

        Parameters
        ----------
        logits
            Shape ``(..., labels, outputs)``.

        Returns
        -------
        Shape ``(..., labels)``.
        """
        found = logits[..., self.entailment]
        return found if self.contradiction is None else found - logits[..., self.contradiction]

    def margins(self, margins: Margins) -> Margins:
        """Margins of such scores, from those of the logits of one pair.

        Scores of two labels are from two pairs, which 16 bits move independently; a score against a contradiction is a
        difference within one pair.
        """
        return Margins(difference=2 * margins.score, score=margins.difference)


@dataclass(frozen=True)
class Hypotheses:
    """The sentences about all labels as wordpieces, made once for many texts.

    Parameters
    ----------
    seconds
        Each sentence as the end of a sequence.
    answer
        How logits become scores of labels.
    """

    seconds: tuple[Second, ...]
    answer: Answer
