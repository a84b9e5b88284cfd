"""Sequences of a batch as one row of tokens, without padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from torch import Tensor

_LARGEST_RUN = 8


@dataclass(frozen=True)
class Packing:
    """A batch on its device.

    Parameters
    ----------
    ids, positions
        Wordpiece ids and their places within their sequences; int64, shape ``(tokens,)``. Unless
        padded a few tokens that belong to no sequence may follow, see `round_up`.
    first
        Index of each sequence's first token; int64, shape ``(sequences,)``.
    lengths
        Tokens of each sequence.
    padded
        Whether attention is to pad the sequences: on a GPU.
    slots
        Where each token stands in a padded batch, flattened: int64, shape ``(tokens,)``. None where nothing is padded
        because lengths are equal.
    mask
        Which keys of the padded batch are tokens: bool, shape ``(sequences, 1, 1, longest)``; None like `slots`.
    """

    ids: Tensor
    positions: Tensor
    first: Tensor
    lengths: tuple[int, ...]
    padded: bool
    slots: Tensor | None = None
    mask: Tensor | None = None

    @staticmethod
    def of(sequences: Sequence[Sequence[int]], device: torch.device, padded: bool) -> Packing:
        """The packing of at least one sequence, none of them empty."""
        lengths = np.array([len(s) for s in sequences])
        ids = np.concatenate([np.asarray(s, dtype=np.int64) for s in sequences])
        first = np.cumsum(lengths) - lengths
        positions = np.arange(len(ids)) - np.repeat(first, lengths)
        if not padded:
            spare = round_up(len(ids)) - len(ids)
            ids, positions = np.pad(ids, (0, spare)), np.pad(positions, (0, spare))

        def move(array: np.ndarray) -> Tensor:
            tensor = torch.from_numpy(array)
            # Pinned memory lets the copy run beside the kernels of the batch before.
            return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)

        slots = mask = None
        width = int(lengths.max())
        if padded and int(lengths.min()) < width:
            slots = move(np.repeat(np.arange(len(lengths)) * width, lengths) + positions)
            mask = move((np.arange(width) < lengths[:, None])[:, None, None, :])
        return Packing(move(ids), move(positions), move(first), tuple(lengths.tolist()), padded, slots, mask)

    def runs(self, most: int) -> list[tuple[int, int, int]]:
        """Sequences of one length that follow each other, in groups of 1, 2, 4, ...: (first token, sequences, length).

        Groups are powers of two for the sake of few shapes, see `round_up`; sequences x length² is at most `most`.
        """
        runs: list[tuple[int, int, int]] = []
        at = 0
        for length, equal in groupby(self.lengths):
            left = len(list(equal))
            while left:
                count = 1 << min(left, max(1, most // length**2), _LARGEST_RUN).bit_length() - 1
                runs.append((at, count, length))
                at += count * length
                left -= count
        return runs


def round_up(tokens: int) -> int:
    """A number of tokens with at most 6 significant bits, up to a thirty-second more.

    oneDNN builds a kernel for every shape, which costs a millisecond and stays in memory, between buffers of ever
    changing size that then cannot be reused. Few shapes keep both time and memory.
    """
    step = 1 << max(0, tokens.bit_length() - 6)
    return -(-tokens // step) * step
