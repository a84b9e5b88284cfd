"""Sequences of a batch as one row of tokens, without padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import chain, groupby

import numpy as np
import torch
from torch import Tensor

from sparkcls.engine.original import HiddenFirst
from sparkcls.engine.pairs import PairIds

_LARGEST_RUN = 8
#: Lengths are rounded up to multiples of this where each is a kernel of its own.
STEP = 16


class Layout(Enum):
    """How attention finds the sequences of a batch.

    `RUNS`: those of one length at once, for CPUs. `PADDED`: padded for attention alone, in one call.
    `VARLEN`: by where each ends, without padding, see `sparkcls.engine.kernels.has_varlen_attention`.
    """

    RUNS = "runs"
    PADDED = "padded"
    VARLEN = "varlen"


@dataclass(frozen=True)
class Packing:
    """A batch on its device.

    Parameters
    ----------
    ids, positions
        Wordpiece ids and their places within their sequences; int64, shape ``(tokens,)``. In `Layout.RUNS` a few
        tokens that belong to no sequence may follow, see `round_up`.
    first
        Index of each sequence's first token; int64, shape ``(sequences,)``.
    lengths
        Tokens of each sequence.
    layout
        What attention is to do with it.
    ends
        In `Layout.VARLEN`, the tokens before each sequence, and all tokens: int32, shape ``(sequences + 1,)``.
    slots
        Where each token stands in a padded batch, flattened: int64, shape ``(tokens,)``. None where nothing is padded
        because lengths are equal.
    mask
        Which keys of the padded batch are tokens: bool, shape ``(sequences, 1, 1, longest)``; None like `slots`.
    types
        Token types: int64, shape ``(tokens,)``. None where all are 0.
    hides_first
        Whether nothing attends the first token of a sequence.
    """

    ids: Tensor
    positions: Tensor
    first: Tensor
    lengths: tuple[int, ...]
    layout: Layout
    ends: Tensor | None = None
    slots: Tensor | None = None
    mask: Tensor | None = None
    types: Tensor | None = None
    hides_first: bool = False

    @staticmethod
    def of(sequences: Sequence[Sequence[int]], device: torch.device, layout: Layout) -> Packing:
        """The packing of at least one sequence, none of them empty."""
        hides_first = any(isinstance(s, HiddenFirst) for s in sequences)
        if hides_first and layout is Layout.VARLEN:
            layout = Layout.PADDED
        lengths = np.fromiter(map(len, sequences), dtype=np.int64, count=len(sequences))
        tokens = int(lengths.sum())
        ids = np.fromiter(chain.from_iterable(sequences), dtype=np.int64, count=tokens)
        first = np.cumsum(lengths) - lengths
        positions = np.arange(tokens) - np.repeat(first, lengths)
        types = _types(sequences, positions, lengths)
        width = int(lengths.max())
        arrays = [ids, positions, *types]
        if layout is Layout.RUNS:
            arrays = [np.pad(array, (0, round_up(tokens) - tokens)) for array in arrays]
        arrays.append(first)
        is_padded = layout is Layout.PADDED and int(lengths.min()) < width
        if is_padded:
            arrays += [np.repeat(np.arange(len(lengths)) * width, lengths) + positions, lengths]
        on_ids, on_positions, *more = _moved(arrays, device)
        on_types = more.pop(0) if types else None
        on_first, *more = more
        ends = slots = mask = None
        if layout is Layout.VARLEN:
            ends = torch.cat([on_first, on_first.new_full((1,), tokens)]).int()
        if is_padded:
            slots, on_lengths = more
            mask = (torch.arange(width, device=device) < on_lengths[:, None])[:, None, None, :]
        return Packing(
            on_ids, on_positions, on_first, tuple(lengths.tolist()), layout, ends, slots, mask, on_types, hides_first
        )

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


def _types(sequences: Sequence[Sequence[int]], positions: np.ndarray, lengths: np.ndarray) -> list[np.ndarray]:
    """Token types, in a list of one, if any is not 0."""
    if not any(isinstance(s, PairIds) and s.second < len(s) for s in sequences):
        return []
    seconds = [s.second if isinstance(s, PairIds) else len(s) for s in sequences]
    return [(positions >= np.repeat(seconds, lengths)).astype(np.int64)]


def _moved(arrays: Sequence[np.ndarray], device: torch.device) -> list[Tensor]:
    """Arrays of int64 on a device; to a GPU all in one copy, from pinned memory, so that it runs beside kernels."""
    if device.type != "cuda":
        return [torch.from_numpy(array).to(device) for array in arrays]
    together = torch.empty(sum(map(len, arrays)), dtype=torch.int64, pin_memory=True)
    np.concatenate(arrays, out=together.numpy())
    return list(together.to(device, non_blocking=True).split([len(array) for array in arrays]))


def round_up(tokens: int) -> int:
    """A number of tokens with at most 6 significant bits, up to a thirty-second more.

    oneDNN builds a kernel for every shape, which costs a millisecond and stays in memory, between buffers of ever
    changing size that then cannot be reused. Few shapes keep both time and memory.
    """
    step = 1 << max(0, tokens.bit_length() - 6)
    return -(-tokens // step) * step
