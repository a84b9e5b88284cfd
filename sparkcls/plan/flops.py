"""How much arithmetic a text needs, by the shape of the model alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def per_wordpiece(config: Mapping[str, Any]) -> tuple[int, int]:
    """Operations of the encoder for one wordpiece in a text of L wordpieces: the constant, and what L is multiplied by.

    A multiplication and an addition count as two. In every layer a wordpiece goes through four matrices of dim x dim
    (query, key, value, output) and two of dim x hidden_dim; it is compared with L keys and sums L values, dim numbers
    each. The embeddings, norms, activations and the head (once a text) are left out, so the share of the limit
    that follows from these is a little too low, never too high.
    """
    layers, dim, hidden = (int(config[name]) for name in ("n_layers", "dim", "hidden_dim"))
    return layers * 2 * (4 * dim * dim + 2 * dim * hidden), layers * 2 * (2 * dim)


def of_texts(lengths: Iterable[int], config: Mapping[str, Any]) -> int:
    """Operations for texts of these lengths in wordpieces, special ones included, padding not."""
    constant, factor = per_wordpiece(config)
    return sum(length * (constant + factor * length) for length in lengths)
