"""The default rules of the Tokenizer: words, with leading and trailing punctuation apart.

Candidates are the runs between white space (Java's: ASCII only). From each candidate the run of context
characters at its start and at its end become tokens of their own; what stands between is one token. A
candidate of nothing but context characters is one token. Source: section 4.3 of the behaviour of Spark
NLP's `Tokenizer` with default Params, whose regexes reduce to this.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sparkcls.text.java import utf16_length, utf16_offsets

#: The 12 default context characters, in Spark NLP's order.
CONTEXT_CHARS = ".,;:!?*-()\"'"

# U+2187 is the original's own mark of a break, so a text that contains it is split there too.
_CANDIDATE = re.compile("[^ \t\n\x0b\f\r\u2187]+")


@dataclass(frozen=True)
class TokenRules:
    """Params of the Tokenizer that change tokens; lengths are in UTF-16 units, both ends included."""

    min_length: int = 0
    max_length: int = 99_999

    @property
    def lossless(self) -> bool:
        """Whether the tokens cover all of the text that is not white space."""
        return self == TokenRules()


def split_tokens(text: str, rules: TokenRules = TokenRules()) -> list[tuple[str, int, int]]:
    """Tokens of a sentence as (text, begin, end): end inclusive, offsets in UTF-16 units of `text`.

    Empty and blank text have no tokens.
    """
    offsets = utf16_offsets(text)
    return [
        (token, offsets[start], offsets[start + len(token)] - 1)
        for start, token in _pieces(text)
        if rules.min_length <= utf16_length(token) <= rules.max_length
    ]


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    for match in _CANDIDATE.finditer(text):
        start, candidate = match.start(), match.group()
        without_prefix = candidate.lstrip(CONTEXT_CHARS)
        if not without_prefix:
            yield start, candidate
            continue
        prefix = len(candidate) - len(without_prefix)
        core = without_prefix.rstrip(CONTEXT_CHARS)
        if prefix:
            yield start, candidate[:prefix]
        yield start + prefix, core
        if len(core) < len(without_prefix):
            yield start + prefix + len(core), without_prefix[len(core) :]
