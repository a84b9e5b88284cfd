"""Category annotations as the columns that `sparkcls.classify` gives."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from sparkcls.annotation import RESERVED
from sparkcls.evaluation.roles import ANNOTATIONS, CONFIDENCE, ERROR, GIVEN, LABEL, SCORES


def with_plain_columns(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with `ANNOTATIONS` taken apart, if it is there.

    A row with several sentences has the labels of all and the scores of the first that has any, as `sparkcls.sql` says.
    A label called like a reserved key of the metadata has no score here.
    """
    if ANNOTATIONS not in batch.schema.names:
        return batch
    rows = [_answer(notes) for notes in batch.column(ANNOTATIONS).to_pylist()]
    kinds = {
        LABEL: pa.string(),
        CONFIDENCE: pa.float64(),
        SCORES: pa.map_(pa.string(), pa.float64()),
        GIVEN: pa.list_(pa.string()),
        ERROR: pa.string(),
    }
    columns = {name: batch.column(name) for name in batch.schema.names if name != ANNOTATIONS}
    columns |= {name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()}
    return pa.RecordBatch.from_pydict(columns)


def _answer(notes: list[Any] | None) -> dict[str, Any]:
    found = [(note["result"], dict(note["metadata"] or ())) for note in notes or () if note is not None]
    labels = [(result, metadata) for result, metadata in found if result]
    error = next((metadata.get("error") for result, metadata in found if not result), None)
    answer: dict[str, Any] = {LABEL: None, CONFIDENCE: None, SCORES: None, GIVEN: None, ERROR: error}
    if not labels:
        # No label is over its threshold, or there is no text: annotations do not tell.
        return answer | {GIVEN: [] if error is None else None}
    first = labels[0][1]
    scores = {key: score for key, value in first.items() if (score := _score(key, value)) is not None}
    of_first = [result for result, metadata in labels if metadata.get("sentence") == first.get("sentence")]
    best = max(of_first, key=lambda label: scores.get(label, -1.0))
    return answer | {
        LABEL: best,
        CONFIDENCE: scores.get(best),
        SCORES: list(scores.items()),
        GIVEN: [result for result, _ in labels],
    }


def _score(key: str, value: str | None) -> float | None:
    if key in RESERVED or value is None:
        return None
    try:
        return float(value)
    except ValueError:
        return None
