"""Evaluations for a terminal, in the layout of the Benchmarking sections of model cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import pandas as pd

from sparkcls.evaluation.figures import ClassFigures, Interval, Mistake
from sparkcls.report.numbers import count, plural
from sparkcls.report.terminal import one_line, table

_HEAD = ("precision", "recall", "f1-score", "support")
#: Labels up to which a confusion matrix is printed, and mistakes that are.
_MATRIX, _MISTAKES = 12, 5
_CARD = "card: "


def figure_lines(
    classes: Sequence[ClassFigures],
    averages: Sequence[ClassFigures],
    card: Sequence[Sequence[str]] = (),
    accuracy: tuple[str, float, Interval | None] | None = None,
) -> list[str]:
    """The table of figures, beside that of a card."""
    of_card = {row[0]: row[1:] for row in card[1:]} if card and tuple(card[0][1:]) == _HEAD else {}
    head = ["", *_HEAD, *([_CARD + "precision", *_HEAD[1:]] if of_card else [])]
    rows = [[one_line(c.label, 40), *_cells(c), *of_card.get(c.label, [""] * 4)] for c in classes]
    blank = [""] * len(head)
    rows.append(blank)
    if accuracy is not None:
        support = count(sum(c.support for c in classes))
        rows.append(["accuracy", "", "", f"{accuracy[1]:.3f}", support, *of_card.get("accuracy", [""] * 4)])
    rows += [[c.label, *_cells(c), *of_card.get(c.label, [""] * 4)] for c in averages]
    lines = table([head, *(row[: len(head)] for row in [blank, *rows])], numbers=len(head) - 1)
    others = [f"{name} {value}" for name, value in card[1:]] if card and not of_card else []
    return [*lines, *(["", "the card says: " + ", ".join(others)] if others else [])]


def _cells(figures: ClassFigures) -> list[str]:
    return [f"{figures.precision:.3f}", f"{figures.recall:.3f}", f"{figures.f1:.3f}", count(figures.support)]


def headline(name: str, value: float, interval: Interval | None = None) -> str:
    """A figure with its interval."""
    return f"{name} {value:.4f}" + (f" (95 %: {interval.low:.4f} to {interval.high:.4f})" if interval else "")


def row_lines(evaluation: Any, unanswered: int) -> list[str]:
    """Which rows count, and how."""
    parts = [plural(evaluation.rows, "row")]
    if evaluation.unlabelled:
        parts.append(f"{count(evaluation.unlabelled)} without a gold label, which do not count")
    if getattr(evaluation, "left_out", 0):
        parts.append(f"{count(evaluation.left_out)} left out by the label map")
    if unanswered:
        failed = f" ({count(evaluation.failed)} failed)" if evaluation.failed else ""
        how = "count as wrong" if getattr(evaluation, "unanswered_as", "skip") == "wrong" else "do not count"
        parts.append(f"{count(unanswered)} without an answer{failed}, which {how}")
    return ["; ".join(parts)]


def confusion_lines(labels: Sequence[str], confusion: Sequence[Sequence[int]], unanswered: Sequence[int]) -> list[str]:
    """The confusion matrix, unless it is too large to be read."""
    if len(labels) > _MATRIX:
        return []
    none = ["no answer"] if any(unanswered) else []
    rows = [
        [one_line(label, 24), *map(count, row), *([count(missing)] if none else [])]
        for label, row, missing in zip(labels, confusion, unanswered, strict=True)
    ]
    head = ["gold \\ answer", *(one_line(label, 24) for label in labels), *none]
    return ["", *table([head, *rows], numbers=len(head) - 1)]


def mistake_lines(mistakes: Sequence[Mistake]) -> list[str]:
    """The most confident mistakes."""
    if not mistakes:
        return []
    lines = [
        f"  {'     ' if m.confidence is None else f'{m.confidence:.3f}'}  gold {one_line(m.gold, 40)}, answer "
        f"{one_line(m.predicted, 40)}" + ("" if m.text is None else f": {one_line(m.text, 100)}")
        for m in mistakes[:_MISTAKES]
    ]
    return ["", "the most confident mistakes:", *lines]


def frame_of(rows: Sequence[ClassFigures]) -> pd.DataFrame:
    """Figures by name."""
    data = [[row.precision, row.recall, row.f1, row.support] for row in rows]
    return pd.DataFrame(data, index=[row.label for row in rows], columns=list(_HEAD))


def plain(value: Any) -> Any:
    """A dataclass and all in it, as dicts and lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value
