"""Rule-based sentence boundaries, as Spark NLP's SentenceDetector draws them.

Rules insert private marks into the text: BREAK after a boundary, OPEN and CLOSE around passages where
none counts, and stand-ins for dots that end nothing. The text is then cut at the breaks that count and
the marks are taken out. Source: the rule tables of section 3.3 of the behaviour dossier, which are those
of "pragmatic segmenter"; patterns are written as they stand there, in Java's syntax.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import regex

from sparkcls.text.java import TRIMMED, utf16_length, utf16_offsets
from sparkcls.text.javaregex.patterns import compile_java, java_sub

BREAK, OPEN, CLOSE = "\uf050", "\uf056", "\uf057"
_DOT, _SEMICOLON = "\uf051", "\uf053"
_NUMBER_DOT, _ABBREVIATION_DOT, _MULTI_DOT = "\uf058", "\uf059", "\uf05a"
_QUESTION, _EXCLAMATION, _ELLIPSIS = "\uf05b", "\uf05c", "\uf05d"
_RESTORED = str.maketrans(
    {
        BREAK: "",
        OPEN: "",
        CLOSE: "",
        _DOT: ".",
        _SEMICOLON: ";",
        _NUMBER_DOT: ".",
        _ABBREVIATION_DOT: ".",
        _MULTI_DOT: ".",
        _QUESTION: "?",
        _EXCLAMATION: "!",
        _ELLIPSIS: "...",
    }
)

_MARKS_OF_TEXT = dict.fromkeys(_RESTORED, "\uffff")

NONE, PREPEND, APPEND = "none", "prepend", "append"

_P = "(?:dr|mr|ms|prof|mt|st)"
_N = "(?:no|p|px)"
# Entries are regexes: the dot of "e.g" matches any character, as in the original.
_A = (
    "(?:adj|bros|btw|co|col|corp|cpl|dec|aug|del|dept|dist|dr|e.g|etc|exp|feb|fy|hr|i.e|id|inc|jan|jr|jul|jun|lt|ltd|"
    "mar|may|min|mr|mrs|ms|no|nov|oct|ok|p|px|plz|prof|rep|sec|sep|sept|sr|st|u.s|ver|vs)"
)
_AFTER_A = r"(?:(?:\.|\:|-|\?)|(?:\s(?:[a-z]|I\s|I'm|I'll|\d)))"
_AFTER_A_AT_START = r"(?:(?:\.|\:|\?)|(?:\s(?:[a-z]|I\s|I'm|I'll|\d)))"

Rule = tuple[regex.Pattern[str], str]


def _rules(replacement: str, *patterns: str) -> list[Rule]:
    return [(compile_java(p), replacement) for p in patterns]


def _after(words: str, following: str, at_start: str | None = None) -> str:
    """A dot behind one of some words in any case, the word behind white space or at the start."""
    return rf"(?<=\s(?i:{words}))\.(?={following})|(?<=^(?i:{words}))\.(?={at_start or following})"


_WRAP = OPEN + r"\g<0>" + CLOSE
_LISTS = _rules(
    BREAK + _WRAP,
    r"(\()[a-z]+\)|^[a-z]+\)",
    # The stray "s" of the seventh alternative and the bare dot of the last are the original's.
    r"\s\d{1,2}\.\s|^\d{1,2}\.\s|\s\d{1,2}\.\)|^\d{1,2}\.\)|\s\-\d{1,2}\.\s|^\-\d{1,2}\.\s|s\-\d{1,2}\.\)|^\-\d{1,2}(.\))",
)
_NUMBERS = _rules(
    _NUMBER_DOT,
    r"(?<=\d)\.(?=\d)",
    r"\.(?=\d)",
    r"(?<=\d)\.(?=\S)",
    r"(?<=^\d)\.(?=(\s\S)|\))",
    r"(?<=^\d\d)\.(?=(\s\S)|\))",
)
_ABBREVIATIONS = [
    *_rules(
        _WRAP,
        r"\b[a-zA-Z](?:\.[a-zA-Z])+(?:\.(?!\s[A-Z]))*",
        r"(?i)p\.m\.*",
        r"(?i)a\.m\.*",
    ),
    *_rules(
        _ABBREVIATION_DOT,
        r"\.(?='s\s)|\.(?='s\$)|\.(?='s\z)",
        r"(?<=Co)\.(?=\sKG)",
        r"(?<=^[A-Z])\.(?=\s)",
        r"(?<=\s[A-Z])\.(?=\s)",
    ),
]
_WORDS = _rules(
    _ABBREVIATION_DOT,
    _after(_P, r"\s"),
    _after(_P, r":\d+"),
    _after(_N, r"\s\d"),
    _after(_N, r"\s+\("),
    _after(_A, _AFTER_A, _AFTER_A_AT_START),
    _after(_A, ","),
)
_LATER = [
    *_rules(r"\g<0>" + BREAK, r"(?<=\S)[!\?]+(?=\s|\z|\$)"),
    *_rules(_MULTI_DOT, r"(?<=\w)\.(?=\w)"),
    *_rules(_MULTI_DOT, r"(?<=[a-zA-z]°)\.(?=\s*\d+)"),
    *_rules(_ELLIPSIS + BREAK, r"\.\.\.(?=\s+[A-Z])", r"(?<=\S)\.{3}(?=\.\s[A-Z])"),
    *_rules(
        _WRAP,
        r"(?<=\s|^)'[\w\s?!\.,|'\w]+'(?:\W)",
        r'"[\w\s?!\.,]+"',
        r"\[[\w\s?!\.,]+\]",
        r"\([\w\s?!\.,]+\)",
    ),
    *_rules(_QUESTION, "\\?(?=('|\"))"),
    *_rules(_EXCLAMATION, "\\!(?=('|\"))", r"\!(?=\,\s[a-z])", r"\!(?=\s[a-z])"),
    *_rules(_DOT + BREAK, r"\."),
    *_rules(_SEMICOLON + BREAK, ";"),
]


@dataclass(frozen=True)
class SentenceRules:
    """Params of a SentenceDetector that change sentences; lengths are in UTF-16 units, both ends included.

    Parameters
    ----------
    custom_bounds
        Regular expressions of boundaries; with strategy ``none`` what they match disappears, with
        ``prepend`` it begins the next sentence, with ``append`` it ends the one before.
    custom_only
        Whether custom bounds, if there are any, are the only rules.
    split_length
        Longest piece, in UTF-16 units, into which sentences are cut at spaces; None for no cutting.
    """

    use_abbreviations: bool = True
    detect_lists: bool = True
    custom_bounds: tuple[str, ...] = ()
    custom_only: bool = False
    strategy: str = NONE
    split_length: int | None = None
    min_length: int = 0
    max_length: int | None = None


def split_sentences(text: str, rules: SentenceRules = SentenceRules()) -> list[tuple[str, int, int]]:
    """Sentences as (text, begin, end): end inclusive, offsets in UTF-16 units of `text`.

    Empty and blank text have none.
    """
    offsets = utf16_offsets(text)
    # A text may hold our own marks; nothing reads the letter that stands for them here.
    plain = text.translate(_MARKS_OF_TEXT)
    sentences = []
    at = 0
    for piece in _cut(_mark(plain, rules)):
        start, at = _find(plain, piece, at)
        begin = offsets[start]
        for part, shift in _split_long(text[start:at], rules.split_length):
            length = utf16_length(part)
            if part and rules.min_length <= length <= (length if rules.max_length is None else rules.max_length):
                sentences.append((part, begin + shift, begin + shift + length - 1))
    return sentences


def _find(text: str, piece: str, at: int) -> tuple[int, int]:
    """Where a sentence stands, at or after an index."""
    start = text.find(piece, at)
    if start >= 0:
        return start, start + len(piece)
    # A custom bound in a protected passage ends nothing, yet it is gone from the sentence.
    start = stop = text.index(piece[0], at)
    for c in piece:
        stop = text.index(c, stop) + 1
    return start, stop


def _mark(text: str, rules: SentenceRules) -> str:
    """The text with the marks of all rules."""
    custom = bool(rules.custom_bounds)
    if custom:
        around: dict[str, Callable[[regex.Match[str]], str]] = {
            NONE: lambda match: BREAK,
            PREPEND: lambda match: BREAK + match.group(),
            APPEND: lambda match: match.group() + BREAK,
        }
        for pattern in rules.custom_bounds:
            text = java_sub(compile_java(pattern), around[rules.strategy], text)
        if rules.custom_only:
            return text
    abbreviations = _ABBREVIATIONS + (_WORDS if rules.use_abbreviations else [])
    # The original's order differs where custom bounds are mixed in.
    first = abbreviations + _NUMBERS if custom else _NUMBERS + abbreviations
    for pattern, replacement in (_LISTS if rules.detect_lists else []) + first + _LATER:
        text = pattern.sub(replacement, text)
    return text


def _cut(marked: str) -> list[str]:
    """The sentences of a marked text, trimmed, without marks and without empty ones.

    A break counts unless the next OPEN or CLOSE to its right is a CLOSE.
    """
    cuts = []
    protected = False
    for i in range(len(marked) - 1, -1, -1):
        c = marked[i]
        if c == CLOSE:
            protected = True
        elif c == OPEN:
            protected = False
        elif c == BREAK and not protected:
            cuts.append(i)
    bounds = [-1, *reversed(cuts), len(marked)]
    pieces = (marked[a + 1 : b].translate(_RESTORED).strip(TRIMMED) for a, b in pairwise(bounds))
    return [piece for piece in pieces if piece]


def _split_long(sentence: str, length: int | None) -> list[tuple[str, int]]:
    """Pieces of a sentence no longer than `length` (a longer word stays whole) and their UTF-16 offsets."""
    if length is None:
        return [(sentence, 0)]
    pieces: list[tuple[str, int]] = []
    words: list[str] = []
    used = start = 0
    for word in sentence.split(" "):
        size = utf16_length(word)
        if words and used + size > length:
            piece = " ".join(words)
            pieces.append((piece, start))
            start += utf16_length(piece) + 1
            words, used = [], 0
        words.append(word)
        used += size + 1
    return [*pieces, (" ".join(words), start)]
