"""Counting answers in one pass, in bounded memory; the result does not depend on the order of rows."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sparkcls.errors import flattened
from sparkcls.spark.folding import Folding
from sparkcls.summary.figures import CONFIDENCE_BINS, LENGTHS
from sparkcls.summary.keeping import Smallest

#: Names of the columns that `Counting` reads; all but `LABEL` may be missing. `GIVEN` are the labels of a row that may
#: have several, and `GIVEN_SCORES` their scores.
TEXT_HEAD, CHARACTERS, LABEL, CONFIDENCE = "text", "characters", "label", "confidence"
SCORES, GIVEN, GIVEN_SCORES, ERROR, CUT = "scores", "given", "given_scores", "error", "cut"

#: Sums of confidences are kept as whole numbers of this part, so that they are the same in any order.
_UNIT = 2**40
#: Labels that are told apart; a column with more holds something else. Each costs some hundred numbers.
MAX_LABELS = 10_000
#: Examples kept: the least confident, the most cut, those of a label, those of a reason to fail.
_DOUBTFUL, _MOST_CUT, _OF_LABEL, _OF_REASON = 20, 5, 3, 3
#: Labels up to which each has examples, and reasons that are told apart.
_LABELS_WITH_EXAMPLES, _REASONS = 200, 200
#: What differs between messages of one reason: numbers, and what stands in quotes.
_VARYING = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")


class Counting(Folding):
    """What `Summary` is made of."""

    def __init__(self) -> None:
        #: By name: rows, answered, failed, without_label, cut, wordpieces_cut, out_of_range, texts, characters.
        self.totals: Counter[str] = Counter()
        self.shortest: int | None = None
        self.longest: int | None = None
        #: Rows by label; of each, the summed confidence in units, and rows by bin.
        self.labels: Counter[str] = Counter()
        self.sums: Counter[str] = Counter()
        self.bins: dict[str, Counter[int]] = {}
        self.lengths: Counter[int] = Counter()
        self.lengths_cut: Counter[int] = Counter()
        self.doubtful = Smallest(_DOUBTFUL)
        self.most_cut = Smallest(_MOST_CUT)
        self.of_label: dict[str, Smallest] = {}
        #: One message of each reason, by what all of them have in common.
        self.reasons = Smallest(_REASONS)
        self.of_reason: dict[str, Smallest] = {}
        #: Some of the labels if there are more than `MAX_LABELS`; then nothing else counts.
        self.too_many: list[str] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Add rows: the columns are some of those named above."""
        columns = {name: batch.column(i) for i, name in enumerate(batch.schema.names)}
        rows = batch.num_rows
        if not rows or self.too_many:
            return
        has_label = _there(columns, LABEL, rows)
        answered = has_label | _there(columns, SCORES, rows)
        failed = _there(columns, ERROR, rows) & ~answered
        cut = _numbers(columns, CUT, rows)
        self.totals.update(
            rows=rows,
            answered=int(answered.sum()),
            failed=int(failed.sum()),
            cut=int((cut > 0).sum()),
            wordpieces_cut=int(cut[cut > 0].sum()),
        )
        self._add_known_labels(columns)
        self._add_labels(columns, has_label, answered)
        self._add_lengths(columns, cut)
        self._add_examples(columns, has_label, failed, cut)
        self._check()

    def _check(self) -> None:
        """Stop counting where there are too many labels; an error in a task would be told by Spark, at length."""
        if len(self.labels) > MAX_LABELS or self.too_many:
            self.too_many = self.too_many or sorted(self.labels)[:3]
            self.labels, self.sums, self.bins, self.of_label = Counter(), Counter(), {}, {}

    def _add_known_labels(self, columns: dict[str, pa.Array]) -> None:
        """Labels that no row may have got, from the first scores."""
        if SCORES in columns:
            known = columns[SCORES].drop_null()
            for label, _ in known[0].as_py() if len(known) else ():
                self.labels[label] += 0

    def _add_labels(self, columns: dict[str, pa.Array], has_label: np.ndarray, answered: np.ndarray) -> None:
        if GIVEN in columns:
            given = columns[GIVEN].filter(pa.array(answered))
            self.totals["without_label"] += int(
                (pc.fill_null(pc.list_value_length(given), 0).to_numpy(False) == 0).sum()
            )
            labels = given.flatten()
            scores = columns[GIVEN_SCORES].filter(pa.array(answered)).flatten() if GIVEN_SCORES in columns else None
        else:
            mask = pa.array(has_label)
            labels = columns[LABEL].filter(mask)
            scores = columns[CONFIDENCE].filter(mask) if CONFIDENCE in columns else None
        if not len(labels):
            return
        encoded = labels.dictionary_encode()
        names = encoded.dictionary.to_pylist()
        codes = encoded.indices.to_numpy(zero_copy_only=False)
        for name, times in zip(names, np.bincount(codes, minlength=len(names)).tolist(), strict=True):
            self.labels[name] += times
        if scores is None:
            return
        values = _floats(scores)
        fits = (values >= 0) & (values <= 1)
        self.totals["out_of_range"] += int((~fits).sum())
        codes, values = codes[fits], values[fits]
        # The small part takes 0.29 * 100 = 28.999999999999996 to where it belongs.
        bins = np.minimum((values * CONFIDENCE_BINS + 1e-9).astype(np.int64), CONFIDENCE_BINS - 1)
        places, times = np.unique(codes.astype(np.int64) * CONFIDENCE_BINS + bins, return_counts=True)
        for place, n in zip(places.tolist(), times.tolist(), strict=True):
            self.bins.setdefault(names[place // CONFIDENCE_BINS], Counter())[place % CONFIDENCE_BINS] += n
        sums = np.zeros(len(names), dtype=np.int64)
        np.add.at(sums, codes, np.rint(values * _UNIT).astype(np.int64))
        self.sums.update(dict(zip(names, sums.tolist(), strict=True)))

    def _add_lengths(self, columns: dict[str, pa.Array], cut: np.ndarray) -> None:
        characters = _numbers(columns, CHARACTERS, len(cut))
        known = characters >= 0
        if not known.any():
            return
        lengths = characters[known]
        self.totals.update(texts=len(lengths), characters=int(lengths.sum()))
        self._span(int(lengths.min()), int(lengths.max()))
        bins = np.searchsorted(LENGTHS, lengths, side="right") - 1
        for counter, places in ((self.lengths, bins), (self.lengths_cut, bins[cut[known] > 0])):
            counter.update({i: n for i, n in enumerate(np.bincount(places).tolist()) if n})

    def _span(self, shortest: int | None, longest: int | None) -> None:
        lows = [n for n in (self.shortest, shortest) if n is not None]
        highs = [n for n in (self.longest, longest) if n is not None]
        self.shortest, self.longest = min(lows, default=None), max(highs, default=None)

    def _add_examples(
        self, columns: dict[str, pa.Array], has_label: np.ndarray, failed: np.ndarray, cut: np.ndarray
    ) -> None:
        rows = _Rows(columns)
        if CONFIDENCE in columns:
            confidence = _floats(columns[CONFIDENCE])
            order = np.argsort(confidence, kind="stable")
            order = order[(has_label & ~np.isnan(confidence))[order]]
            for row in order.tolist():
                if self.doubtful.bound is not None and confidence[row] > self.doubtful.bound[0]:
                    break
                self.doubtful.add((float(confidence[row]), *rows.key(row)), rows.answer(row))
            self._add_typical(rows, confidence, order[::-1])
        for row in np.flatnonzero(cut > 0).tolist():
            bound = self.most_cut.bound
            if bound is None or -cut[row] <= bound[0]:
                self.most_cut.add((-int(cut[row]), *rows.key(row)), rows.answer(row))
        for row in np.flatnonzero(failed).tolist():
            message = flattened(columns[ERROR][row].as_py())[:300]
            reason = _VARYING.sub("*", message)
            self.reasons.add((reason,), message)
            if self.reasons.bound is None or (reason,) <= self.reasons.bound:
                self.of_reason.setdefault(reason, Smallest(_OF_REASON)).add(rows.key(row), [message, int(cut[row])])
        if len(self.of_reason) > 2 * _REASONS:
            self._drop_reasons()

    def _add_typical(self, rows: _Rows, confidence: np.ndarray, falling: np.ndarray) -> None:
        """The most confident of each label. `falling`: rows that have a label, by confidence."""
        if len(self.labels) > _LABELS_WITH_EXAMPLES:
            return
        encoded = rows.columns[LABEL].dictionary_encode()
        kept = [self.of_label.setdefault(label, Smallest(_OF_LABEL)) for label in encoded.dictionary.to_pylist()]
        least = np.array([-1.0 * k.bound[0] if k.bound is not None else -np.inf for k in kept])
        codes = _numbers({LABEL: encoded.indices}, LABEL, len(confidence))
        for row in falling[confidence[falling] >= least[codes[falling]]].tolist():
            of_label = kept[codes[row]]
            if of_label.bound is None or -confidence[row] <= of_label.bound[0]:
                of_label.add((-float(confidence[row]), *rows.key(row)), rows.answer(row))

    def _drop_reasons(self) -> None:
        kept = {reason for (reason,), _, _ in self.reasons.items()}
        self.of_reason = {reason: examples for reason, examples in self.of_reason.items() if reason in kept}

    def state(self) -> dict[str, Any]:
        self._drop_reasons()
        few = len(self.labels) <= _LABELS_WITH_EXAMPLES
        return {
            "too_many": self.too_many,
            "totals": dict(self.totals),
            "span": [self.shortest, self.longest],
            "labels": dict(self.labels),
            "sums": dict(self.sums),
            "bins": {label: list(bins.items()) for label, bins in self.bins.items()},
            "lengths": [list(self.lengths.items()), list(self.lengths_cut.items())],
            "doubtful": self.doubtful.state(),
            "most_cut": self.most_cut.state(),
            "of_label": {label: kept.state() for label, kept in self.of_label.items()} if few else {},
            "reasons": self.reasons.state(),
            "of_reason": {reason: kept.state() for reason, kept in self.of_reason.items()},
        }

    def merge(self, state: dict[str, Any]) -> None:
        self.totals.update(state["totals"])
        self._span(*state["span"])
        self.labels.update(state["labels"])
        self.sums.update(state["sums"])
        for label, bins in state["bins"].items():
            self.bins.setdefault(label, Counter()).update(dict(bins))
        for counter, counts in zip((self.lengths, self.lengths_cut), state["lengths"], strict=True):
            counter.update(dict(counts))
        for kept, own in ((self.doubtful, "doubtful"), (self.most_cut, "most_cut"), (self.reasons, "reasons")):
            kept.merge(state[own])
        for label, examples in state["of_label"].items():
            self.of_label.setdefault(label, Smallest(_OF_LABEL)).merge(examples)
        for reason, examples in state["of_reason"].items():
            self.of_reason.setdefault(reason, Smallest(_OF_REASON)).merge(examples)
        self._drop_reasons()
        self.too_many = self.too_many or state["too_many"]
        self._check()

    def mean_confidence(self, label: str) -> float | None:
        """Mean confidence of a label's rows, of those where it is between 0 and 1."""
        rows = self.bins.get(label, Counter()).total()
        return self.sums[label] / _UNIT / rows if rows else None


class _Rows:
    """Rows of a batch, one by one where they are looked at."""

    def __init__(self, columns: dict[str, pa.Array]):
        self.columns = columns

    def _value(self, name: str, row: int) -> Any:
        return self.columns[name][row].as_py() if name in self.columns else None

    def key(self, row: int) -> tuple[str, int, str]:
        """What tells texts and their answers apart; a null text has a length of -1."""
        text, characters = self._value(TEXT_HEAD, row), self._value(CHARACTERS, row)
        return (text or "", -1 if characters is None else characters, self._value(LABEL, row) or "")

    def answer(self, row: int) -> list[Any]:
        """Confidence, the next best label and its score, and wordpieces cut."""
        label = self._value(LABEL, row)
        others = [(s, name) for name, s in self._value(SCORES, row) or () if name != label and s is not None]
        score, runner_up = max(others, key=lambda pair: (pair[0], pair[1]), default=(None, None))
        return [self._value(CONFIDENCE, row), runner_up, score, self._value(CUT, row)]


def _there(columns: dict[str, pa.Array], name: str, rows: int) -> np.ndarray:
    if name not in columns:
        return np.zeros(rows, dtype=bool)
    return columns[name].is_valid().to_numpy(zero_copy_only=False)


def _numbers(columns: dict[str, pa.Array], name: str, rows: int) -> np.ndarray:
    """Whole numbers; -1 where there is none."""
    if name not in columns:
        return np.full(rows, -1, dtype=np.int64)
    return pc.fill_null(columns[name].cast(pa.int64()), -1).to_numpy(zero_copy_only=False)


def _floats(column: pa.Array) -> np.ndarray:
    """Numbers; NaN where there is none."""
    return pc.fill_null(column.cast(pa.float64()), float("nan")).to_numpy(zero_copy_only=False)
