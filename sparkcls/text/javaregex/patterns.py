"""Java's regular expressions, for patterns that were written for the JVM.

There `\\w \\d \\s` are ASCII, `.` and `$` know six line ends, `\\v`, `\\z`, `\\Q..\\E` and `[a[b]&&[c]]` exist, and a
single `{` is an error. A pattern is rewritten for the `regex` package; what cannot be said is refused. Source: the
class documentation of java.util.regex, Java 17.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import regex

from sparkcls.text.javaregex.parser import JavaRegexError, Parser

__all__ = [
    "JavaRegexError",
    "compile_java",
    "java_finditer",
    "java_replacement",
    "java_sub",
    "split_spans",
]

_TEMPLATE = regex.compile(
    r"\\(?P<literal>.)|\$(?P<number>[0-9]+)|\$\{(?P<name>\w+)\}|(?P<text>[^\\$]+)|.", regex.DOTALL
)


@lru_cache(maxsize=1024)
def compile_java(pattern: str) -> regex.Pattern[str]:
    """The pattern compiled, with the meaning that Java gives it.

    Raises
    ------
    JavaRegexError
        Java would refuse it, or it uses what has no counterpart (``\\G``, the flags ``d`` and ``U``).
    """
    parser = Parser(pattern)
    try:
        translated = parser.alternatives()
        if parser.at < len(pattern):
            raise parser.error("there is a ')' without its '('")
        # Full case-folding would let "ss" match "ß", which Java does not do.
        return regex.compile(f"(?-f:{translated})", regex.VERSION1 | regex.UNICODE)
    except (regex.error, OverflowError, RecursionError) as e:
        raise parser.error(str(e)) from e


def java_finditer(pattern: regex.Pattern[str], text: str) -> Iterator[regex.Match[str]]:
    """Matches as Java's `Matcher.find` steps through them: an empty match is never retried as a longer one."""
    at = 0
    while at <= len(text):
        match = pattern.search(text, at)
        if match is None:
            return
        yield match
        at = match.end() + (match.start() == match.end())


def java_sub(pattern: regex.Pattern[str], replace: Callable[[regex.Match[str]], str], text: str) -> str:
    """The text with all matches replaced, as Java's `Matcher.replaceAll` does it."""
    parts, at = [], 0
    for match in java_finditer(pattern, text):
        parts += [text[at : match.start()], replace(match)]
        at = match.end()
    return "".join([*parts, text[at:]])


def split_spans(text: str, pattern: regex.Pattern[str]) -> list[tuple[int, int]]:
    """Spans between the matches, as Java's `String.split`: no empty one at the end, and an empty match at 0 is none."""
    spans, at = [], 0
    for match in java_finditer(pattern, text):
        if match.end() > 0:
            spans.append((at, match.start()))
            at = match.end()
    if not spans:
        return [(0, len(text))]
    spans.append((at, len(text)))
    while spans and spans[-1][0] == spans[-1][1]:
        spans.pop()
    return spans


def java_replacement(template: str) -> Callable[[regex.Match[str]], str]:
    """What Java's `Matcher.replaceAll` puts for a match: ``$1``, ``${name}``, a literal after a backslash.

    Raises
    ------
    JavaRegexError
        A ``$`` without a group, or a backslash at the end; from the function, a group that the pattern lacks.
    """
    parts = list(_TEMPLATE.finditer(template))
    if any(part.lastgroup is None for part in parts):
        raise JavaRegexError(rf"the replacement {template!r} has a $ or \ with nothing to refer to; write \$ or \\")
    return lambda match: "".join(_replaced(part, match) for part in parts)


def _replaced(part: regex.Match[str], match: regex.Match[str]) -> str:
    kind, value = part.lastgroup, part[part.lastgroup]
    if kind in ("literal", "text"):
        return value
    try:
        if kind == "name":
            return match[value] or ""
        # As many digits as make the number of a group that there is.
        groups = len(match.groups())
        digits = next((n for n in range(len(value), 0, -1) if int(value[:n]) <= groups), 1)
        return (match[int(value[:digits])] or "") + value[digits:]
    except IndexError as e:
        raise JavaRegexError(f"the replacement refers to group {value!r}, which the pattern has not") from e
