"""The columns that a classification adds, everywhere of the same names and types."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sparkcls.errors import ColumnError, ParamError, ParamTypeError
from sparkcls.models.heads import SIGMOID
from sparkcls.rows.chain import Chain
from sparkcls.rows.scoring import RAISE
from sparkcls.spark.column_names import Columns

#: All of them, in their order, with their types in Spark.
TYPES = {
    "label": "string",
    "confidence": "double",
    "scores": "map<string,double>",
    "labels": "array<string>",
    "error": "string",
    "truncated": "int",
}


@dataclass(frozen=True)
class Layout:
    """Which columns there are, and what they are called.

    Parameters
    ----------
    fields
        Of `TYPES`, those that can be other than null.
    prefix
        Begins the name of each.
    output
        The one column that holds them all as fields of a struct; None for columns of their own.
    """

    fields: tuple[str, ...]
    prefix: str = ""
    output: str | None = None

    @staticmethod
    def of(chain: Chain, prefix: str = "", output: str | None = None) -> Layout:
        """The columns of what a chain says.

        Raises
        ------
        ParamTypeError, ParamError
            `prefix` or `output` is no name, or both are given.
        """
        if not isinstance(prefix, str):
            raise ParamTypeError(f"prefix takes a str, with which the names of the columns begin; got {prefix!r}")
        if output is not None and not (isinstance(output, str) and output):
            raise ParamTypeError(f"output takes a str, the name of one struct column; got {output!r}")
        if output is not None and prefix:
            raise ParamError(
                f"output={output!r} is one struct column, prefix={prefix!r} is for columns of their own; leave one out"
            )
        decision = chain.scoring.decision
        absent = set() if decision.activation == SIGMOID and decision.threshold is not None else {"labels"}
        if chain.scoring.on_error == RAISE:
            absent.add("error")
        windows = chain.scoring.reading.windows
        if windows is not None and not windows.only_first:
            absent.add("truncated")
        return Layout(tuple(name for name in TYPES if name not in absent), prefix, output)

    def names(self) -> list[str]:
        """Names of the columns that are added."""
        return [self.output] if self.output is not None else [self.prefix + field for field in self.fields]

    def replaced(self, present: Iterable[str], exact: bool, overwrite: bool) -> list[str]:
        """Which of the columns that are present make way.

        Parameters
        ----------
        exact
            Whether upper and lower case make different names.

        Raises
        ------
        ColumnError
            There are some, and `overwrite` is False.
        """
        own = Columns(exact, [(name, None) for name in self.names()])
        found = [name for name in dict.fromkeys(present) if name in own]
        if found and not overwrite:
            raise ColumnError(
                f"There is a column {found[0]!r} already. Give prefix= or output= for other names, overwrite=True to "
                "replace it, or rename it first"
            )
        return found


def not_there(name: object, present: Sequence[str]) -> str:
    """What is said of a column of texts that is not among those present."""
    near = difflib.get_close_matches(str(name), present, n=2)
    meant = f". Is {' or '.join(map(repr, near))} meant?" if near else ""
    return f"There is no column {name!r}; the columns are {', '.join(present)}{meant}"
