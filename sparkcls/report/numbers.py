"""Numbers as people read them."""

from __future__ import annotations

import math


def count(value: int) -> str:
    """A whole number with commas at the thousands."""
    return f"{value:,}"


def number(value: float) -> str:
    """A number with some three digits that mean something, and no exponent unless it is very large or small."""
    if not math.isfinite(value):
        return str(value)
    if value == 0 or 1e-3 <= abs(value) < 1e15:
        digits = 0 if abs(value) >= 100 or value == 0 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
        return f"{value:,.{digits}f}"
    return f"{value:.2e}"


def short(value: float) -> str:
    """A count for an axis: 950, 1.5k, 20k, 3M."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{value / unit:.3g}{name}"
    return f"{value:.3g}"


def score(value: float | None) -> str:
    """A share or a probability with three decimals; a dash where there is none.

    What is not quite 0 or 1 is not shown as if it were.
    """
    if value is None or math.isnan(value):
        return "-"
    if 0 < value < 0.0005:
        return "<0.001"
    if 0.9995 <= value < 1:
        return ">0.999"
    return f"{value:.3f}"


def percent(part: float, whole: float = 1.0) -> str:
    """A part of a whole in per cent with one decimal; a dash of nothing, and never 0 or 100 where that is not true."""
    if not whole:
        return "-"
    share = 100 * part / whole
    if 0 < share < 0.05:
        return "<0.1 %"
    if 99.95 <= share < 100:
        return ">99.9 %"
    return f"{share:.1f} %"


def duration(seconds: float) -> str:
    """Seconds, or minutes or hours with the next smaller unit."""
    if seconds < 60:
        return f"{number(seconds)} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600):,} h {int(seconds % 3600 // 60)} min"


def plural(value: int, one: str, many: str | None = None) -> str:
    """A count with its word."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"
