"""Texts and what was said about them."""

from __future__ import annotations

from collections.abc import Sequence

from sparkcls.report.hostile import shortened
from sparkcls.report.markup import Markup, joined, tag
from sparkcls.report.numbers import count
from sparkcls.report.tables import folded

#: Characters of a text that are shown.
_TEXT = 400
#: Examples that are seen at once.
_FIRST = 8


def examples(items: Sequence[tuple[Sequence[str | None], Markup | None]], name: str) -> Markup:
    """A list of texts, each below what was said about it; of a long one the rest is folded.

    Parameters
    ----------
    items
        Parts of what was said, and the text as `text` gives it.
    """
    shown = [tag("li", tag("p", joined(_spaced(parts)), class_="answer"), content) for parts, content in items]
    first, rest = (shown[:_FIRST], shown[_FIRST:]) if len(shown) > _FIRST + 2 else (shown, [])
    found = tag("ol", *first, class_="examples", aria_label=name)
    if not rest:
        return found
    more = tag("ol", *rest, class_="examples", start=len(first) + 1, aria_label=f"{name}, continued")
    return joined((found, folded(f"{len(rest)} more", more)))


def text(content: str | None, characters: int | None = None) -> Markup | None:
    """A text, shortened; of how many characters it is where not all are shown. None where it is not known."""
    if content is None:
        return None
    if not content.strip():
        return tag("p", tag("i", "(blank)"), class_="text soft")
    whole = len(content) if characters is None else characters
    shown = shortened(content, _TEXT)
    rest = tag("span", f" ({count(whole)} characters)", class_="soft") if whole > len(shown) else None
    return tag("p", tag("bdi", shown), rest, class_="text", dir="auto")


def _spaced(parts: Sequence[str | None]) -> list[str]:
    kept = [part for part in parts if part]
    return [piece for i, part in enumerate(kept) for piece in ((" \u00b7 ", part) if i else (part,))]
