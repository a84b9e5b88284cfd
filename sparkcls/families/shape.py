"""The numbers that make a network of a family, by one set of names for all families."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Shape:
    """The shape of a network and the constants of its arithmetic.

    Parameters
    ----------
    vocabulary
        Ids that the embeddings have a vector for.
    positions
        Vectors in the table of positions; 0 if there is none.
    layers
        Layers that a wordpiece goes through; where layers stand in groups, groups.
    heads
        Attention heads; they divide `width`.
    width
        Numbers of a wordpiece between layers.
    inner
        Numbers of a wordpiece inside the feed-forward part of a layer.
    embedded
        Numbers of a wordpiece's embedding.
    activation
        Of the feed-forward parts, by the names of `sparkcls.families.activations`.
    epsilon
        Of layer norms.
    types
        Token types; 0: there are none.
    position_pad
        If not None, a wordpiece's position is this id, plus the number of wordpieces up to and with it that have
        another id; a wordpiece with this id has it as its position. If None, positions count from 0.
    groups, inner_layers
        Where layers share their weights: there are `groups` groups of `inner_layers` layers each, and a wordpiece
        goes through each of them about ``layers / groups`` times. `groups` 0: every layer has its own weights.
    special
        What only this family has, by its own names.
    """

    vocabulary: int
    positions: int
    layers: int
    heads: int
    width: int
    inner: int
    embedded: int
    activation: str
    epsilon: float
    types: int = 0
    position_pad: int | None = None
    groups: int = 0
    inner_layers: int = 1
    special: Mapping[str, Any] = field(default_factory=dict)

    @property
    def first_position(self) -> int:
        """The position of the first wordpiece of a sequence."""
        return 0 if self.position_pad is None else self.position_pad + 1

    @property
    def longest(self) -> int:
        """The longest input in wordpieces, special ones counted."""
        return self.positions - self.first_position

    @property
    def depth(self) -> int:
        """Layers that a wordpiece goes through."""
        return self.layers * self.inner_layers

    @property
    def stored(self) -> int:
        """Layers with weights of their own."""
        return self.groups * self.inner_layers if self.groups else self.layers

    @property
    def order(self) -> tuple[int, ...]:
        """The numbers of the stored layers, as a wordpiece goes through them."""
        if not self.groups:
            return tuple(range(self.layers))
        return tuple(
            int(i / (self.layers / self.groups)) * self.inner_layers + j
            for i in range(self.layers)
            for j in range(self.inner_layers)
        )

    def size(self, name: str) -> int:
        """A number of this shape by its name, those in `special` too."""
        return int(self.special[name] if name in self.special else getattr(self, name))
