"""A `Chain` in this process, without Spark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sparkcls.rows.answers import Answers, joined
from sparkcls.rows.chain import Chain, Chained
from sparkcls.spark.chunks import CHARACTERS
from sparkcls.spark.columns import Row
from sparkcls.spark.udf import over

#: Rows that are sorted by length and scored together: nobody waits for the first ones.
CHUNK = 8_192

#: A column of texts.
Texts = Sequence[str | None]


def answers_here(chain: Chain, function: Chained, texts: Sequence[Texts]) -> Answers:
    """The answers of rows.

    Parameters
    ----------
    function
        The chain's row function; no other thread may use it meanwhile.
    texts
        As many columns of texts as the chain reads, of one length.
    """
    try:
        return joined(list(over(function, _chunks(chain, texts))))
    finally:
        function.recover()


def _chunks(chain: Chain, texts: Sequence[Texts]) -> Iterator[list[Row]]:
    start = characters = 0
    for end, row in enumerate(zip(*texts, strict=True), 1):
        characters += sum(len(text) for text in row if text is not None)
        if end - start == CHUNK or characters > CHARACTERS:
            yield _read(chain, texts, start, end)
            start, characters = end, 0
    if start < len(texts[0]):
        yield _read(chain, texts, start, len(texts[0]))


def _read(chain: Chain, texts: Sequence[Texts], start: int, end: int) -> list[Row]:
    columns: tuple[Any, ...] = tuple(column[start:end] for column in texts)
    return chain.read(columns)
