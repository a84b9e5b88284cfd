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


def size(count: float) -> str:
    """Bytes, in the unit that fits: 950 bytes, 1.5 kB, 33 MB."""
    for unit in ("bytes", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


def duration(seconds: float) -> str:
    """Seconds, in the two largest units that fit: ``7.0 s``, ``12 s``, ``2 min 5 s``, ``3 h 20 min``, ``2 d 4 h``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3_600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86_400:
        return f"{whole // 3_600} h {whole % 3_600 // 60} min"
    return f"{whole // 86_400:,} d {whole % 86_400 // 3_600} h"


def plural(value: int, one: str, many: str | None = None) -> str:
    """A count with its word."""
    return f"{count(value)} {one if value == 1 else many or one + 's'}"
