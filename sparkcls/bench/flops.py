"""How much arithmetic a model's texts need, by its weights."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from math import prod

from sparkcls.families.family import FIRST
from sparkcls.models.layout import ModelFolder

_LAYER = re.compile(r"layer\.(\d+)\.(.+)\.weight")
#: Networks whose attention compares a wordpiece with all of its text in every layer.
_FULL_ATTENTION = ("post_norm", "deberta")


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
    constant = _of_wordpiece(matrices(folder))
    factor = folder.shape.depth * 2 * 2 * folder.shape.width
    return sum(length * (constant + factor * length) for length in lengths)


def needed(lengths: Iterable[int], folder: ModelFolder) -> int:
    """The least of these operations with which the same scores can be had: what no engine can save.

    Where the head reads one wordpiece, the others need only keys and values of the last layer. Attention counts where
    it is known to see all of a text in every layer.
    """
    shape = folder.shape
    constant = _of_wordpiece(_needed_matrices(folder))
    # In the last layer one wordpiece alone is compared with the others.
    full, last = (shape.depth - 1) * 2 * 2 * shape.width, 2 * 2 * shape.width
    if folder.family.network not in _FULL_ATTENTION:
        full = last = 0
    return sum(length * (constant + full * length + last) for length in lengths)


def _of_wordpiece(linear: Counter[tuple[int, int]]) -> int:
    return 2 * sum(count * prod(size) for size, count in linear.items())


def _needed_matrices(folder: ModelFolder) -> Counter[tuple[int, int]]:
    """Of `matrices` those that every wordpiece must go through for the head to have what it reads."""
    shape = folder.shape
    found = Counter[tuple[int, int]]()
    for role, weight in folder.weights.items():
        named = _LAYER.fullmatch(role)
        # Those of distances see no wordpiece.
        if not named or len(weight.shape) != 2 or named[2].startswith("relative"):
            continue
        uses = shape.order.count(int(named[1]))
        if shape.order[-1] == int(named[1]) and folder.head.pooling == FIRST and named[2] not in ("key", "value"):
            uses -= 1
            if named[2] == "query_key_value":
                found[shape.width, 2 * shape.width] += 1
        found[weight.shape[1], weight.shape[0]] += uses
    if not found:
        # A family whose weights have no roles: the last layer's keys and values, and the layers before it.
        full = {size: count // shape.depth * (shape.depth - 1) for size, count in matrices(folder).items()}
        return Counter(full) + Counter({(shape.width, shape.width): 2})
    return +found
