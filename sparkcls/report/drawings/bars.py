"""Bars in tables, and columns over an axis."""

from __future__ import annotations

from collections.abc import Sequence

from sparkcls.report.drawings.svg import box, ceiling, drawing, line, words
from sparkcls.report.markup import Markup, tag
from sparkcls.report.numbers import short

_LEFT, _TOP, _BOTTOM = 34.0, 8.0, 22.0


def bar(share: float, tone: str = "") -> Markup:
    """A bar under the words of a table's cell, whose number stands beside it: hidden from those who listen.

    Parameters
    ----------
    share
        Of the full width, from 0 to 1.
    tone
        ``warn``, ``bad``, or the usual.
    """
    filled = 100.0 * min(max(share, 0.0), 1.0)
    return tag(
        "svg",
        box(0, 0, 100, 1, "track"),
        box(0, 0, max(filled, 0.7) if filled else 0.0, 1, f"fill {tone}".strip()),
        class_="bar",
        viewBox="0 0 100 1",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def columns(
    counts: Sequence[int],
    ticks: Sequence[tuple[float, str]],
    title: str,
    description: str,
    part: Sequence[int] = (),
    size: tuple[float, float] = (360.0, 130.0),
) -> Markup:
    """Columns side by side.

    Parameters
    ----------
    ticks
        Places on the axis below, in columns from the left, and what is written there.
    part
        Of each column, how much of it is set off in the colour of warnings.
    size
        Width and height of the whole drawing, in pixels.
    """
    width, height = size
    top = ceiling(max(counts, default=0))
    base = height - _BOTTOM
    step = min((width - _LEFT - 6) / max(len(counts), 1), 54.0)
    gap = 1.5 if step > 6 else 0.5
    parts = []
    for share in (0.5, 1.0) if top % 2 == 0 else (1.0,):
        y = base - (base - _TOP) * share
        parts += [line(_LEFT, y, width - 6, y, "rule"), words(_LEFT - 6, y + 4, short(top * share), "end")]
    for i, count in enumerate(counts):
        # What is there at all can be seen.
        tall = max((base - _TOP) * count / top, 1.5) if count else 0.0
        cut = tall * part[i] / count if part and count else 0.0
        x = _LEFT + step * i + gap / 2
        if tall > cut:
            parts.append(box(x, base - tall, step - gap, tall - cut))
        if cut:
            parts.append(box(x, base - cut, step - gap, cut, "fill warn"))
    parts.append(line(_LEFT, base, width - 6, base, "axis"))
    for place, text in ticks:
        anchor = "end" if place >= len(counts) else "middle"
        parts.append(words(_LEFT + step * place + (6 if anchor == "end" else 0), base + 15, text, anchor))
    return drawing(width, height, title, description, *parts)
