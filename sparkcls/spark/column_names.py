"""Names of columns, compared as a session compares them: without regard to case unless its conf says otherwise."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Iterable
from typing import Any, TypeVar

from sparkcls.spark.confs import read_conf

T = TypeVar("T")

_CASE_CONF = "spark.sql.caseSensitive"


def names_are_exact(session: Any) -> bool:
    """Whether upper and lower case make different names in a session. False, Spark's default, where there is none."""
    return str(read_conf(session, _CASE_CONF)).lower() == "true"


class Columns(UserDict[str, T]):
    """What is known of columns, by their names.

    A name finds the column of exactly this name, else (unless `exact`) one that differs in case alone. Setting one
    takes the place of all whose names are the same, as `withColumn` does.

    Parameters
    ----------
    exact
        Whether upper and lower case make different names.
    items
        Names and what is known of each, in order; of names that are the same all stay.
    """

    def __init__(self, exact: bool = False, items: Iterable[tuple[str, T]] = ()):
        super().__init__()
        self.exact = exact
        self.data.update(items)

    def same(self, one: str, other: str) -> bool:
        """Whether two names are the same."""
        return one == other or (not self.exact and one.lower() == other.lower())

    def actual(self, name: str) -> str | None:
        """A column's name as it is spelt here, None if it is not here."""
        return name if name in self.data else next((n for n in self.data if self.same(n, name)), None)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.actual(name) is not None

    def __getitem__(self, name: str) -> T:
        return self.data[self.actual(name) or name]

    def __setitem__(self, name: str, item: T) -> None:
        for other in [n for n in self.data if n != name and self.same(n, name)]:
            del self.data[other]
        self.data[name] = item
