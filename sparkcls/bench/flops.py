"""How much arithmetic a model's texts need, by its weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from math import prod

from sparkcls.models.layout import ModelFolder


def matrices(folder: ModelFolder) -> Counter[tuple[int, int]]:
    """The linear layers that every wordpiece goes through: how many there are by inputs and outputs.

    Of layers that share their weights each counts as often as it is used.
    """
    shape = folder.shape
    found = Counter(
        (weight.shape[1], weight.shape[0])
        for role, weight in folder.weights.items()
        if role.startswith("layer.") and len(weight.shape) == 2
    )
    if not found:
        # A family whose weights have no roles.
        found = Counter({(shape.width, shape.width): 4, (shape.width, shape.inner): 1, (shape.inner, shape.width): 1})
        return Counter({size: count * shape.depth for size, count in found.items()})
    return Counter({size: count * shape.depth // shape.stored for size, count in found.items()})


def of_texts(lengths: Iterable[int], folder: ModelFolder) -> int:
    """Operations for texts of these lengths in wordpieces, special ones included, padding not.

    A multiplication and an addition count as two. A wordpiece goes through all `matrices`, and in every layer is
    compared with each wordpiece of its text and sums as many values, `width` numbers each. What a family has besides
    (distances, norms, activations, the head) is left out, so the share of the limit that follows is a little too low;
    where attention sees a part of a long text, it is too high.
    """
    constant = 2 * sum(count * prod(size) for size, count in matrices(folder).items())
    factor = folder.shape.depth * 2 * 2 * folder.shape.width
    return sum(length * (constant + factor * length) for length in lengths)
