"""Texts on which a model is tried: some that ship with the package, and some made of its wordpieces."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

import numpy as np

from sparkcls.engine.contract import HUGGINGFACE
from sparkcls.engine.encoder import TextEncoder

#: Beside the texts of probes.txt: halves of two of them, rows of random wordpieces, and long texts.
_MIXTURES, _RANDOM, _LONG = 70, 70, 5
_LONGEST_RANDOM, _LENGTH_OF_LONG = 24, 110


def probe_sequences(encoder: TextEncoder, longest: int) -> tuple[Sequence[Sequence[int]], int]:
    """Some 280 inputs, always the same for a tokenizer, of 4,600 wordpieces together; the first are natural texts.

    Texts of many kinds and languages; halves of two texts, which a model often finds hard to decide; random
    wordpieces, of which a text can consist too.

    Returns
    -------
    The inputs, and how many of them are natural texts.
    """
    texts, several = _texts(encoder)
    return [encoder.finish(ids, longest)[0] for ids in texts + several], len(texts)


def probe_pairs(encoder: TextEncoder, longest: int) -> tuple[Sequence[Sequence[int]], int]:
    """The same texts as pairs, each with the one after it and with itself: some 560 inputs."""
    texts, several = _texts(encoder)
    every = texts + several
    followed = [(first, texts[(i + 1) % len(texts)]) for i, first in enumerate(every)]
    pairs = followed + [(ids, ids) for ids in every]
    return [encoder.finish_pair(first, second, longest)[0] for first, second in pairs], len(texts)


def _texts(encoder: TextEncoder) -> tuple[list[list[int]], list[list[int]]]:
    """Wordpieces of natural texts, and of others."""
    lines = files("sparkcls.engine").joinpath("probes.txt").read_text(encoding="utf-8").splitlines()
    texts = [ids for ids in encoder.encode(lines, HUGGINGFACE, True) if not isinstance(ids, Exception)]
    # A generator whose numbers numpy has promised never to change.
    chance = np.random.RandomState(0)
    several = []
    for _ in range(_MIXTURES):
        first, second = (texts[i] for i in chance.randint(len(texts), size=2))
        several.append(first[: len(first) // 2 + 1] + second[len(second) // 2 :])
    words = np.array(sorted(encoder.vocabulary.values()))
    several += [chance.choice(words, size=chance.randint(1, _LONGEST_RANDOM)).tolist() for _ in range(_RANDOM)]
    for _ in range(_LONG):
        long: list[int] = []
        while len(long) < _LENGTH_OF_LONG:
            # Of a tokenizer that knows none of the texts, too.
            long += texts[chance.randint(len(texts))] or [int(words[0])]
        several.append(long)
    return texts, several
