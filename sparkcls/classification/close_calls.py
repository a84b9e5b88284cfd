"""Which labels rounding to 16 bits might change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sparkcls.classification.decision import Decision
from sparkcls.classification.scores import pooled, probabilities
from sparkcls.engine.contract import MEAN, Margins
from sparkcls.models.heads import NONE, SIGMOID, SOFTMAX


@dataclass(frozen=True)
class CloseCalls:
    """Whether rounding to 16 bits might change the labels that a sentence takes part in.

    A score can be anything between two ends, which follow from the logits and the margins. It is close if a label is on
    both sides of its threshold, or if another label may be better than the best. Raw scores are answers themselves, so
    with none all are close. Where sentences are averaged it is a row's average that decides, for all its sentences; of
    a text that was read in windows, its pooled scores.
    """

    decision: Decision

    def __call__(
        self,
        logits: np.ndarray,
        rows: Sequence[Sequence[int]],
        margins: Margins,
        windows: Sequence[int] | None = None,
    ) -> np.ndarray:
        """Answer for each sentence.

        Parameters
        ----------
        logits
            Shape ``(sentences, labels)``; with `windows` those of each sentence's windows, one after the other.
        rows
            For each sentence the rows in which it stands, as often as it stands in them.
        windows
            How many windows each sentence has; None: one each.

        Returns
        -------
        bool, shape ``(sentences,)``.
        """
        found = np.ones(len(rows), dtype=bool)
        if self.decision.activation == NONE:
            return found
        counts = np.ones(len(rows), dtype=np.int64) if windows is None else np.asarray(windows)
        x, several = logits.astype(np.float64), counts > 1
        if not self.decision.coalesce:
            # Where nothing is averaged logits are enough.
            low, high = _ends(x[np.repeat(~several, counts)], self.decision, margins)
            found[~several] = _are_close(low, high, self.decision)
            if several.any():
                low, high = self._ends_of_texts(x[np.repeat(several, counts)], counts[several], margins)
                found[several] = _are_close(low, high, self.decision)
            return found
        low, high = self._ends_of_texts(x, counts, margins)
        sentences = np.repeat(np.arange(len(rows)), [len(owners) for owners in rows])
        _, owners = np.unique([row for of_sentence in rows for row in of_sentence], return_inverse=True)
        close = _are_close(_means(low, sentences, owners), _means(high, sentences, owners), self.decision)
        found[:] = False
        found[sentences[close[owners]]] = True
        return found

    def _ends_of_texts(self, x: np.ndarray, counts: np.ndarray, margins: Margins) -> tuple[np.ndarray, np.ndarray]:
        """The lowest and the highest that the probabilities of sentences can be."""
        low, high = _ends_of_probabilities(x, self.decision, margins)
        if counts.max(initial=1) == 1:
            return low, high
        ends = np.cumsum(counts)
        pairs = [
            (low[end - count], high[end - count])
            if count == 1
            else _pooled_ends(low[end - count : end], high[end - count : end], self.decision)
            for end, count in zip(ends, counts, strict=True)
        ]
        return np.stack([least for least, _ in pairs]), np.stack([most for _, most in pairs])


def _pooled_ends(low: np.ndarray, high: np.ndarray, decision: Decision) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest that `pooled` scores can be, if each window's lie between two ends.

    No pooled score falls where a window's rises, but for the sum that ``max`` divides by: a label's share of it is
    lowest where its own score is lowest and those of all others are highest. So these ends are exact, and no wider than
    those of the windows.
    """
    if decision.pooling == MEAN or decision.activation != SOFTMAX:
        return pooled(low, decision), pooled(high, decision)
    least, most = low.max(axis=0).astype(np.float64), high.max(axis=0).astype(np.float64)
    lowest, highest = least / (least + most.sum() - most), most / (most + least.sum() - least)
    return lowest.astype(np.float32), highest.astype(np.float32)


def _ends(x: np.ndarray, decision: Decision, margins: Margins) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest that scores in float32 can be, of logits `x`."""
    if decision.activation == SIGMOID:
        return _ends_of_probabilities(x, decision, margins)
    # The logits decide as their probabilities do, and only their differences count.
    return x - margins.difference / 2, x + margins.difference / 2


def _ends_of_probabilities(x: np.ndarray, decision: Decision, margins: Margins) -> tuple[np.ndarray, np.ndarray]:
    """The same of probabilities, which can be averaged."""
    if decision.activation == SIGMOID:
        return probabilities(x - margins.score, SIGMOID), probabilities(x + margins.score, SIGMOID)
    # A probability is 1 / (1 + sum exp(x_j - x_i)) over the others, and each of these differences may move.
    x = _log_odds(x)
    return probabilities(x - margins.difference, SIGMOID), probabilities(x + margins.difference, SIGMOID)


def _log_odds(x: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)) of softmax's probabilities p, exact where they are nearly 1."""
    e = np.exp(x - x.max(axis=1, keepdims=True))
    others = e.sum(axis=1, keepdims=True) - e
    best = x.argmax(axis=1)[:, None]
    rest = e.copy()
    np.put_along_axis(rest, best, 0.0, axis=1)
    np.put_along_axis(others, best, rest.sum(axis=1, keepdims=True), axis=1)
    with np.errstate(divide="ignore"):
        return np.log(e) - np.log(others)


def _means(scores: np.ndarray, sentences: np.ndarray, owners: np.ndarray) -> np.ndarray:
    """Mean scores of rows, of pairs of a sentence and its row: in float32, in which they are decided on."""
    sums = np.zeros((owners.max(initial=-1) + 1, scores.shape[1]))
    np.add.at(sums, owners, scores[sentences])
    return (sums / np.bincount(owners)[:, None]).astype(np.float32)


def _are_close(low: np.ndarray, high: np.ndarray, decision: Decision) -> np.ndarray:
    if decision.activation == SIGMOID and decision.threshold is not None:
        threshold = np.asarray(decision.threshold, dtype=np.float32)
        return np.any((low > threshold) != (high > threshold), axis=1)
    best = low.argmax(axis=1)[:, None]
    others = high.copy()
    np.put_along_axis(others, best, -np.inf, axis=1)
    return others.max(axis=1) >= np.take_along_axis(low, best, axis=1)[:, 0]
