"""What all drawings are made of."""

from __future__ import annotations

import math

from sparkcls.report.markup import Markup, tag


def drawing(width: float, height: float, title: str, description: str, *parts: Markup) -> Markup:
    """A drawing of this size in pixels, which is scaled to the width that there is."""
    return tag(
        "svg",
        tag("title", title),
        tag("desc", description),
        *parts,
        viewBox=f"0 0 {width:g} {height:g}",
        role="img",
    )


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def box(x: float, y: float, width: float, height: float, class_: str = "fill") -> Markup:
    """A rectangle."""
    return tag("rect", x=x, y=y, width=width, height=height, class_=class_)


def words(x: float, y: float, text: str, anchor: str = "middle") -> Markup:
    """Words at a place: ``start``, ``middle`` or ``end`` of them lies there."""
    return tag("text", text, x=x, y=y, text_anchor=None if anchor == "start" else anchor)


def ceiling(value: float) -> float:
    """The next of 1, 2, 3, 4, 6, 8, 10, 20, ... for the end of an axis."""
    if value <= 1:
        return 1
    base = 10 ** math.floor(math.log10(value))
    return next(step * base for step in (1, 2, 3, 4, 6, 8, 10) if value <= step * base)
