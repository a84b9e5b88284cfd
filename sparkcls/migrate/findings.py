"""What is said about a place in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

#: sparkcls cannot do it.
UNSUPPORTED = "unsupported"
#: It runs, but something about it should be known.
NOTE = "note"
#: It could not be looked at.
UNREADABLE = "unreadable"

#: Takes down the line, the kind and the sentence of a finding in one cell.
Say = Callable[[int, str, str], None]


@dataclass(frozen=True, order=True)
class Finding:
    """One sentence about one place.

    Parameters
    ----------
    cell, line
        Counted from 1; the cell is 0 in a script, and the line is that of the cell in a notebook.
    kind
        `UNSUPPORTED`, `NOTE` or `UNREADABLE`.
    """

    path: Path
    cell: int
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        place = f"cell {self.cell}, line {self.line}" if self.cell else f"{self.line}"
        return f"{self.path}:{place}: {self.kind}: {self.text}"
