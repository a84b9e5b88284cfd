"""Tables of plain text."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from sparkcls.report.hostile import shortened, visible


def one_line(text: str, limit: int = 60) -> str:
    """A text of strangers for a terminal: short, in one line, and without what a terminal would act on."""
    return shortened(visible(text), limit) or "(blank)"


def table(rows: Sequence[Sequence[str]], numbers: int = 0) -> list[str]:
    """Lines with aligned columns, of which the last so many are numbers, at the right; a head is the first row."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    first_number = len(widths) - numbers
    return [
        "  ".join(
            " " * (width - _width(cell)) + cell if i >= first_number else cell + " " * (width - _width(cell))
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    """Columns that a terminal gives a text: two for a wide letter, none for a mark upon one."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
