"""Precision, recall and F1 from counts, and their averages: the definitions of scikit-learn, with 0 for 0 / 0."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sparkcls.evaluation.figures import ClassFigures


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Part / whole, 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole != 0)


def f1_of(hits: np.ndarray, given: np.ndarray, there: np.ndarray) -> np.ndarray:
    """F1 = 2 hits / (given + there), which is 2 PR / (P + R)."""
    return ratio(2.0 * hits, given + there)


def class_figures(labels: Sequence[str], hits: np.ndarray, given: np.ndarray, there: np.ndarray) -> list[ClassFigures]:
    """Figures of each label.

    Parameters
    ----------
    hits, given, there
        Rows of each label that rightly have it, that were given it, and that have it: shape ``(labels,)``.
    """
    columns = (ratio(hits, given), ratio(hits, there), f1_of(hits, given, there), there)
    return [
        ClassFigures(label, float(precision), float(recall), float(f1), int(support))
        for label, precision, recall, f1, support in zip(labels, *columns, strict=True)
    ]


def averaged(name: str, classes: Sequence[ClassFigures], weighted: bool) -> ClassFigures:
    """The average over classes, each counted once, or as often as it has rows."""
    support = np.array([c.support for c in classes], dtype=float)
    weights = support if weighted else np.ones(len(classes))
    whole = weights.sum()
    values = np.array([[c.precision, c.recall, c.f1] for c in classes]).reshape(len(classes), 3)
    precision, recall, f1 = (weights @ values / whole if whole else np.zeros(3)).tolist()
    return ClassFigures(name, precision, recall, f1, int(support.sum()))
