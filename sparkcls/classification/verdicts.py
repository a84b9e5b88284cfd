"""From outcomes to what is said of a row, and to finished category annotations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sparkcls.annotation import CATEGORY, Annotation
from sparkcls.classification.decision import Decision
from sparkcls.classification.scores import pooled, probabilities
from sparkcls.engine.contract import Outcome
from sparkcls.models.heads import SIGMOID
from sparkcls.text.java import float_to_string


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
