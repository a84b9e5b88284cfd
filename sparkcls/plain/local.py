"""Answers as pandas columns, and those of one text as a dict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from sparkcls.plain.columns import Layout
from sparkcls.rows.answers import Answers, as_maps


def as_columns(answers: Answers, layout: Layout, labels: Sequence[str], index: Any = None) -> pd.DataFrame:
    """A DataFrame of the columns alone, with an index (default: 0, 1, ...).

    ``confidence`` is float64 with NaN, ``truncated`` Int64 with NA, all others objects with None.
    """
    lists = _lists(answers, layout, labels)
    if layout.output is not None:
        rows = [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]
        return pd.DataFrame({layout.output: pd.Series(rows, index=index, dtype=object)}, index=index)
    kinds = {"confidence": "float64", "truncated": "Int64"}
    return pd.DataFrame(
        {
            name: pd.Series(values, index=index, dtype=kinds.get(field, object))
            for name, (field, values) in zip(layout.names(), lists.items(), strict=True)
        },
        index=index,
    )


def one_row(answers: Answers, layout: Layout, labels: Sequence[str]) -> dict[str, Any]:
    """The values of the only row, by the names of the columns."""
    row = {field: values[0] for field, values in _lists(answers, layout, labels).items()}
    if layout.output is not None:
        return {layout.output: row}
    return dict(zip(layout.names(), row.values(), strict=True))


def _lists(answers: Answers, layout: Layout, labels: Sequence[str]) -> dict[str, list[Any]]:
    scored = [row is not None for row in answers.scores]
    lists: dict[str, list[Any]] = {
        "label": answers.label,
        "confidence": [None if c != c else c for c in answers.confidence.tolist()],
        "scores": as_maps(answers, labels),
        "labels": [given if some else None for some, given in zip(scored, answers.labels, strict=True)],
        "error": answers.error,
        "truncated": [cut or None for cut in answers.truncated],
    }
    return {field: lists[field] for field in layout.fields}
