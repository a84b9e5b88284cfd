"""The rules of the Normalizer: slang is replaced, patterns are removed, what is left may become lower-case.

Learnt by experiment from Spark NLP 5.5.3: a token that the slang dictionary has becomes the words of its entry.
From each word (or from the token) the matches of one pattern after the other are removed; what is then empty, or of
a length that is not wanted, disappears.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import regex

from sparkcls.text.java import TRIMMED, lower_case, utf16_length
from sparkcls.text.javaregex.patterns import compile_java, java_sub, split_spans

#: All but letters and ``+`` (the plus is the original's own).
DEFAULT_PATTERNS = (r"[^\pL+]",)


@dataclass(frozen=True)
class NormalizerRules:
    """Params of the Normalizer.

    Parameters
    ----------
    patterns
        Java regexes whose matches are removed, one after the other.
    lowercase
        Whether what is left becomes lower-case.
    slang
        Tokens and what they become, words with spaces between.
    match_case
        Whether the case of slang counts.
    min_length, max_length
        In UTF-16 units, both included; None for no limit.
    """

    patterns: tuple[str, ...] = DEFAULT_PATTERNS
    lowercase: bool = False
    slang: Mapping[str, str] = field(default_factory=dict)
    match_case: bool = False
    min_length: int = 0
    max_length: int | None = None

    def normalize(self, token: str) -> list[str]:
        """The words that a token becomes: none or one, or any number if it is slang."""
        entry = self._slang.get(self._key(token)) if self._slang else None
        words = [token] if entry is None else entry.split(" ")
        return [word for word in map(self._clean, words) if word and self._has_length(word)]

    def _clean(self, word: str) -> str:
        for pattern in self._patterns:
            word = java_sub(pattern, lambda _: "", word)
        return lower_case(word) if self.lowercase else word

    def _has_length(self, word: str) -> bool:
        length = utf16_length(word)
        return self.min_length <= length and (self.max_length is None or length <= self.max_length)

    def _key(self, word: str) -> str:
        return word if self.match_case else lower_case(word)

    @cached_property
    def _patterns(self) -> list[regex.Pattern[str]]:
        return [compile_java(pattern) for pattern in self.patterns]

    @cached_property
    def _slang(self) -> dict[str, str]:
        return {self._key(word): entry for word, entry in self.slang.items()}


def read_slang(lines: Iterable[str], delimiter: str) -> dict[str, str]:
    """The slang dictionary in the lines of a text file: a word, the delimiter, what the word becomes.

    Blanks around both are trimmed, blank lines skipped; what stands between two delimiters is skipped too.

    Parameters
    ----------
    delimiter
        A Java regex.

    Raises
    ------
    JavaRegexError
        The delimiter is no regex.
    ValueError
        The delimiter matches the empty text, or a line has nothing but delimiters.
    """
    pattern = compile_java(delimiter)
    if pattern.match(""):
        raise ValueError("it is a regular expression that matches the empty text; is a backslash missing?")
    entries = {}
    for line in lines:
        if not line.strip(TRIMMED):
            continue
        pieces = [line[start:end] for start, end in split_spans(line, pattern)]
        if not pieces:
            raise ValueError(f"the line {line!r} has nothing but delimiters")
        entries[pieces[0].strip(TRIMMED)] = pieces[-1].strip(TRIMMED)
    return entries
