"""Disentangled attention of DeBERTa: a token's content is compared with others' contents and with their distances.

He et al. 2021, arXiv:2006.03654, section 3.1: a score is the sum of content to content, content to position ("c2p")
and position to content ("p2c"). The two that depend on distances are one product each for all sequences of a block,
with every distance once; a view in which each row begins one element earlier then pairs queries with keys.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from sparkcls.engine.networks.padded import Padded


@dataclass(frozen=True)
class Relative:
    """A layer's projections of the distances in a batch.

    Parameters
    ----------
    keys, queries
        What the contents of queries are compared with (c2p), and those of keys (p2c), or None; shape
        ``(heads, 2 * longest - 1, width of a head)``, a distance a row: `keys` from ``longest - 1`` down, `queries`
        from ``1 - longest`` up. `queries` are scaled like those of contents.
    longest
        The longest block that they reach.
    """

    keys: Tensor | None
    queries: Tensor | None
    longest: int

    def to(self, dtype: torch.dtype) -> Relative:
        """The same in another precision."""
        keys, queries = (x if x is None else x.to(dtype) for x in (self.keys, self.queries))
        return Relative(keys, queries, self.longest)

    def up_to(self, length: int) -> tuple[Tensor | None, Tensor | None]:
        """`keys` and `queries` for a block of this length."""
        rows = slice(self.longest - length, self.longest + length - 1)
        return (
            None if self.keys is None else self.keys[:, rows],
            None if self.queries is None else self.queries[:, rows],
        )


def disentangled_attention(
    q: Tensor, k: Tensor, v: Tensor, blocks: Sequence[Padded], heads: int, relative: Relative
) -> Tensor:
    """Attention within each sequence.

    Parameters
    ----------
    q
        Queries of all tokens, shape ``(tokens, width)``, or of each sequence's first token, ``(sequences, width)``;
        scaled.
    k, v
        Shape ``(tokens, width)``.

    Returns
    -------
    The shape of `q`.
    """
    first_only = len(q) != len(k)
    # Zeros, for the tokens that belong to no sequence.
    result = torch.zeros_like(q)
    for block in blocks:
        keys, values = block.by_head(k, heads), block.by_head(v, heads)
        if first_only:
            queries = q[block.sequences].view(block.count, heads, -1).transpose(0, 1)
            scores = _scores_of_first(queries, keys, block, relative)
        else:
            scores = _scores(block.by_head(q, heads), keys, block, relative)
        if block.mask is not None:
            scores.masked_fill_(~block.mask[:, None], float("-inf"))
        weights = scores.softmax(-1, dtype=torch.float32).to(v.dtype)
        found = torch.bmm(weights.flatten(0, 1), values.flatten(0, 1)).view(heads, block.count, -1, values.shape[-1])
        if first_only:
            result[block.sequences] = found[:, :, 0].transpose(0, 1).flatten(1)
        else:
            block.write(found, result)
    return result


def _scores(q: Tensor, k: Tensor, block: Padded, relative: Relative) -> Tensor:
    """Shape ``(heads, count, length, length)``, queries by keys, in float32 where there is more than one term."""
    keys, queries = relative.up_to(block.length)
    content = q.flatten(0, 1), k.flatten(0, 1).transpose(1, 2)
    terms = [_pairs(q, keys)] if keys is not None else []
    if queries is not None:
        terms.append(_pairs(k, queries).transpose(1, 2))
    if not terms:
        scores = torch.bmm(*content)
    elif q.dtype == torch.float32:
        scores = (terms[0] + terms[1] if len(terms) > 1 else terms[0].contiguous()).baddbmm_(*content)
    else:
        scores = torch.bmm(*content).float()
        for term in terms:
            scores += term
    return scores.view(*q.shape[:3], -1)


def _pairs(x: Tensor, distances: Tensor) -> Tensor:
    """Products of every token with its distances from all tokens; a view, shape ``(heads * count, length, length)``."""
    heads, count, length, _ = x.shape
    products = torch.bmm(x.flatten(1, 2), distances.transpose(1, 2))
    each = 2 * length - 1
    # Of token i the distances to all tokens begin at column length - 1 - i.
    return products.as_strided((heads * count, length, length), (length * each, each - 1, 1), length - 1)


def _scores_of_first(q: Tensor, k: Tensor, block: Padded, relative: Relative) -> Tensor:
    """The same of each sequence's first token: shape ``(heads, count, 1, length)``."""
    keys, queries = relative.up_to(block.length)
    length = block.length
    if queries is not None:
        # From the first token, distances fall from 0 to 1 - length.
        k_and_q = (k * queries[:, :length].flip(1)[:, None]).sum(-1)
    scores = torch.matmul(k, q[..., None])[..., 0]
    if keys is not None:
        scores = scores + torch.bmm(q, keys[:, length - 1 :].transpose(1, 2))
    if queries is not None:
        scores = scores + k_and_q
    return scores[:, :, None]
