"""How Spark NLP turns a token into wordpieces, for `tokenization="sparknlp"`.

It differs from BERT's own way: of every token only the *first* basic piece is kept (`won't` gives
`won`), accents are always stripped, and characters are judged as UTF-16 units. See section 5.7 of the
behaviour dossier; the rules are restated in `docs/tokenization.md`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache

from sparkcls.text.java import TRIMMED, utf16_length

UNKNOWN = "[UNK]"
MAX_WORD_LENGTH = 200

# Java's Character.isWhitespace: separators but the three no-break spaces, and these controls.
_JAVA_WHITESPACE_CONTROLS = frozenset("\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f")
_NO_BREAK = frozenset("\u00a0\u2007\u202f")


@lru_cache(maxsize=65_536)
def _is_whitespace(c: str) -> bool:
    if c in _JAVA_WHITESPACE_CONTROLS:
        return True
    return unicodedata.category(c) in ("Zs", "Zl", "Zp") and c not in _NO_BREAK


def _is_removed(c: str) -> bool:
    """NUL, U+FFFD and ISO controls except tab, line feed and carriage return; they part words like blanks."""
    return c == "\ufffd" or ((c < " " or "\x7f" <= c <= "\x9f") and c not in "\t\n\r")


@lru_cache(maxsize=65_536)
def _is_punctuation(c: str) -> bool:
    if c.isascii():
        return "!" <= c <= "/" or ":" <= c <= "@" or "[" <= c <= "`" or "{" <= c <= "~"
    # The original asks the Unicode *name* of a UTF-16 unit, so curly quotes and dashes are letters.
    return c <= "\uffff" and "PUNCTUATION" in unicodedata.name(c, "")


def _stands_alone(c: str) -> bool:
    is_ideograph = "\u4e00" <= c <= "\u9fff" or "\u3400" <= c <= "\u4dbf" or "\uf900" <= c <= "\ufaff"
    return is_ideograph or _is_punctuation(c)


def first_piece(token: str, case_sensitive: bool) -> str:
    """The part of a token that reaches WordPiece, normalised; "" if nothing does."""
    return next(basic_pieces(token, case_sensitive), "")


def basic_pieces(text: str, case_sensitive: bool) -> Iterator[str]:
    """Words and punctuation of a text, normalised: what reaches WordPiece of a candidate label."""
    piece = ""
    for c in text if case_sensitive else text.lower():
        if _is_removed(c) or _is_whitespace(c) or _stands_alone(c):
            if piece:
                yield _normalised(piece, case_sensitive)
            piece = ""
            if _stands_alone(c):
                yield _normalised(c, case_sensitive)
        else:
            piece += c
    if piece:
        yield _normalised(piece, case_sensitive)


def _normalised(piece: str, case_sensitive: bool) -> str:
    decomposed = unicodedata.normalize("NFD", piece.strip(TRIMMED))
    plain = "".join(c for c in decomposed if not ("\u0300" <= c <= "\u036f" or _is_removed(c)))
    return plain if case_sensitive else plain.lower()


def wordpieces(word: str, vocabulary: Mapping[str, int], unknown: str = UNKNOWN) -> list[int]:
    """Ids of the longest pieces of a word, left to right; one `unknown` if any part is unknown.

    Words over 200 UTF-16 units are unknown; the empty word has no pieces. `vocabulary` must hold `unknown`.
    """
    if not word:
        return []
    if utf16_length(word) > MAX_WORD_LENGTH:
        return [vocabulary[unknown]]
    ids, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        for end in range(len(word), start, -1):
            piece = vocabulary.get(prefix + word[start:end])
            if piece is not None:
                ids.append(piece)
                start = end
                break
        else:
            return [vocabulary[unknown]]
    return ids


def encode_tokens(
    tokens: list[str], vocabulary: Mapping[str, int], case_sensitive: bool, unknown: str = UNKNOWN
) -> list[int]:
    """Wordpiece ids of a sentence's tokens, without ``[CLS]`` and ``[SEP]``."""
    return [i for token in tokens for i in wordpieces(first_piece(token, case_sensitive), vocabulary, unknown)]
