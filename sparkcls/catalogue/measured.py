"""How good each bundled model is: a table of figures in its folder, of rows that it was not trained on or chosen by."""

from __future__ import annotations

from dataclasses import dataclass

from sparkcls.errors import ModelFormatError
from sparkcls.models.bundled import bundled_folder
from sparkcls.models.textfiles import read_json

#: Beside the weights, and no part of the model: its digest does not count this file.
EVALUATION = "evaluation.json"
#: The table's first row, which the tables of model cards have too.
HEAD = ("label", "precision", "recall", "f1-score", "support")


@dataclass(frozen=True)
class Measured:
    """What was measured of a bundled model, through a Spark pipeline; all of it as text.

    Parameters
    ----------
    data
        What the rows are.
    rows
        How many they are.
    wordpieces
        How much of each row was read at most.
    digest
        The model that was measured.
    table
        `HEAD`, a row for each label, and one that begins with ``accuracy``.
    """

    data: str
    rows: str
    wordpieces: str
    digest: str
    table: tuple[tuple[str, ...], ...]

    @property
    def accuracy(self) -> str:
        """The part of the rows that were given the right label, such as ``0.912``."""
        return self.table[-1][3]

    @property
    def where(self) -> str:
        """On what it was measured, in words."""
        return f"{self.data} ({self.rows} rows, at most {self.wordpieces} wordpieces of each)"


def measured(name: str) -> Measured | None:
    """What was measured of a bundled model; None if it is none, or nothing was.

    Raises
    ------
    ModelFormatError
        The file of figures is damaged.
    """
    file = bundled_folder(name) / EVALUATION
    if not file.is_file():
        return None
    found = read_json(file)
    try:
        table = tuple(tuple(map(str, row)) for row in found["table"])
        facts = {key: str(found[key]) for key in ("data", "rows", "wordpieces", "digest")}
        made = Measured(table=table, **facts)
    except (KeyError, TypeError) as e:
        raise ModelFormatError(f"{file} is no table of figures ({e!r}); install sparkcls again") from e
    if table[:1] != (HEAD,) or table[-1][0] != "accuracy" or any(len(row) != len(HEAD) for row in table):
        raise ModelFormatError(f"{file} is no table of figures with the head {', '.join(HEAD)}; install sparkcls again")
    return made
