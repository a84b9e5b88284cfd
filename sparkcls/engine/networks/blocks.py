"""What several networks are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from sparkcls.engine.kernels import Linear, plain_linear
from sparkcls.engine.packing import Packing
from sparkcls.families.family import Head
from sparkcls.families.shape import Shape

#: By role, with ``.weight`` or ``.bias``, see `sparkcls.families.weights`.
Weights = Mapping[str, Tensor]


@dataclass(frozen=True)
class Linears:
    """The linear layers of a pass.

    Parameters
    ----------
    dtype
        What `linear` and `activated` compute in.
    linear, activated
        For all tokens; the second with the activation of the feed-forward part.
    few, few_activated
        The same in float32, for few tokens.
    shared
        Makes, of float32, what several layers of `linear` take as their input; None: it is `dtype`.
    """

    dtype: torch.dtype
    linear: Linear
    activated: Linear
    few: Linear
    few_activated: Linear
    shared: Callable[[Tensor], Any] | None = None

    def input(self, x: Tensor) -> Tensor:
        """What several layers of `linear` take as their input."""
        found: Tensor = x.to(self.dtype) if self.shared is None else self.shared(x)
        return found


#: The forward pass of a module here: scores before softmax, float32, ``(sequences, outputs)``.
Forward = Callable[[Weights, Shape, Head, Packing, Linears], Tensor]


def parameters(weights: Weights, role: str) -> tuple[Tensor, Tensor | None]:
    """Weight and, if the model has one, bias of a layer."""
    return weights[f"{role}.weight"], weights.get(f"{role}.bias")


def norm(weights: Weights, role: str, epsilon: float, x: Tensor) -> Tensor:
    """Layer norm in the type of `x`."""
    weight, bias = parameters(weights, role)
    return F.layer_norm(x, x.shape[-1:], weight.to(x.dtype), bias if bias is None else bias.to(x.dtype), epsilon)


def add_and_norm(weights: Weights, role: str, epsilon: float, x: Tensor, part: Tensor) -> Tensor:
    """Layer norm of a sum; `x` is overwritten, and its type kept: on a GPU the layers' own, else float32.

    The sum is not left to oneDNN's linear layer, which was measured to be slower.
    """
    return F.layer_norm(x.add_(part), x.shape[-1:], *parameters(weights, role), epsilon)


def embeddings(weights: Weights, shape: Shape, packing: Packing) -> Tensor:
    """Embeddings of words, positions and token types, normed, of the layers' width: ``(tokens, width)``."""
    x = weights["embeddings.word.weight"][packing.ids]
    if shape.types:
        x += weights["embeddings.type.weight"][0 if packing.types is None else packing.types]
    places = weights["embeddings.position.weight"][positions(shape, packing)]
    x = add_and_norm(weights, "embeddings.norm", shape.epsilon, x, places)
    if "embeddings.projection.weight" in weights:
        x = F.linear(x, *parameters(weights, "embeddings.projection"))
    return x


def positions(shape: Shape, packing: Packing) -> Tensor:
    """The row of each token in the table of positions: int64, ``(tokens,)``. See `Shape.position_pad`."""
    pad = shape.position_pad
    if pad is None:
        return packing.positions
    counted = (packing.ids != pad).long()
    running = counted.cumsum(0)
    first = torch.arange(len(counted), device=counted.device) - packing.positions
    return (running - (running - counted)[first]) * counted + pad


def head_scores(weights: Weights, head: Head, pooled: Tensor) -> Tensor:
    """What a head makes of one vector a sequence, ``(sequences, width)``: scores, ``(sequences, outputs)``."""
    dense = plain_linear(head.activation)
    return F.linear(dense(pooled, *parameters(weights, "head.dense")), *parameters(weights, "head.output"))
