"""How much arithmetic a text needs, by the shape of the model alone."""

from __future__ import annotations

from collections.abc import Iterable

from sparkcls.families.shape import Shape


def per_wordpiece(shape: Shape) -> tuple[int, int]:
    """Operations of the encoder for one wordpiece in a text of L wordpieces: the constant, and what L is multiplied by.

    A multiplication and an addition count as two. In every layer a wordpiece goes through four matrices of width x
    width (query, key, value, output) and two of width x inner; it is compared with L keys and sums L values, width
    numbers each. The embeddings, norms, activations and the head (once a text) are left out, so the share of the limit
    that follows from these is a little too low, never too high.
    """
    layers, width, inner = shape.depth, shape.width, shape.inner
    return layers * 2 * (4 * width * width + 2 * width * inner), layers * 2 * (2 * width)


def of_texts(lengths: Iterable[int], shape: Shape) -> int:
    """Operations for texts of these lengths in wordpieces, special ones included, padding not."""
    constant, factor = per_wordpiece(shape)
    return sum(length * (constant + factor * length) for length in lengths)
