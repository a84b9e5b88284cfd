"""The row function of a classifier stage: sentences, and maybe tokens, become categories."""

from __future__ import annotations

import logging
import os
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import TYPE_CHECKING, ClassVar

from sparkcls.annotation import Annotation
from sparkcls.catalogue.sources import PUBLIC
from sparkcls.classification import CloseCalls, Decision, Verdict, to_annotations, verdicts
from sparkcls.engine.contract import SPARKNLP, Outcome, Pair, Reading, Sentence
from sparkcls.engine.figures import Figures
from sparkcls.errors import InputError
from sparkcls.models.heads import NONE
from sparkcls.models.ref import HUB, STORE, ModelRef
from sparkcls.settings import use_driver_cache
from sparkcls.spark.columns import Row
from sparkcls.spark.task import choose_threads, runs_on_driver, task_cores, task_gpus
from sparkcls.text.tokens import split_tokens

if TYPE_CHECKING:
    from sparkcls.engine.classifier import Classifier
    from sparkcls.engine.prepared import Prepared
    from sparkcls.engine.zero_shot import Hypotheses

RAISE = "raise"
ANNOTATE = "annotate"
ON_ERROR = (ANNOTATE, RAISE)

#: How threads of OpenMP wait for each other.
_WAIT = "OMP_WAIT_POLICY"


@dataclass(frozen=True)
class Scoring:
    """All that a worker must know to classify; small, and pickled into the UDF.

    Parameters
    ----------
    reads_tokens
        Whether rows carry a token column that is encoded instead of the sentence's text.
    reads_pairs
        Whether the last column of rows has second texts.
    slots
        Tasks that run on a machine at once, None where that is not known.
    cache
        Where the driver says that models are kept, None if it says nothing.
    archive
        The name of the model among the files that Spark carries to the executors; None if it is not among them.
    """

    model: ModelRef
    device: str
    precision: str
    reading: Reading
    decision: Decision
    on_error: str
    reads_tokens: bool
    reads_pairs: bool = False
    slots: int | None = None
    cache: str | None = None
    archive: str | None = None

    #: Whether what it makes scores rows, see `sparkcls.spark.udf.run`.
    scores_rows: ClassVar[bool] = True

    def __call__(self) -> Annotating:
        """Load the model, unless this process has it, and return the row function."""
        gpus = task_gpus()
        model = self.model
        if gpus is not None:
            use_driver_cache(self.cache)
            model = _seen_by_worker(model, self.archive)
        with _waiting_passively():
            from sparkcls.engine.cache import get_classifier
            from sparkcls.engine.device import Surroundings, choose_device
            from sparkcls.engine.precision import FLOAT32, INT8, MIXED, choose_precision
            from sparkcls.engine.process import available_cores, prepare_worker

        if runs_on_driver():
            # Of a choice that surprises nobody a log on an executor should tell, not the user's screen.
            logging.getLogger("sparkcls.engine.device").setLevel(logging.WARNING)
        around = Surroundings.here(assigned=gpus or (), worker=gpus is not None, requested=self.device)
        device = choose_device(self.device, around)
        if around.worker:
            prepare_worker(choose_threads(task_cores(), self.slots, available_cores()))
        precision = choose_precision(self.precision, device)
        if precision in (MIXED, INT8) and self.decision.activation == NONE:
            # They keep labels; of raw scores nobody knows what a difference would mean.
            precision = FLOAT32
        return self.function(get_classifier(model, device, precision))

    def function(self, classifier: Classifier) -> Annotating:
        """The row function over a loaded model."""
        return Annotating(self, classifier)


class Annotating:
    """The row function of a `Scoring` with its model.

    It can be called in two parts: `prepare` of the next rows may run beside `finish` of these, which is a gain if
    the model runs on another device.

    Attributes
    ----------
    figures
        What has been done, added up; a load that this process had to do for it included.
    device, precision
        Where and how the model runs.
    labels
        What is scored.
    """

    #: What is asked of every sentence, if it is not scored as it is.
    hypotheses: Hypotheses | None = None

    def __init__(self, scoring: Scoring, classifier: Classifier):
        self._scoring = scoring
        self._classifier = classifier
        self.labels: Sequence[str] = classifier.labels
        self.figures = Figures()
        if classifier.is_new:
            self.figures.loads, self.figures.load_seconds = 1, classifier.load_seconds
            classifier.is_new = False
        self.device, self.precision = classifier.device, classifier.precision
        self.overlaps = classifier.device != "cpu"

    def __call__(self, rows: Sequence[Row]) -> list[list[Annotation]]:
        """Categories of every row; all sentences of all rows are scored together."""
        return self.finish(self.prepare(rows))

    def recover(self) -> None:
        """Called at the end of a call where there are no tasks: what its lack of memory changed is forgotten."""
        self._classifier.recover()

    def close(self) -> None:
        """Called at the end of a task: a worker that waits for the next one holds little beside the model."""
        self._classifier.close()

    def prepare(self, rows: Sequence[Row]) -> tuple[list[list[Annotation]], Prepared]:
        """The sentences of every row, as annotations and as wordpieces."""
        reading = self._scoring.reading
        # In Spark NLP's way a sentence counts if it has tokens; they can consist of Unicode's other blanks.
        blanks_count = reading.tokenization == SPARKNLP
        kept = [[s for s in row[0] if s.result and (blanks_count or not s.result.isspace())] for row in rows]
        if self._scoring.reads_pairs:
            kept = [documents if _has_text(row[-1]) else [] for documents, row in zip(kept, rows, strict=True)]
        sentences: list[Sentence | Pair | InputError] = []
        owners: list[int] = []
        for r, (row, documents) in enumerate(zip(rows, kept, strict=True)):
            if self._scoring.reads_tokens:
                found: list[Sentence] = list(_words(documents, row[1]))
            else:
                found = [self._text(document.result or "") for document in documents]
            owners += [r] * len(documents)
            sentences += [_pair(first, row[-1]) for first in found] if self._scoring.reads_pairs else found
        return kept, self._classifier.prepare(sentences, owners, reading, self.hypotheses)

    def finish(self, prepared: tuple[list[list[Annotation]], Prepared]) -> list[list[Annotation]]:
        """Categories of every row."""
        decision = self._scoring.decision
        rows = [to_annotations(*row, self.labels, decision) for row in self._scored(prepared)]
        self.figures.empty += sum(not row for row in rows)
        return rows

    def judge(self, prepared: tuple[list[list[Annotation]], Prepared]) -> list[list[Verdict]]:
        """What `finish` tells in annotations, with the scores of sentences that have no label over the threshold too.

        Verdicts have the scores of `labels`, in their order. A row without a text has none.
        """
        rows = [verdicts(outcomes, self._scoring.decision) for _, outcomes in self._scored(prepared)]
        self.figures.empty += sum(not any(verdict.winners or verdict.error for verdict in row) for row in rows)
        return rows

    def _scored(
        self, prepared: tuple[list[list[Annotation]], Prepared]
    ) -> Iterator[tuple[list[Annotation], list[Outcome]]]:
        """The sentences of every row, and their outcomes."""
        kept, sentences = prepared
        outcomes = self._classifier.score(sentences, CloseCalls(self._scoring.decision), self.figures)
        if self._scoring.on_error == RAISE:
            self._raise_first([d for documents in kept for d in documents], [o.error for o in outcomes])
        self.figures.rows += len(kept)
        left = iter(outcomes)
        for documents in kept:
            yield documents, list(islice(left, len(documents)))

    def _text(self, text: str) -> Sentence:
        return [token for token, _, _ in split_tokens(text)] if self._scoring.reading.tokenization == SPARKNLP else text

    @staticmethod
    def _raise_first(documents: list[Annotation], errors: list[str | None]) -> None:
        for document, error in zip(documents, errors, strict=True):
            if error:
                text = document.result or ""
                raise InputError(
                    f"A text of {len(text)} characters cannot be classified: {error}. It begins with "
                    f"{text[:80]!r}. With setOnError({ANNOTATE!r}) the row would say so and the job go on"
                )


@contextmanager
def _waiting_passively() -> Iterator[None]:
    """Import torch in here: its threads then do not wait by spinning, which makes a busy machine four times slower."""
    if "torch" in sys.modules or _WAIT in os.environ:
        yield
        return
    # Read when torch is loaded. Other processes that this one starts are none of our business.
    os.environ[_WAIT] = "PASSIVE"
    try:
        yield
    finally:
        os.environ.pop(_WAIT, None)


def _seen_by_worker(ref: ModelRef, archive: str | None) -> ModelRef:
    """The ref with the places that a worker may ask: no hub, nor the public store, and first what Spark has brought."""
    places = tuple(place for place in ref.places if not place.startswith((HUB, f"{STORE}{PUBLIC}")))
    if archive:
        from pyspark import SparkFiles

        places = (SparkFiles.get(archive), *places)
    return replace(ref, places=places)


def _has_text(documents: list[Annotation]) -> bool:
    return any(document.result and not document.result.isspace() for document in documents)


def _pair(first: Sentence, seconds: list[Annotation]) -> Pair | InputError:
    """A sentence with the second text of its row; an error where that is not one text."""
    if len(seconds) != 1:
        return InputError(f"the row has {len(seconds)} second texts; a pair has one")
    return Pair(first, seconds[0].result or "")


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
