"""Sequences of a batch that attention takes at once, padded to one length."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sparkcls.engine.packing import Layout, Packing


@dataclass(frozen=True)
class Padded:
    """Sequences that follow each other, as one block.

    Parameters
    ----------
    tokens, sequences
        Which they are.
    count, length
        The block's shape; shorter sequences are padded with zeros.
    slots
        Where each token stands in the flattened block: int64, shape ``(tokens,)``. None where nothing is padded.
    mask
        Which places are tokens: bool, shape ``(count, length)``; None like `slots`.
    """

    tokens: slice
    sequences: slice
    count: int
    length: int
    slots: Tensor | None = None
    mask: Tensor | None = None

    def by_head(self, x: Tensor, heads: int) -> Tensor:
        """Rows of all tokens, ``(tokens, width)``, as a copy of shape ``(heads, count, length, width of a head)``."""
        x = x[self.tokens]
        if self.slots is not None:
            padded = x.new_zeros(self.count * self.length, x.shape[1])
            padded[self.slots] = x
            x = padded
        return x.view(self.count, self.length, heads, -1).permute(2, 0, 1, 3).contiguous()

    def write(self, found: Tensor, result: Tensor) -> None:
        """The reverse of `by_head`, into rows of all tokens."""
        rows = found.permute(1, 2, 0, 3)
        if self.slots is not None:
            result[self.tokens] = rows.reshape(self.count * self.length, -1)[self.slots]
        else:
            result[self.tokens].view(self.count, self.length, found.shape[0], -1).copy_(rows)


def padded(packing: Packing, most: int, step: int = 1) -> list[Padded]:
    """A batch in blocks: on a CPU of equal lengths, on a GPU, which wants few launches, of similar ones.

    Parameters
    ----------
    most
        Most sequences x length² of a block; a longer sequence is a block of its own.
    step
        On a CPU lengths are rounded up to multiples of it.
    """
    runs = packing.layout is Layout.RUNS
    if not runs:
        groups = _similar(packing.lengths, most)
    else:
        groups = [[length] * count for _, count, length in packing.runs(most)]
    made: list[Padded] = []
    token = sequence = 0
    for lengths in groups:
        count, tokens = len(lengths), sum(lengths)
        length = -(-max(lengths) // step) * step if runs else max(lengths)
        slots = mask = None
        if tokens < count * length:
            known = torch.arange(length) < torch.tensor(lengths)[:, None]
            mask, slots = known.to(packing.ids.device), known.flatten().nonzero()[:, 0].to(packing.ids.device)
        rows = slice(token, token + tokens), slice(sequence, sequence + count)
        made.append(Padded(*rows, count, length, slots, mask))
        token, sequence = token + tokens, sequence + count
    return made


def _similar(lengths: tuple[int, ...], most: int) -> list[list[int]]:
    groups: list[list[int]] = []
    for length in lengths:
        longest = max(length, *groups[-1]) if groups else length
        if groups and (len(groups[-1]) + 1) * longest**2 <= most:
            groups[-1].append(length)
        else:
            groups.append([length])
    return groups
