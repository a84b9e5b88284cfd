"""A foreign network: its weights, and what its graph computes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError
from sparkcls.families.family import Family
from sparkcls.families.shape import Shape
from sparkcls.formats.evaluate import Array
from sparkcls.formats.names import StateDict, infer_config
from sparkcls.formats.reference.networks import NETWORKS, Inside
from sparkcls.formats.reference.reading import Reading
from sparkcls.models.config import read_shape


@dataclass(frozen=True)
class Network:
    """A network's weights, and what its graph computes.

    Parameters
    ----------
    what
        For messages: where it comes from.
    family
        Whose weights they are.
    state
        Its weights by role.
    run
        Scores before softmax for ids and attention mask, both ``(texts, wordpieces)`` of int64.
    takes_mask
        Whether the graph has an input for the mask.
    operations
        Kinds of the operations in the graph, more than are used at most.
    epsilons
        Those of the layer norms, as far as the graph states them.
    rounding
        How far apart equal networks may come, relative to the largest score, unless its weights are in half precision.
    inner_layers
        How many layers stand in a group, where layers share weights.
    attentions
        How many operations of attention the graph has; 0: it is not known.
    inside
        What goes into the first operation of a kind, for ids and mask; None if the graph cannot be looked into.
    """

    what: str
    family: Family
    state: StateDict
    run: Callable[[Array, Array], Array]
    takes_mask: bool
    operations: Collection[str]
    epsilons: Collection[float]
    rounding: float = 1e-6
    inner_layers: int = 1
    attentions: int = 0
    inside: Inside | None = None

    @property
    def is_half(self) -> bool:
        """Whether its weights are in half precision, and so the other numbers of its graph."""
        return any(array.dtype == np.float16 for array in self.state.values())

    @cached_property
    def config(self) -> dict[str, Any]:
        """What its weights tell, see `infer_config`."""
        return infer_config(self.family, self.state, self.what, self.inner_layers)

    @cached_property
    def shape(self) -> Shape:
        """Its shape as far as its weights tell it; heads, activation and epsilon are not."""
        return read_shape(Path(self.what), self.config, self.family)


def readable(family: Family, what: str) -> Family:
    """The family as foreign files are read; one whose graphs cannot be judged is refused before they are read.

    Raises
    ------
    ModelFormatError
        It is one; the message says what to do, and `what` where it lies.
    """
    family = family.in_files or family
    if family.network not in NETWORKS:
        raise ModelFormatError(
            f"{what} holds a {family.architecture}, whose graphs sparkcls cannot check, and weights alone do not tell "
            "all of a model; load its Hugging Face folder"
        )
    return family


def nearest(
    network: Network, readings: Iterable[Reading], ids: Array, mask: Array, wanted: Array
) -> tuple[Reading, float]:
    """The reading whose scores come nearest, and how far they are, relative to the largest score."""
    best, least = None, np.inf
    for reading in readings:
        found = NETWORKS[network.family.network].scores(network.state, ids, mask, reading)
        distance = float(np.abs(found - wanted).max(initial=0) / max(np.abs(wanted).max(initial=0), 1e-6))
        if best is None or (not least <= distance and not np.isnan(distance)):
            best, least = reading, distance
        if distance <= network.rounding / 10:
            break
    assert best is not None, "nothing may be meant"
    return best, float(least)
