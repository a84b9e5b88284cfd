"""From logits to scores: probabilities, and those of a text that was read in windows."""

from __future__ import annotations

import numpy as np

from sparkcls.classification.decision import Decision
from sparkcls.engine.contract import MEAN
from sparkcls.models.heads import NONE, SIGMOID, SOFTMAX


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
