"""Cutting sequences into batches of similar length."""

from __future__ import annotations

from collections.abc import Sequence

#: Numbers in the activations of one forward pass, as wordpieces times the model's width: 1,024 wordpieces for
#: DistilBERT-base. On a CPU core more are no faster, and they are what a worker holds beside the model. A GPU wants
#: enough to keep it busy while the next batch is prepared.
_CPU, _GPU = 1_024 * 768, 32_768 * 768


def token_budget(device: str, width: int, again: bool = False) -> int:
    """Most wordpieces of a batch of a model of this width on a device.

    Parameters
    ----------
    again
        Whether the batch is of texts that fewer bits do not decide. On a CPU half as many then, as numbers have twice
        the bytes of 16 bits: 52 MiB less of a worker of base shape, and float32 at 0.97 of its speed.
    """
    if device != "cpu":
        return max(1, _GPU // width)
    return max(1, (_CPU // 2 if again else _CPU) // width)


def cut_batches(lengths: Sequence[int], budget: int, cap: int | None = None) -> list[list[int]]:
    """Indices of sequences in batches: shortest first, so that the sequences of a batch are of nearly one length.

    Parameters
    ----------
    lengths
        Length of every sequence, at least 1.
    budget
        Most wordpieces of a batch, padding included; a longer sequence is a batch of its own.
    cap
        Most sequences of a batch; None for no limit.
    """
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lengths.__getitem__):
        # Ascending order makes this sequence the longest of the batch it joins.
        fits = batches and (len(batches[-1]) + 1) * lengths[i] <= budget
        if fits and (cap is None or len(batches[-1]) < cap):
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches
