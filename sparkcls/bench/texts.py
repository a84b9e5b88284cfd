"""Texts to measure on: English-like, of known lengths, the same for everyone who has the seed."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import accumulate

from sparkcls.bench.words import COMMON, ENDINGS, NAMES, ROOTS, STEMS

SEED = 20240917

_COMMON, _STEMS, _ROOTS, _ENDINGS, _NAMES = (words.split() for words in (COMMON, STEMS, ROOTS, ENDINGS, NAMES))
_WEIGHTS = list(accumulate(1 / (place + 10) for place in range(len(_COMMON))))


def _lognormal(median: float, spread: float, least: int, most: int) -> Callable[[random.Random], int]:
    return lambda source: min(most, max(least, round(median * math.exp(spread * source.gauss(0, 1)))))


_phrases = _lognormal(7, 0.75, 1, 50)
_news = _lognormal(38, 0.33, 8, 150)
_reviews = _lognormal(180, 0.65, 40, 2000)


def _mix(source: random.Random) -> int:
    """Four of five texts are phrases, one of twenty is a review: padding to the longest would be mostly padding."""
    kind = source.random()
    return (_phrases if kind < 0.8 else _news if kind < 0.95 else _reviews)(source)


#: Words of a text, by distribution. The medians and spreads are like those of SST-2's phrases, of AG News (title and
#: description) and of IMDB's reviews.
DISTRIBUTIONS: dict[str, Callable[[random.Random], int]] = {
    "phrases": _phrases,
    "news": _news,
    "reviews": _reviews,
    "mix": _mix,
}


def generate(distribution: str, count: int, seed: int = SEED) -> list[str]:
    """Different texts of one of `DISTRIBUTIONS`; the first n of any count are the same.

    No text comes twice, because a system may score equal ones only once.
    """
    # A string seeds by its content on every Python.
    source = random.Random(f"{distribution} {seed}")
    length = DISTRIBUTIONS[distribution]
    texts: dict[str, None] = {}
    while len(texts) < count:
        texts[_text(source, length(source))] = None
    return list(texts)


def _text(source: random.Random, words: int) -> str:
    written: list[str] = []
    start = True
    for place in range(words):
        word = _word(source)
        if start:
            word = word[0].upper() + word[1:]
        start = place < words - 1 and source.random() < 0.06
        written.append(word + ("." if start else "," if source.random() < 0.05 else ""))
    return " ".join(written).rstrip(",") + ("." if words > 5 else "")


def _word(source: random.Random) -> str:
    kind = source.random()
    if kind < 0.9:
        return source.choices(_COMMON, cum_weights=_WEIGHTS)[0]
    if kind < 0.95:
        return source.choice(_STEMS) + source.choice(_ROOTS) + source.choice(_ENDINGS)
    if kind < 0.98:
        return source.choice(_NAMES)
    return str(source.randint(1, 2030))
