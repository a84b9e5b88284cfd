"""Distances between tokens, as rows of DeBERTa's relative embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor


@dataclass(frozen=True)
class Distances:
    """Which row belongs to which distance, a query's place less a key's.

    Parameters
    ----------
    buckets
        Distances up to half of it have a row of their own, larger ones share rows logarithmically; 0 for a row each.
    largest
        Distances beyond it count as it.
    """

    buckets: int
    largest: int

    @property
    def span(self) -> int:
        """Half the number of rows; distance 0 has this one."""
        return self.buckets or self.largest

    def rows(self, length: int) -> Tensor:
        """Rows of the distances from ``length - 1`` down to ``1 - length``; int64, shape ``(2 * length - 1,)``."""
        return _rows(self, length)


@lru_cache(maxsize=64)
def _rows(distances: Distances, length: int) -> Tensor:
    found = torch.arange(length - 1, -length, -1)
    if distances.buckets:
        found = _in_buckets(found, distances.buckets // 2, distances.largest)
    return (found + distances.span).clamp(0, 2 * distances.span - 1)


def _in_buckets(found: Tensor, half: int, largest: int) -> Tensor:
    """In the order of `transformers`' operations in float32, whose rounding decides between two buckets."""
    near = found.abs() <= half
    size = torch.where(near, half, found.abs())
    scale = torch.log(torch.tensor((largest - 1) / half))
    far = torch.ceil(torch.log(size / half) / scale * (half - 1)) + half
    return torch.where(near, found, (far * found.sign()).to(torch.int64))
