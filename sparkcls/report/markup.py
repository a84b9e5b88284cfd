"""HTML and SVG that is well formed and escaped by the way it is made: a str is text, only `Markup` is markup."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sparkcls.report.hostile import escaped, marked_up

#: Elements of HTML that have no end.
_VOID = {"meta", "wbr"}
#: Elements that hold no others.
_PLAIN = {"title", "desc", "text"}


class Markup(str):
    """Markup that may stand in a page as it is: made by `tag` and `joined` alone."""

    __slots__ = ()


def tag(name: str, /, *children: str | None, **attributes: Any) -> Markup:
    """An element.

    Parameters
    ----------
    name
        Of the element; never a text of strangers, and neither are names of attributes.
    children
        `Markup` as it is, any other str as text; None is left out.
    attributes
        A trailing underscore is dropped, other ones become hyphens (``class_``, ``aria_label``). None and False leave
        the attribute out, True gives it no value, and a float is rounded to two decimals: it is a length in a drawing.
    """
    start = "".join([name, *(_attribute(key, value) for key, value in attributes.items())])
    if name in _VOID:
        return Markup(f"<{start}>")
    if name in _PLAIN:
        children = tuple(Markup(escaped(child)) for child in children if child is not None)
    return Markup(f"<{start}>{joined(children)}</{name}>")


def joined(parts: Iterable[str | None]) -> Markup:
    """Parts one after the other: `Markup` as it is, any other str as text."""
    return Markup("".join(part if isinstance(part, Markup) else marked_up(part) for part in parts if part is not None))


def _attribute(key: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    return f' {name}="{escaped(f"{round(value, 2):g}" if isinstance(value, float) else str(value))}"'
