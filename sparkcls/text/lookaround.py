"""The action ``lookaround`` of the DocumentNormalizer: one group of a pattern is replaced, where its surroundings fit.

Learnt by experiment from Spark NLP 5.5.3. The text is cut at `;`, `!` and `?`. In each part in which the pattern is
found, what the first match's first group holds is replaced *everywhere* in the part. A full stop at the end of the
text goes, and so do separators there. Two things are better here: the parts are joined again by what stood between them
(there by the first kind that the text has), and a text with `?` is read (there it ends the job).
"""

from __future__ import annotations

import regex

from sparkcls.text.javaregex.patterns import JavaRegexError, compile_java

_SYMBOLS = ("(?=", "(?<=")
_LAST_STOP = compile_java(r"\.$")
_SEPARATOR = regex.compile("([;!?])")


def check_lookaround(patterns: tuple[str, ...]) -> None:
    """Raise JavaRegexError if it is not one pattern with a look ahead or behind and a group."""
    if len(patterns) != 1:
        raise JavaRegexError(
            f"the action lookaround uses one pattern, got {len(patterns)}: {list(patterns)}. Spark NLP ignores all but "
            "the first"
        )
    if not any(symbol in patterns[0] for symbol in _SYMBOLS):
        raise JavaRegexError(
            f"the action lookaround needs a pattern with {' or '.join(_SYMBOLS)} in it, got {patterns[0]!r}"
        )
    if not compile_java(patterns[0]).groups:
        raise JavaRegexError(f"the action lookaround replaces the pattern's first group; {patterns[0]!r} has none")


def look_around(text: str, pattern: regex.Pattern[str], replacement: str) -> str:
    """The text with what the pattern's first group holds replaced by the replacement as it is."""
    parts = _SEPARATOR.split(_LAST_STOP.sub("", text))
    while len(parts) > 1 and not parts[-1]:
        del parts[-2:]
    return "".join(part if i % 2 else _replaced(part, pattern, replacement) for i, part in enumerate(parts))


def _replaced(part: str, pattern: regex.Pattern[str], replacement: str) -> str:
    match = pattern.search(part)
    if match is None or match[1] is None:
        return part
    return part.replace(match[1], replacement)
