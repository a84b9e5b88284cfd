"""The rules of the TokenAssembler: the tokens of a document are joined to a text again.

Learnt by experiment from Spark NLP 5.5.3: a token belongs to every document whose offsets enclose it. Two tokens
that touch or overlap are joined directly, others with one space, or with the white space of the text between them
(a space if there is none).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise

#: What remains of the text between two tokens: Java's white space and line ends.
KEPT = frozenset(" \t\n\x0b\f\r\x85\u2028\u2029")

#: A token or document: its text, and the offsets of its first and its last character in UTF-16 units.
Span = tuple[str, int, int]


def assemble(documents: Sequence[Span], tokens: Sequence[Span], preserve_position: bool) -> Iterator[str]:
    """The text of every document, made of its tokens in their order.

    Parameters
    ----------
    preserve_position
        Whether the white space of the document is kept; otherwise one space is put for it.
    """
    order = sorted(range(len(tokens)), key=lambda i: tokens[i][1])
    begins = [tokens[i][1] for i in order]
    for document in documents:
        _, begin, end = document
        # An empty token ends before it begins, so one may begin right behind the document.
        inside = order[bisect_left(begins, begin) : bisect_right(begins, end + 1)]
        own = [tokens[i] for i in sorted(inside) if tokens[i][2] <= end]
        yield _join(document, own, preserve_position)


def _join(document: Span, tokens: list[Span], preserve_position: bool) -> str:
    text, start, _ = document
    units = text.encode("utf-16-le", "surrogatepass") if preserve_position else b""
    parts = [tokens[0][0]] if tokens else []
    for (_, _, end), (token, begin, _) in pairwise(tokens):
        if begin > end + 1:
            between = units[2 * (end + 1 - start) : 2 * (begin - start)].decode("utf-16-le", "replace")
            parts.append("".join(c for c in between if c in KEPT) or " ")
        parts.append(token)
    return "".join(parts)
