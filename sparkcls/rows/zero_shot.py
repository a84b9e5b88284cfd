"""The row function of a zero-shot classifier: every sentence is scored for each candidate label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sparkcls.engine.zero_shot import Answer
from sparkcls.rows.scoring import Annotating, Scoring

if TYPE_CHECKING:
    from sparkcls.engine.classifier import Classifier


@dataclass(frozen=True)
class Candidate:
    """A label, and the sentence that says that a text is about it."""

    label: str
    hypothesis: str


@dataclass(frozen=True, kw_only=True)
class ZeroShotScoring(Scoring):
    """All that a worker must know to classify among candidate labels.

    Parameters
    ----------
    candidates
        In the order in which annotations have their scores.
    answer
        How the model's outputs become scores of labels.
    """

    candidates: tuple[Candidate, ...]
    answer: Answer

    def function(self, classifier: Classifier) -> Annotating:
        """The row function over a loaded model, with the labels' wordpieces, which are made here, once for all rows."""
        found = Annotating(self, classifier)
        found.labels = [candidate.label for candidate in self.candidates]
        texts = [candidate.hypothesis for candidate in self.candidates]
        found.hypotheses = classifier.hypotheses(texts, self.answer, self.reading)
        return found
