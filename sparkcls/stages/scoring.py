"""The row function of a classifier stage: sentences, and maybe tokens, become categories."""

from __future__ import annotations

import os
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from sparkcls.annotation import Annotation
from sparkcls.classification import Decision, to_annotations
from sparkcls.engine.contract import SPARKNLP, Reading, Sentence
from sparkcls.errors import InputError
from sparkcls.models.ref import ModelRef
from sparkcls.stages.stage import Row, RowFunction
from sparkcls.stages.udf import task_gpus
from sparkcls.text.tokens import split_tokens

if TYPE_CHECKING:
    from sparkcls.engine.classifier import Classifier

RAISE = "raise"
ANNOTATE = "annotate"
ON_ERROR = (ANNOTATE, RAISE)


@dataclass(frozen=True)
class Scoring:
    """All that a worker must know to classify; small, and pickled into the UDF.

    Parameters
    ----------
    reads_tokens
        Whether rows carry a token column that is encoded instead of the sentence's text.
    """

    model: ModelRef
    device: str
    precision: str
    reading: Reading
    decision: Decision
    on_error: str
    reads_tokens: bool

    def __call__(self) -> RowFunction:
        """Load the model, unless this process has it, and return the row function."""
        from sparkcls.engine.cache import get_classifier
        from sparkcls.engine.device import Surroundings, choose_device, choose_precision
        from sparkcls.engine.network import set_threads

        gpus = task_gpus()
        around = Surroundings.here(assigned=gpus or (), worker=gpus is not None)
        device = choose_device(self.device, around)
        if around.worker:
            # Spark runs one task a core; more threads than that fight over the cores.
            set_threads(1)
            os.environ["TOKENIZERS_PARALLELISM"] = "false"
        classifier = get_classifier(self.model, device, choose_precision(self.precision))
        return lambda rows: self.annotate(rows, classifier)

    def annotate(self, rows: Sequence[Row], classifier: Classifier) -> list[list[Annotation]]:
        """Categories of every row; all sentences of all rows are scored together."""
        # In Spark NLP's way a sentence counts if it has tokens; they can consist of Unicode's other blanks.
        blanks_count = self.reading.tokenization == SPARKNLP
        kept = [[s for s in row[0] if s.result and (blanks_count or not s.result.isspace())] for row in rows]
        sentences: list[Sentence] = []
        owners: list[int] = []
        for r, (row, documents) in enumerate(zip(rows, kept, strict=True)):
            if self.reads_tokens:
                sentences += _words(documents, row[1])
            else:
                sentences += [self._text(document.result or "") for document in documents]
            owners += [r] * len(documents)
        outcomes = classifier.classify(sentences, owners, self.reading)
        if self.on_error == RAISE:
            self._raise_first([d for documents in kept for d in documents], [o.error for o in outcomes])
        annotations, at = [], 0
        for documents in kept:
            part = outcomes[at : at + len(documents)]
            annotations.append(to_annotations(documents, part, classifier.labels, self.decision))
            at += len(documents)
        return annotations

    def _text(self, text: str) -> Sentence:
        return [token for token, _, _ in split_tokens(text)] if self.reading.tokenization == SPARKNLP else text

    @staticmethod
    def _raise_first(documents: list[Annotation], errors: list[str | None]) -> None:
        for document, error in zip(documents, errors, strict=True):
            if error:
                text = document.result or ""
                raise InputError(
                    f"A text of {len(text)} characters cannot be classified: {error}. It begins with "
                    f"{text[:80]!r}. With setOnError({ANNOTATE!r}) the row would say so and the job go on"
                )


def _words(documents: list[Annotation], tokens: list[Annotation]) -> list[list[str]]:
    """For every sentence of a row the tokens that lie in it, by offsets.

    The documents of an array all start at 0. Where sentences overlap like that, a token must also carry
    its sentence's index.
    """
    apart = all(a.end < b.begin for a, b in pairwise(documents))
    groups: dict[str, list[Annotation]] = {}
    for token in sorted(tokens, key=lambda t: t.begin):
        groups.setdefault("" if apart else token.metadata.get("sentence", "0"), []).append(token)
    words = []
    for document in documents:
        group = groups.get("" if apart else document.metadata.get("sentence", "0"), [])
        start = bisect_left(group, document.begin, key=lambda t: t.begin)
        stop = bisect_right(group, document.end, key=lambda t: t.begin)
        words.append([t.result or "" for t in group[start:stop] if t.end <= document.end])
    return words
