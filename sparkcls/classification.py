"""From logits to finished category annotations: the one place that decides what users read.

The Spark path and the light path both call `to_annotations`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sparkcls.annotation import CATEGORY, Annotation
from sparkcls.engine.contract import Outcome
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
        Strict; of sigmoid alone. None: sigmoid gives the best label too, whatever its probability.
    """

    activation: str = SOFTMAX
    threshold: float | None = 0.5
    coalesce: bool = False


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


#: How far 16 bits may move a probability: bfloat16 was measured to move one by up to 0.035.
_MOVED = 0.035


def close_calls(logits: np.ndarray, decision: Decision, rows: Sequence[set[int]]) -> np.ndarray:
    """Whether rounding to 16 bits might change the labels that a sentence takes part in.

    With softmax the two best labels are within 0.07 of each other; with sigmoid some label is within 0.035 of the
    threshold, or where there is none the two best labels of each other. Raw scores have no scale that would tell, so
    with none all are close. Where sentences are averaged it is a row's average that decides, for all its sentences.

    Parameters
    ----------
    logits
        Shape ``(sentences, labels)``.
    rows
        For each sentence the rows in which it stands.

    Returns
    -------
    bool, shape ``(sentences,)``.
    """
    if decision.activation == NONE:
        return np.ones(len(logits), dtype=bool)
    scores = probabilities(logits, decision.activation)
    if not decision.coalesce:
        return _are_close(scores, decision)
    of_row: dict[int, list[int]] = {}
    for sentence, owners in enumerate(rows):
        for row in owners:
            of_row.setdefault(row, []).append(sentence)
    close = np.zeros(len(scores), dtype=bool)
    for members in of_row.values():
        if _are_close(scores[members].mean(axis=0, keepdims=True), decision)[0]:
            close[members] = True
    return close


def _are_close(scores: np.ndarray, decision: Decision) -> np.ndarray:
    if decision.activation == SIGMOID and decision.threshold is not None:
        return np.any(np.abs(scores - decision.threshold) < _MOVED, axis=1)
    if scores.shape[1] < 2:
        return np.zeros(len(scores), dtype=bool)
    best = np.sort(scores, axis=1)
    return np.less(best[:, -1] - best[:, -2], 2 * _MOVED)


def to_annotations(
    sentences: Sequence[Annotation], outcomes: Sequence[Outcome], labels: Sequence[str], decision: Decision
) -> list[Annotation]:
    """Category annotations of one row.

    softmax and none give one per sentence, the first maximum. sigmoid gives one per label over the threshold,
    in the order of labels, possibly none. The metadata has every label's score. With `coalesce` the scores of all
    sentences (probabilities, or with none the raw scores) are averaged, and the result stands at the first of them.
    A sentence without wordpieces gives none; a failed one gives an empty result with the key ``error``.

    Parameters
    ----------
    sentences, outcomes
        Of equal length, pairwise.
    """
    if len(sentences) != len(outcomes):
        raise AssertionError(f"{len(sentences)} sentences but {len(outcomes)} outcomes")
    pairs = list(zip(sentences, outcomes, strict=True))
    scored = [
        (sentence, probabilities(outcome.logits, decision.activation), outcome.truncated)
        for sentence, outcome in pairs
        if outcome.logits is not None
    ]
    if decision.coalesce and scored:
        mean = np.stack([p for _, p, _ in scored]).mean(axis=0, dtype=np.float64).astype(np.float32)
        result = _decide(scored[0][0], mean, sum(cut for _, _, cut in scored), labels, decision)
        return result + [_failure(sentence, o) for sentence, o in pairs if o.error]
    annotations: list[Annotation] = []
    at = 0
    for sentence, outcome in pairs:
        if outcome.error:
            annotations.append(_failure(sentence, outcome))
        elif outcome.logits is not None:
            annotations += _decide(*scored[at], labels, decision)
            at += 1
    return annotations


def _decide(
    sentence: Annotation, scores: np.ndarray, truncated: int, labels: Sequence[str], decision: Decision
) -> list[Annotation]:
    metadata = {"sentence": _index(sentence)}
    if truncated:
        metadata["truncated"] = str(truncated)
    # After the reserved keys, so that a label of the same name wins.
    metadata |= {label: float_to_string(p) for label, p in zip(labels, scores, strict=True)}
    if decision.activation == SIGMOID and decision.threshold is not None:
        winners = [int(i) for i in np.flatnonzero(scores > np.float32(decision.threshold))]
    else:
        winners = [int(scores.argmax())]
    return [Annotation(CATEGORY, sentence.begin, sentence.end, labels[i], dict(metadata)) for i in winners]


def _failure(sentence: Annotation, outcome: Outcome) -> Annotation:
    metadata = {"sentence": _index(sentence), "error": outcome.error or ""}
    if outcome.truncated:
        metadata["truncated"] = str(outcome.truncated)
    return Annotation(CATEGORY, sentence.begin, sentence.end, "", metadata)


def _index(sentence: Annotation) -> str:
    return sentence.metadata.get("sentence") or "0"
