"""From logits to finished category annotations: the one place that decides what users read.

The Spark path and the light path both call `to_annotations`; `verdicts` tells the same without annotations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sparkcls.annotation import CATEGORY, Annotation
from sparkcls.engine.contract import MEAN, Margins, Outcome
from sparkcls.errors import ParamError
from sparkcls.models.heads import NONE, SIGMOID, SOFTMAX
from sparkcls.text.java import float_to_string


@dataclass(frozen=True)
class Decision:
    """How scores become labels.

    Parameters
    ----------
    activation
        ``softmax`` and ``none`` give the best label; ``sigmoid`` every label whose probability is over the threshold.
    threshold
        Strict; of sigmoid alone. One for all labels, or one a label in their order. None: sigmoid gives the best label
        too, whatever its probability.
    coalesce
        Whether the scores of a row's sentences are averaged.
    pooling
        How scores of windows become those of their text: ``mean`` or ``max``.
    """

    activation: str = SOFTMAX
    threshold: float | tuple[float, ...] | None = 0.5
    coalesce: bool = False
    pooling: str = MEAN


def threshold_of(
    value: float | Sequence[float] | Mapping[str, float], labels: Sequence[str], default: float
) -> float | tuple[float, ...]:
    """The threshold of a `Decision` over labels.

    Parameters
    ----------
    value
        One for all labels; or one a label, in their order or by label, where those that are not named have `default`.

    Raises
    ------
    ParamError
        There is not one for each label, or some are for labels that are not there.
    """
    if isinstance(value, Mapping):
        strange = [name for name in value if name not in labels]
        if strange:
            raise ParamError(
                f"threshold names {', '.join(map(repr, strange))}; the labels are {', '.join(map(repr, labels))}"
            )
        return tuple(value.get(label, default) for label in labels)
    if isinstance(value, Sequence):
        if len(value) != len(labels):
            raise ParamError(
                f"threshold has {len(value)} numbers, but there are {len(labels)} labels: "
                f"{', '.join(map(repr, labels))}. Give one for each, in this order, or a dict from label to number"
            )
        return tuple(value)
    return value


def probabilities(logits: np.ndarray, activation: str) -> np.ndarray:
    """Probabilities: float32, of the shape of `logits`, whose last axis is the labels; computed in float64.

    softmax(x) = exp(x - max x) / sum; sigmoid(x) = 1 / (1 + exp(-x)); none(x) = x, the raw scores, which are no
    probabilities.
    """
    if activation == NONE:
        return logits.astype(np.float32)
    x = logits.astype(np.float64)
    if activation == SIGMOID:
        return (1.0 / (1.0 + np.exp(-np.clip(x, -700.0, 700.0)))).astype(np.float32)
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return (e / e.sum(axis=-1, keepdims=True)).astype(np.float32)


def pooled(scores: np.ndarray, decision: Decision) -> np.ndarray:
    """The scores of a text that was read in windows, from those of its windows, as `probabilities` gives them.

    ``mean``: the average of each label's scores (soft voting, as `Decision.coalesce` does it with sentences). ``max``:
    each label's largest score, so that one window is enough for a label of sigmoid (the assumption of multiple-instance
    learning, Dietterich et al. 1997); with softmax these are divided by their sum, because labels exclude each other.
    Probabilities are pooled and not logits, because those of a softmax mean something within one window only: adding a
    number to all of a window's changes nothing.

    Parameters
    ----------
    scores
        Shape ``(windows, labels)``.

    Returns
    -------
    float32, shape ``(labels,)``.
    """
    if decision.pooling == MEAN:
        return scores.mean(axis=0, dtype=np.float64).astype(np.float32)
    largest = scores.max(axis=0).astype(np.float64)
    return (largest / largest.sum() if decision.activation == SOFTMAX else largest).astype(np.float32)


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


@dataclass(frozen=True)
class Verdict:
    """What is said of a sentence, or with `Decision.coalesce` of the sentences of a row together.

    Parameters
    ----------
    at
        Which of the sentences it stands at.
    scores
        Of every label, whether or not it is a result: float32, shape ``(labels,)``. Probabilities, or raw scores where
        the activation is ``none``. None where there are none, because of an error.
    winners
        Numbers of the labels that are results, ascending.
    truncated
        Wordpieces that were left out.
    error
        Why it could not be processed.
    windows
        In how many windows it was read.
    """

    at: int
    scores: np.ndarray | None = None
    winners: tuple[int, ...] = ()
    truncated: int = 0
    error: str | None = None
    windows: int = 1


def verdicts(outcomes: Sequence[Outcome], decision: Decision) -> list[Verdict]:
    """What is said of a row, from the outcomes of its sentences.

    softmax and none have one winner a sentence, the first maximum. sigmoid has every label over its threshold,
    possibly none. With `coalesce` the scores of all sentences (probabilities, or with none the raw scores) are
    averaged, and the verdict stands at the first of them; failures follow. A sentence without wordpieces has none.
    """
    scored = [
        (at, _scores(outcome.logits, decision), outcome)
        for at, outcome in enumerate(outcomes)
        if outcome.logits is not None
    ]
    failed = [Verdict(at, None, (), o.truncated, o.error) for at, o in enumerate(outcomes) if o.error]
    if decision.coalesce and scored:
        mean = np.stack([p for _, p, _ in scored]).mean(axis=0, dtype=np.float64).astype(np.float32)
        cut = sum(o.truncated for _, _, o in scored)
        # A sentence that was read whole is no window.
        windows = sum(o.windows for _, _, o in scored if o.windows > 1) or 1
        return [Verdict(scored[0][0], mean, _winners(mean, decision), cut, windows=windows), *failed]
    found = [
        Verdict(at, scores, _winners(scores, decision), outcome.truncated, windows=outcome.windows)
        for at, scores, outcome in scored
    ]
    return sorted([*found, *failed], key=lambda verdict: verdict.at) if failed else found


def _scores(logits: np.ndarray, decision: Decision) -> np.ndarray:
    found = probabilities(logits, decision.activation)
    return found if found.ndim == 1 else pooled(found, decision)


def _winners(scores: np.ndarray, decision: Decision) -> tuple[int, ...]:
    if decision.activation == SIGMOID and decision.threshold is not None:
        return tuple(np.flatnonzero(scores > np.asarray(decision.threshold, dtype=np.float32)).tolist())
    return (int(scores.argmax()),)


def to_annotations(
    sentences: Sequence[Annotation], outcomes: Sequence[Outcome], labels: Sequence[str], decision: Decision
) -> list[Annotation]:
    """Category annotations of one row: of each verdict one a winner, or one with an empty result and the key ``error``.

    The metadata has every label's score.

    Parameters
    ----------
    sentences, outcomes
        Of equal length, pairwise.
    """
    if len(sentences) != len(outcomes):
        raise AssertionError(f"{len(sentences)} sentences but {len(outcomes)} outcomes")
    row = verdicts(outcomes, decision)
    return [annotation for verdict in row for annotation in _annotations(sentences[verdict.at], verdict, labels)]


def _annotations(sentence: Annotation, verdict: Verdict, labels: Sequence[str]) -> list[Annotation]:
    metadata = {"sentence": sentence.metadata.get("sentence") or "0"}
    if verdict.error:
        metadata["error"] = verdict.error
    if verdict.truncated:
        metadata["truncated"] = str(verdict.truncated)
    if verdict.windows > 1:
        metadata["windows"] = str(verdict.windows)
    if verdict.scores is None:
        return [Annotation(CATEGORY, sentence.begin, sentence.end, "", metadata)]
    # After the reserved keys, so that a label of the same name wins.
    metadata |= {label: float_to_string(p) for label, p in zip(labels, verdict.scores, strict=True)}
    return [Annotation(CATEGORY, sentence.begin, sentence.end, labels[i], dict(metadata)) for i in verdict.winners]
