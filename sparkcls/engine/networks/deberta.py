"""DeBERTa-v2 and v3: encoders with a layer norm after each part of a layer, whose attention sees distances.

He et al. 2021, arXiv:2006.03654 (DeBERTa); He et al. 2021, arXiv:2111.09543 (v3).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from sparkcls.engine.kernels import FUNCTIONS, Linear
from sparkcls.engine.networks.blocks import Linears, Weights, add_and_norm, head_scores, norm, parameters
from sparkcls.engine.networks.disentangled import Relative, disentangled_attention
from sparkcls.engine.networks.distances import Distances
from sparkcls.engine.networks.padded import padded
from sparkcls.engine.packing import STEP, Layout, Packing, round_up
from sparkcls.families.family import Head
from sparkcls.families.shape import Shape

#: Scores held at once in all heads, in elements, on a CPU and on a GPU; those of distances are four times as many.
_SCORES_CPU, _SCORES_GPU = 3 << 18, 1 << 26


def forward(weights: Weights, shape: Shape, head: Head, packing: Packing, linears: Linears) -> Tensor:
    """Scores before softmax: float32, ``(sequences, outputs)``. The head reads the first token of a sequence."""
    most = _SCORES_CPU if packing.layout is Layout.RUNS else _SCORES_GPU
    # oneDNN multiplies 16 bits, and makes a kernel for every shape.
    blocks = padded(packing, most // shape.heads, 1 if linears.dtype == torch.float32 else STEP)
    rows = _relative_rows(weights, shape, -(-max(block.length for block in blocks) // STEP) * STEP)
    scale = 1 / math.sqrt(shape.width // shape.heads * (1 + shape.special["c2p"] + shape.special["p2c"]))
    x = _embeddings(weights, shape, packing)
    beside = _convolution(weights, shape, x, packing) if shape.special["kernel"] else None
    for i in range(shape.layers):
        name = f"layer.{i}"
        linear, activated = linears.linear, linears.activated
        rounded = linears.input(x)
        k, v = (linear(rounded, *parameters(weights, f"{name}.{part}")) for part in ("key", "value"))
        relative = _relative(weights, shape, name, rows, scale, linear)
        if i == shape.layers - 1:
            # Only the first token of a sequence is read after the last layer, so the others stop here. What remains is
            # so little that it is done in float32.
            linear, activated = linears.few, linears.few_activated
            x = rounded = x[packing.first].float()
            k, v = k.float(), v.float()
        q = linear(rounded, *parameters(weights, f"{name}.query")) * scale
        context = disentangled_attention(q, k, v, blocks, shape.heads, relative.to(q.dtype))
        attended = linear(context, *parameters(weights, f"{name}.attended"))
        x = add_and_norm(weights, f"{name}.attention_norm", shape.epsilon, x, attended)
        hidden = activated(x.to(q.dtype), *parameters(weights, f"{name}.inner"))
        output = linear(hidden, *parameters(weights, f"{name}.outer"))
        x = add_and_norm(weights, f"{name}.output_norm", shape.epsilon, x, output)
        if i == 0 and beside is not None:
            added = beside if len(x) == len(beside) else beside[packing.first]
            x = norm(weights, "convolution_norm", shape.epsilon, x + added)
    return head_scores(weights, head, x)


def _embeddings(weights: Weights, shape: Shape, packing: Packing) -> Tensor:
    """Embeddings of words and, where the model has them, positions and token types, normed: ``(tokens, width)``."""
    x = weights["embeddings.word.weight"][packing.ids]
    if "embeddings.position.weight" in weights:
        x += weights["embeddings.position.weight"][packing.positions]
    if "embeddings.type.weight" in weights:
        x += weights["embeddings.type.weight"][0 if packing.types is None else packing.types]
    if "embeddings.projection.weight" in weights:
        x = F.linear(x, weights["embeddings.projection.weight"])
    return norm(weights, "embeddings.norm", shape.epsilon, x)


def _relative_rows(weights: Weights, shape: Shape, longest: int) -> tuple[Tensor, Tensor] | None:
    """The relative embeddings that sequences of these lengths meet, and which of them belongs to which distance.

    Distances fall, see `Distances.rows`. None for a model without them.
    """
    if "relative.embeddings.weight" not in weights:
        return None
    rows = Distances(shape.size("buckets"), shape.size("largest")).rows(longest)
    first, last = int(rows.min()), int(rows.max())
    met = weights["relative.embeddings.weight"][first : last + 1]
    if "relative.norm.weight" in weights:
        met = norm(weights, "relative.norm", shape.epsilon, met)
    return met, (rows - first).to(met.device)


def _relative(
    weights: Weights, shape: Shape, layer: str, rows: tuple[Tensor, Tensor] | None, scale: float, linear: Linear
) -> Relative:
    """What a layer makes of the relative embeddings: with matrices of their own, or with those for contents."""
    if rows is None:
        return Relative(None, None, 0)
    met, which = rows

    def projected(own: str, shared: str, order: Tensor) -> Tensor:
        weight, bias = parameters(weights, f"{layer}.{shared if shape.special['shared'] else own}")
        found = linear(met.to(weight.dtype), weight, bias)
        return found[order].view(len(order), shape.heads, -1).transpose(0, 1)

    return Relative(
        projected("relative_key", "key", which) if shape.special["c2p"] else None,
        projected("relative_query", "query", which.flip(0)) * scale if shape.special["p2c"] else None,
        (len(which) + 1) // 2,
    )


def _convolution(weights: Weights, shape: Shape, x: Tensor, packing: Packing) -> Tensor:
    """What DeBERTa-v2 adds to its first layer: each token's embedding with those of its neighbours."""
    weight, bias = parameters(weights, "convolution")
    gap = weight.shape[-1] // 2
    # Zeros between sequences keep them apart. Tokens that belong to none have position 0: each is one for itself.
    places = torch.arange(len(x), device=x.device) + gap * (torch.cumsum(packing.positions == 0, 0) - 1)
    gaps = len(packing.lengths) + len(x) - sum(packing.lengths)
    spaced = x.new_zeros(round_up(len(x) + gap * gaps), x.shape[1])
    spaced[places] = x
    groups = shape.size("convolution_groups")
    found = F.conv1d(spaced.T[None], weight, bias, padding=gap, groups=groups)[0].T[places]
    return FUNCTIONS[shape.special["convolution_activation"]](found)
