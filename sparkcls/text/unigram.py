"""How the SentencePiece inside of Spark NLP cuts a token into the pieces of a Unigram model.

Kudo 2018, arXiv:1804.10959. Sums are in single precision. Of two equally good ways, such as "!" and "!!" for "!!!", the
one whose last piece is shorter is taken: there it is so mostly, but not always.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

#: What stands for a space.
SPACE = "▁"
#: How far under the worst piece an unknown character scores.
_UNKNOWN = 10.0


class Unigram:
    """Pieces with their ids and scores.

    Parameters
    ----------
    pieces
        Id and score of every piece, special ones aside.
    """

    def __init__(self, pieces: Mapping[str, tuple[int, float]]):
        self._pieces = {piece: (i, np.float32(score)) for piece, (i, score) in pieces.items() if piece}
        self._longest = max(map(len, self._pieces), default=1)
        least = min((score for _, score in self._pieces.values()), default=np.float32(0))
        self._unknown = np.float32(least - np.float32(_UNKNOWN))

    def encode(self, token: str) -> list[int | None]:
        """The ids of a token's pieces; None for characters next to each other that have no piece.

        Parameters
        ----------
        token
            Normalised. Blanks around it do not count.
        """
        text = SPACE + SPACE.join(part for part in token.split(" ") if part)
        text = text.rstrip(SPACE)
        if not text:
            return []
        score: list[np.float32 | None] = [np.float32(0), *([None] * len(text))]
        begins = [0] * (len(text) + 1)
        for start in range(len(text)):
            so_far = score[start]
            if so_far is None:
                continue
            for end in range(start + 1, min(len(text), start + self._longest) + 1):
                found = self._pieces.get(text[start:end])
                if found is None and end > start + 1:
                    continue
                total = np.float32(so_far + (self._unknown if found is None else found[1]))
                best = score[end]
                if best is None or total >= best:
                    score[end], begins[end] = total, start
        ids: list[int | None] = []
        end = len(text)
        while end:
            found = self._pieces.get(text[begins[end] : end])
            if found is not None or not ids or ids[-1] is not None:
                ids.append(None if found is None else found[0])
            end = begins[end]
        return ids[::-1]
