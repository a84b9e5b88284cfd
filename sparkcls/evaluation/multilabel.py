"""Counting answers of several labels a row against gold labels."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from sparkcls.evaluation.annotations import with_plain_columns
from sparkcls.evaluation.labels import as_label, resolve
from sparkcls.evaluation.roles import ERROR, GIVEN, GOLD, LABEL, SCORES, TEXT
from sparkcls.evaluation.single import MAX_LABELS
from sparkcls.spark.folding import Folding
from sparkcls.summary.keeping import Smallest

#: Different pairs of a row's gold labels and its answer that are counted; more would fill memory, and the bootstrap
#: would take minutes.
MAX_PATTERNS = 20_000

#: The gold labels of a row, and its answer; None where there is none.
Pattern = tuple[tuple[str, ...], tuple[str, ...] | None]


class Multilabel(Folding):
    """What `MultilabelEvaluation` is made of.

    Parameters
    ----------
    label_map
        Gold labels and what they are called in answers; None for labels that are left out.
    delimiter
        Between gold labels, and between those of answers, where they are texts.
    mistakes
        How many are kept.
    """

    def __init__(self, label_map: Mapping[str, str | None], delimiter: str | None, mistakes: int):
        self._map, self._delimiter = dict(label_map), delimiter
        #: rows, unlabelled, failed.
        self.totals: Counter[str] = Counter()
        self.patterns: Counter[Pattern] = Counter()
        self.known: dict[str, None] = {}
        self.mistakes = Smallest(max(mistakes, 1))
        #: Some of the labels, if there are too many for labels.
        self.too_many: list[str] = []
        #: Whether there are more than `MAX_PATTERNS`; then nothing else counts.
        self.too_varied = False

    def add(self, batch: pa.RecordBatch) -> None:
        if self.too_many or self.too_varied or not batch.num_rows:
            return
        for text, gold, answer, scores, failed in rows_of(batch, self._map, self._delimiter):
            self.totals["rows"] += 1
            self.known.update(dict.fromkeys(scores))
            if gold is None:
                self.totals["unlabelled"] += 1
                continue
            self.totals["failed"] += failed and answer is None
            self.patterns[gold, answer] += 1
            if answer is not None:
                self._add_mistake(text, gold, answer, scores)
        self._check_number()

    def _add_mistake(
        self, text: str | None, gold: tuple[str, ...], answer: tuple[str, ...], scores: Mapping[str, float]
    ) -> None:
        labels = {*scores, *answer}
        right = {resolve(label, labels) or label for label in gold}
        wrong = right ^ {*answer}
        if not wrong:
            return
        # How sure the model was of what it got most wrong: of a label given, its score, else the rest to 1.
        sure = [scores[label] if label in answer else 1 - scores[label] for label in wrong if label in scores]
        rank = -max(sure) if sure else 1.0
        # Keys hold texts and numbers alone.
        self.mistakes.add((rank, text or "", json.dumps([gold, answer])), [text, gold, answer, max(sure, default=None)])

    def _check_number(self) -> None:
        labels = {label for gold, _ in self.patterns for label in gold}
        if len(labels) > MAX_LABELS:
            self.too_many = sorted(labels)[:3]
        self.too_varied = self.too_varied or len(self.patterns) > MAX_PATTERNS
        if self.too_many or self.too_varied:
            self.patterns.clear()

    def state(self) -> dict[str, Any]:
        return {
            "totals": dict(self.totals),
            "patterns": [[*pattern, count] for pattern, count in self.patterns.items()],
            "known": list(self.known),
            "mistakes": self.mistakes.state(),
            "too_many": self.too_many,
            "too_varied": self.too_varied,
        }

    def merge(self, state: Any) -> None:
        self.totals.update(state["totals"])
        for gold, answer, count in state["patterns"]:
            self.patterns[tuple(gold), None if answer is None else tuple(answer)] += count
        self.known.update(dict.fromkeys(state["known"]))
        self.mistakes.merge(state["mistakes"])
        self.too_many = self.too_many or state["too_many"]
        self.too_varied = self.too_varied or state["too_varied"]
        self._check_number()


def rows_of(
    batch: pa.RecordBatch, label_map: Mapping[str, str | None], delimiter: str | None
) -> Iterator[tuple[str | None, tuple[str, ...] | None, tuple[str, ...] | None, dict[str, float], bool]]:
    """Of each row the text, the gold labels after the map, the answer, its scores, and whether there is an error.

    Labels are in the order of the alphabet, each once. A row with scores and no label over its threshold has the answer
    ``()``; one without an answer has None, and so has one without gold labels.
    """
    batch = with_plain_columns(batch)
    columns = {name: batch.column(i).to_pylist() for i, name in enumerate(batch.schema.names)}
    nothing = [None] * batch.num_rows
    label, given = columns.get(LABEL, nothing), columns.get(GIVEN, nothing)
    for i in range(batch.num_rows):
        scores = {k.strip(): v for k, v in columns.get(SCORES, nothing)[i] or () if v is not None}
        answer = _labels(given[i] if given[i] is not None else label[i], delimiter)
        if answer is None and scores:
            answer = ()
        gold = _labels(columns[GOLD][i], delimiter)
        if gold is not None:
            mapped = {label_map.get(label, label) for label in gold}
            gold = tuple(sorted(label for label in mapped if label is not None))
        error = columns.get(ERROR, nothing)[i] is not None
        yield columns.get(TEXT, nothing)[i], gold, answer, scores, error


def _labels(value: Any, delimiter: str | None) -> tuple[str, ...] | None:
    """Labels of an array or a text; an empty text has none, as CSV has no other way to say so."""
    if value is None:
        return None
    parts = value.split(delimiter) if isinstance(value, str) and delimiter else value
    parts = parts if isinstance(parts, (list, tuple)) else [parts]
    return tuple(sorted({label for part in parts if (label := as_label(part)) is not None}))
