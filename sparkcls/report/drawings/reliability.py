"""How often answers are right, by how confident they are."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sparkcls.report.drawings.svg import box, drawing, line, words
from sparkcls.report.markup import Markup, tag

_SIDE, _LEFT, _TOP, _BELOW = 300.0, 46.0, 10.0, 40.0


def reliability(bins: Sequence[tuple[int, float, float]], description: str) -> Markup:
    """A reliability diagram: the nearer to the diagonal, the more confidence can be taken at its word.

    Parameters
    ----------
    bins
        Rows, mean confidence and accuracy of each bin that has any.
    """
    most = max((count for count, _, _ in bins), default=1)

    def x(value: float) -> float:
        return _LEFT + _SIDE * value

    def y(value: float) -> float:
        return _TOP + _SIDE * (1 - value)

    parts = []
    for i in range(0, 11, 2):
        value = i / 10
        parts += [line(x(0), y(value), x(1), y(value), "rule"), line(x(value), y(0), x(value), y(1), "rule")]
        parts += [words(x(0) - 8, y(value) + 4, f"{value:.1f}", "end"), words(x(value), y(0) + 16, f"{value:.1f}")]
    parts += [line(x(0), y(0), x(1), y(1), "ideal"), box(x(0), y(0), _SIDE, 0.5, "axis")]
    parts += [line(x(c), y(c), x(c), y(a), "gap") for _, c, a in bins]
    path = " ".join(f"{x(c):.1f},{y(a):.1f}" for _, c, a in bins)
    parts.append(tag("polyline", points=path, class_="curve"))
    for count, c, a in bins:
        # Areas are as the rows.
        parts.append(tag("circle", cx=x(c), cy=y(a), r=2.5 + 7.5 * math.sqrt(count / most), class_="fill"))
    parts.append(words(x(0.5), y(0) + 34, "mean confidence"))
    middle = y(0.5)
    parts.append(
        tag(
            "text",
            "share of right answers",
            x=11.0,
            y=middle,
            text_anchor="middle",
            transform=f"rotate(-90 11 {middle:g})",
        )
    )
    return drawing(_LEFT + _SIDE + 14, _TOP + _SIDE + _BELOW, "Reliability diagram", description, *parts)
