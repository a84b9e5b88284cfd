"""What a classifier says of rows: one answer each, column by column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sparkcls.classification import Verdict

#: Fields of an answer in SQL, and of a served one.
ANSWER = ("label", "score", "labels", "scores", "truncated", "error")


@dataclass(frozen=True)
class Answers:
    """One answer a row, the columns all of one length.

    Where a row has several verdicts (of its sentences), the first with a label answers for it; where none has one, the
    first with scores.

    Parameters
    ----------
    label
        The label with the largest score; None where there is none.
    confidence
        That label's score; NaN where there is none.
    scores
        Every label's score, shape ``(labels,)``, float64; None where nothing was scored.
    labels
        The labels of all verdicts, in order.
    truncated
        Wordpieces left out, of all verdicts; None where the row lacks its text.
    error
        The first error among the verdicts; None where there is none.
    """

    label: list[str | None]
    confidence: np.ndarray
    scores: list[np.ndarray | None]
    labels: list[list[str]]
    truncated: list[int | None]
    error: list[str | None]


def answers_of(rows: Sequence[Sequence[Verdict]], lacking: Sequence[bool], labels: Sequence[str]) -> Answers:
    """The answers of rows.

    Parameters
    ----------
    rows
        The verdicts on each row.
    lacking
        Whether each row lacks its text.
    labels
        Names of the scores.
    """
    chosen = [_chosen(row) for row in rows]
    table = iter(_decimals([verdict.scores for verdict in chosen if verdict is not None]))
    label: list[str | None] = [None] * len(rows)
    confidence = np.full(len(rows), np.nan)
    scores: list[np.ndarray | None] = [None] * len(rows)
    for at, verdict in enumerate(chosen):
        if verdict is None:
            continue
        scores[at] = found = next(table)
        if verdict.winners:
            best = max(verdict.winners, key=found.__getitem__)
            label[at], confidence[at] = labels[best], found[best]
    return Answers(
        label,
        confidence,
        scores,
        labels=[[labels[i] for verdict in row for i in verdict.winners] for row in rows],
        truncated=[None if lacks else sum(v.truncated for v in row) for lacks, row in zip(lacking, rows, strict=True)],
        error=[next((verdict.error for verdict in row if verdict.error), None) for row in rows],
    )


def _chosen(row: Sequence[Verdict]) -> Verdict | None:
    scored = [verdict for verdict in row if verdict.scores is not None]
    return next((verdict for verdict in scored if verdict.winners), scored[0] if scored else None)


def _decimals(scores: Sequence[np.ndarray | None]) -> np.ndarray:
    """The numbers of float32 as float64 whose shortest decimals are the same: 0.1, not 0.10000000149.

    They are those that the metadata of annotations have, as text.
    """
    return np.array(scores, dtype=np.float32).astype(str).astype(np.float64)


def joined(parts: Sequence[Answers]) -> Answers:
    """The answers of one part of rows after the other."""
    return Answers(
        label=[value for part in parts for value in part.label],
        confidence=np.concatenate([np.empty(0), *(part.confidence for part in parts)]),
        scores=[value for part in parts for value in part.scores],
        labels=[value for part in parts for value in part.labels],
        truncated=[value for part in parts for value in part.truncated],
        error=[value for part in parts for value in part.error],
    )


def as_maps(answers: Answers, labels: Sequence[str]) -> list[dict[str, float] | None]:
    """The scores of every row by label; None where nothing was scored."""
    return [None if row is None else dict(zip(labels, row.tolist(), strict=True)) for row in answers.scores]


def as_structs(answers: Answers, labels: Sequence[str]) -> pd.DataFrame:
    """The fields of `ANSWER` of every row; all None where the row lacks its text."""
    lacking = [cut is None for cut in answers.truncated]
    columns = (
        answers.label,
        [None if label is None else score for label, score in zip(answers.label, answers.confidence, strict=True)],
        [None if lacks else given for lacks, given in zip(lacking, answers.labels, strict=True)],
        [None if lacks else found or {} for lacks, found in zip(lacking, as_maps(answers, labels), strict=True)],
        answers.truncated,
        answers.error,
    )
    # Of objects, so that an integer beside a null stays one.
    return pd.DataFrame({name: pd.Series(c, dtype=object) for name, c in zip(ANSWER, columns, strict=True)})
