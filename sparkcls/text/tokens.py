"""The rules of the Tokenizer: candidates between breaks, cut into prefix, infixes and suffix by regexes.

With default rules this reduces to: the runs between white space (Java's: ASCII only), of which the context
characters at the start and at the end become tokens of their own. Source: section 4.3 of the behaviour of Spark
NLP's `Tokenizer`, checked against vectors of the running original.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import regex

from sparkcls.text.java import utf16_length, utf16_offsets
from sparkcls.text.javaregex.patterns import compile_java, java_finditer, split_spans

#: The 12 default context characters, in Spark NLP's order.
CONTEXT_CHARS = ".,;:!?*-()\"'"
TARGET = r"\S+"

# The original's own marks; a text that contains the first is split there too.
_BREAK, _PROTECTED = "\u2187", "\u2188"
_CANDIDATE = re.compile("[^ \t\n\x0b\f\r\u2187]+")


@dataclass(frozen=True)
class TokenRules:
    """Params of the Tokenizer that change tokens; lengths are in UTF-16 units, both ends included.

    All patterns are Java's. None, or an empty tuple, is the default rule.

    Parameters
    ----------
    target
        The characters of candidates; read as the inside of a class, whatever else it looks like.
    prefix, suffix, infixes
        Cut up a candidate; every group is a token. Of several infixes the first that matches is taken.
    context_chars
        What the default prefix and suffix are made of.
    exceptions
        What is not cut up.
    rules
        Whole patterns in place of prefix, infixes and suffix: those of a tokenizer that was imported.
    split_pattern, split_chars
        What tokens are split at in the end; the pattern wins.
    """

    target: str = TARGET
    prefix: str | None = None
    suffix: str | None = None
    infixes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    context_chars: tuple[str, ...] = tuple(CONTEXT_CHARS)
    exceptions: tuple[str, ...] = ()
    case_sensitive_exceptions: bool = True
    split_pattern: str | None = None
    split_chars: tuple[str, ...] = ()
    min_length: int = 0
    max_length: int = 99_999

    @cached_property
    def default(self) -> bool:
        """Whether only the lengths are not the default."""
        return self == TokenRules(min_length=self.min_length, max_length=self.max_length)

    @property
    def lossless(self) -> bool:
        """Whether the tokens cover all of the text that is not white space."""
        return self == TokenRules()

    @cached_property
    def breaks(self) -> regex.Pattern[str]:
        """The characters between candidates."""
        return compile_java(f"[^(?:{self.target}){_PROTECTED}]")

    @cached_property
    def whole(self) -> regex.Pattern[str] | None:
        """The exceptions in one pattern."""
        case = "" if self.case_sensitive_exceptions else "(?i)"
        return compile_java("|".join(case + e for e in self.exceptions)) if self.exceptions else None

    @property
    def patterns(self) -> tuple[str, ...]:
        """The rules for a candidate, in the order in which they are tried."""
        if self.rules:
            return self.rules
        context = f"\\Q{''.join(self.context_chars)}\\E"
        prefix = self.prefix or f"\\A([{context}]*)"
        suffix = self.suffix or f"([{context}]*)\\z"
        infixes = self.infixes or (f"([^{context}](?:.*[^{context}])*)",)
        return tuple(prefix + infix + suffix for infix in infixes)

    @cached_property
    def cuts(self) -> list[regex.Pattern[str]]:
        """The same, compiled."""
        return [compile_java(pattern) for pattern in self.patterns]

    @cached_property
    def splits(self) -> regex.Pattern[str] | None:
        """The split pattern."""
        return compile_java(self.split_pattern) if self.split_pattern else None

    @cached_property
    def char_splits(self) -> regex.Pattern[str] | None:
        """The split characters."""
        return compile_java("|".join(self.split_chars)) if self.split_chars else None

    def check(self) -> None:
        """Compile all patterns.

        Raises
        ------
        JavaRegexError
            One of them, or what they make together, is no pattern.
        """
        _ = self.breaks, self.whole, self.cuts, self.splits, self.char_splits


def split_tokens(text: str, rules: TokenRules = TokenRules()) -> list[tuple[str, int, int]]:
    """Tokens of a sentence as (text, begin, end): end inclusive, offsets in UTF-16 units of `text`.

    Empty and blank text have no tokens.
    """
    offsets = utf16_offsets(text)
    spans = _default_spans(text) if rules.default else _spans(text, rules)
    return [
        (text[start:stop], offsets[start], offsets[stop] - 1)
        for start, stop in spans
        if stop > start and rules.min_length <= utf16_length(text[start:stop]) <= rules.max_length
    ]


def _default_spans(text: str) -> Iterator[tuple[int, int]]:
    for match in _CANDIDATE.finditer(text):
        start, stop = match.span()
        candidate = match.group()
        without_prefix = candidate.lstrip(CONTEXT_CHARS)
        if not without_prefix:
            yield start, stop
            continue
        first = stop - len(without_prefix)
        last = first + len(without_prefix.rstrip(CONTEXT_CHARS))
        yield from ((start, first), (first, last), (last, stop))


def _spans(text: str, rules: TokenRules) -> Iterator[tuple[int, int]]:
    protected, words = _protect(text, rules)
    for match in re.finditer(f"[^{_BREAK}]+", rules.breaks.sub(_BREAK, protected)):
        start, stop = match.span()
        candidate = match.group()
        if rules.exceptions and (_PROTECTED in candidate or candidate in words):
            yield start, stop
            continue
        for first, last in _cut(candidate, rules):
            yield start + first, start + last


def _protect(text: str, rules: TokenRules) -> tuple[str, set[str]]:
    """The text with the breaks inside of exceptions taken out, and the exceptions that have none."""
    words: set[str] = set()
    if rules.whole is None:
        return text, words
    parts, at = [], 0
    for match in java_finditer(rules.whole, text):
        found = match.group()
        kept = rules.breaks.sub(_PROTECTED, found)
        if kept == found:
            words.add(found)
        parts += [text[at : match.start()], kept]
        at = match.end()
    return "".join([*parts, text[at:]]), words


def _cut(candidate: str, rules: TokenRules) -> Iterator[tuple[int, int]]:
    """The groups of the first rule that matches, split; where none matches the candidate as it is."""
    for rule in rules.cuts:
        match = rule.search(candidate)
        if match:
            for group in range(1, rule.groups + 1):
                start, stop = match.span(group)
                if start < stop:
                    yield from ((start + a, start + b) for a, b in _split(candidate[start:stop], rules))
            return
    yield 0, len(candidate)


def _split(token: str, rules: TokenRules) -> list[tuple[int, int]]:
    """Parts of a token: by the pattern if that makes several, else by the characters, else the token."""
    if rules.splits:
        parts = split_spans(token, rules.splits)
        if len(parts) > 1:
            return parts
    if rules.char_splits and any(entry[-1] in token for entry in rules.split_chars):
        return split_spans(token, rules.char_splits)
    return [(0, len(token))]
