"""A bias of attention by the distance of two tokens, in buckets that grow with it; the same in all layers.

Raffel et al. 2019, arXiv:1910.10683, as `transformers` computes it for MPNet.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

#: A half of the buckets is for tokens before, a half for those after; distances from `_FARTHEST` on share the last.
_BUCKETS, _FARTHEST = 32, 128


def relative_bias(table: Tensor, length: int) -> Tensor:
    """What is added to the scores of attention in a sequence: ``(heads, length, length)``, of queries and keys.

    Parameters
    ----------
    table
        Biases by bucket, ``(buckets, heads)``.
    """
    places = torch.arange(length, device=table.device)
    return table[buckets(places[None, :] - places[:, None])].permute(2, 0, 1).contiguous()


def buckets(distances: Tensor) -> Tensor:
    """The bucket of each distance, that of a key's position from a query's."""
    half = _BUCKETS // 2
    exact = half // 2
    far = distances.abs()
    growth = torch.log(far.float() / exact) / math.log(_FARTHEST / exact) * (half - exact)
    beyond = (exact + growth.clamp_min(0).long()).clamp_max(half - 1)
    return torch.where(far < exact, far, beyond) + half * (distances > 0)
