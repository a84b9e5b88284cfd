"""Local attention: a token sees those that are near it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from sparkcls.engine.networks.padded import Padded

#: Queries that are compared at once with the keys around them.
_TILE = 128


def local_attention(q: Tensor, k: Tensor, v: Tensor, blocks: Sequence[Padded], heads: int, reach: int) -> Tensor:
    """Scaled dot-product attention within each sequence, over tokens at most `reach` places away.

    Parameters
    ----------
    q
        Queries of all tokens, shape ``(tokens, width)``, or of each sequence's first token, ``(sequences, width)``.
    k, v
        Shape ``(tokens, width)``.

    Returns
    -------
    The shape of `q`.
    """
    q = q * (q.shape[1] // heads) ** -0.5
    # Zeros, for the tokens that belong to no sequence.
    result = torch.zeros_like(q)
    for block in blocks:
        keys, values = block.by_head(k, heads), block.by_head(v, heads)
        if len(q) != len(k):
            queries = q[block.sequences].view(block.count, heads, 1, -1).transpose(0, 1)
            near = slice(0, reach + 1)
            mask = None if block.mask is None else block.mask[:, None, near]
            found = _attention(queries, keys[:, :, near], values[:, :, near], mask)
            result[block.sequences] = found[:, :, 0].transpose(0, 1).flatten(1)
        else:
            block.write(_tiled(block.by_head(q, heads), keys, values, block, reach), result)
    return result


def _tiled(q: Tensor, k: Tensor, v: Tensor, block: Padded, reach: int) -> Tensor:
    """Tile by tile of queries, so that what nobody sees is not computed; shapes ``(heads, count, length, width)``."""
    places = torch.arange(block.length, device=q.device)
    near = (places[:, None] - places).abs() <= reach
    found = torch.empty_like(q)
    for start in range(0, block.length, _TILE):
        rows = slice(start, start + _TILE)
        keys = slice(max(0, start - reach), start + _TILE + reach)
        mask = near[None, rows, keys]
        if block.mask is not None:
            mask = mask & block.mask[:, None, keys]
        found[:, :, rows] = _attention(q[:, :, rows], k[:, :, keys], v[:, :, keys], mask)
    return found


def _attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None) -> Tensor:
    """Attention as two products; `q` is scaled, `mask` is True for what is seen: ``(count or 1, queries, keys)``."""
    scores = torch.matmul(q, k.transpose(-1, -2))
    if mask is not None:
        # Not infinite: a token that only fills a block up may see nothing.
        scores.masked_fill_(~mask, torch.finfo(scores.dtype).min)
    return torch.matmul(scores.softmax(-1, dtype=torch.float32).to(v.dtype), v)
