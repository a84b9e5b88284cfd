"""What Java does with strings and numbers, where Python differs.

Spark NLP runs on the JVM, so its offsets, blanks and number texts are Java's. Users compare with them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: What Java's `String.trim` strips: every character up to the space.
TRIMMED = "".join(map(chr, range(0x21)))


def utf16_length(text: str) -> int:
    """Length of a Java String: characters beyond the BMP count two.

    Lone surrogates, which only Python can hold, count one like in Java.
    """
    return len(text) if text.isascii() else len(text) + sum(c > "\uffff" for c in text)


def utf16_offsets(text: str) -> Sequence[int]:
    """UTF-16 offset of every index of `text`, its end included: shape ``(len(text) + 1,)``."""
    if text.isascii() or not any(c > "\uffff" for c in text):
        return range(len(text) + 1)
    offsets, at = [0], 0
    for c in text:
        at += 2 if c > "\uffff" else 1
        offsets.append(at)
    return offsets


def replace_surrogates(text: str) -> str:
    """The text with lone surrogates, which no encoding can carry, replaced by U+FFFD."""
    if text.isascii():
        return text
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)


def lower_case(text: str, locale: str = "") -> str:
    """The text as `String.toLowerCase` writes it; the locales ``tr`` and ``az`` tell i from dotless i.

    Where a Greek capital sigma takes its final form the JDK and Python differ: in words with hyphens,
    digits or apostrophes next to it.
    """
    if locale in ("tr", "az"):
        text = text.replace("I\u0307", "i").replace("\u0130", "i").replace("I", "\u0131")
    return text.lower()


def float_to_string(value: float | np.floating) -> str:
    """Text of a float32 as Java's `Float.toString` writes it.

    The shortest digits that identify the float32; plain decimals for 0.001 <= |x| < 10^7 and zero,
    otherwise ``d.dddE-n``; always one digit after the point. Source: the class documentation of
    java.lang.Float.
    """
    x = np.float32(value)
    if not np.isfinite(x):
        return "NaN" if np.isnan(x) else ("Infinity" if x > 0 else "-Infinity")
    if x == 0 or 1e-3 <= abs(x) < 1e7:
        return np.format_float_positional(x, unique=True, trim="0")
    mantissa, _, exponent = np.format_float_scientific(x, unique=True, trim="0").partition("e")
    return f"{mantissa}E{int(exponent)}"
