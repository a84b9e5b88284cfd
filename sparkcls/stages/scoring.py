"""The row function of a classifier stage: sentences, and maybe tokens, become categories."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
        kept = [[s for s in row[0] if s.result and not s.result.isspace()] for row in rows]
        sentences: list[Sentence] = []
        owners: list[int] = []
        for r, (row, documents) in enumerate(zip(rows, kept, strict=True)):
            tokens = _by_sentence(row[1]) if self.reads_tokens else None
            for document in documents:
                sentences.append(self._sentence(document, tokens))
                owners.append(r)
        outcomes = classifier.classify(sentences, owners, self.reading)
        if self.on_error == RAISE:
            self._raise_first([d for documents in kept for d in documents], [o.error for o in outcomes])
        annotations, at = [], 0
        for documents in kept:
            part = outcomes[at : at + len(documents)]
            annotations.append(to_annotations(documents, part, classifier.labels, self.decision))
            at += len(documents)
        return annotations

    def _sentence(self, document: Annotation, tokens: Mapping[str, list[Annotation]] | None) -> Sentence:
        """What is encoded of a sentence: its text, or the tokens that lie in it.

        Tokens must also carry the sentence's index: every document of an array starts at 0, so by
        offsets alone the tokens of others would belong to it too.
        """
        if tokens is not None:
            same = tokens.get(document.metadata.get("sentence", "0"), [])
            return [t.result or "" for t in same if t.begin >= document.begin and t.end <= document.end]
        text = document.result or ""
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


def _by_sentence(tokens: list[Annotation]) -> dict[str, list[Annotation]]:
    groups: dict[str, list[Annotation]] = {}
    for token in tokens:
        groups.setdefault(token.metadata.get("sentence", "0"), []).append(token)
    return groups
