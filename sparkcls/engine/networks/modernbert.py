"""ModernBERT: layer norms before each part of a layer, rotary positions, gated feed-forward, mostly local attention.

Warner et al. 2024, arXiv:2412.13663.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from sparkcls.engine.kernels import FUNCTIONS, attention, has_varlen_windows, varlen_attention
from sparkcls.engine.networks.blocks import Linears, Weights, norm, parameters
from sparkcls.engine.networks.padded import Padded, padded
from sparkcls.engine.networks.rotary import Rotation
from sparkcls.engine.networks.windowed import local_attention
from sparkcls.engine.packing import STEP, Layout, Packing
from sparkcls.families.family import FIRST, Head
from sparkcls.families.shape import Shape

#: Sequences x length² of a block in all heads, on a CPU and on a GPU.
_BLOCK_CPU, _BLOCK_GPU = 3 << 20, 1 << 26


def forward(weights: Weights, shape: Shape, head: Head, packing: Packing, linears: Linears) -> Tensor:
    """Scores before softmax: float32, ``(sequences, outputs)``. The head reads the first token, or the mean of all."""
    width, reach, longest = shape.width, shape.size("reach"), max(packing.lengths)
    bases = {local: shape.special["local_base" if local else "base"] for local in set(shape.special["local"])}
    rotations = {
        local: Rotation.of(packing.positions, longest, width // shape.heads, base) for local, base in bases.items()
    }
    blocks = padded(packing, (_BLOCK_CPU if packing.layout is Layout.RUNS else _BLOCK_GPU) // shape.heads, STEP)
    windows = packing.layout is Layout.VARLEN and has_varlen_windows()
    # What layers add to is never normed, and may grow: so in float32 whatever the weights are.
    x = norm(weights, "embeddings.norm", shape.epsilon, weights["embeddings.word.weight"][packing.ids].float())
    for i, local in enumerate(shape.special["local"]):
        name = f"layer.{i}"
        linear, activated = linears.linear, linears.activated
        # The first layer takes the embeddings as they are, which have just been through a norm.
        normed = (norm(weights, f"{name}.attention_norm", shape.epsilon, x) if i else x).to(linears.dtype)
        (q_part, k_part, v_part) = _parts(weights, f"{name}.query_key_value", 3)
        k, v = rotations[local].turn(linear(normed, *k_part)), linear(normed, *v_part)
        if i == shape.layers - 1 and head.pooling == FIRST:
            # Only the first token of a sequence is read after the last layer, so the others stop here. What remains is
            # so little that it is done in float32. No angle turns the first token.
            linear, activated = linears.few, linears.few_activated
            x, normed = x[packing.first].float(), normed[packing.first].float()
            weight, bias = q_part
            q = linear(normed, weight.float(), bias if bias is None else bias.float())
            if packing.layout is not Layout.VARLEN:
                k, v = k.float(), v.float()
        else:
            q = rotations[local].turn(linear(normed, *q_part))
        if local and windows and len(q) == len(k):
            context = varlen_attention(q, k, v, packing, shape.heads, reach)
        elif local and longest > reach + 1:
            context = local_attention(q, k.to(q.dtype), v.to(q.dtype), blocks, shape.heads, reach)
        else:
            context = attention(q, k, v, packing, shape.heads)
        x = x.add_(linear(context, *parameters(weights, f"{name}.attended")))
        normed = norm(weights, f"{name}.inner_norm", shape.epsilon, x).to(q.dtype)
        inner, gate = _parts(weights, f"{name}.inner", 2)
        hidden = activated(normed, *inner) * linear(normed, *gate)
        x = x.add_(linear(hidden, *parameters(weights, f"{name}.outer")))
    x = norm(weights, "final_norm", shape.epsilon, x.float())
    if head.pooling != FIRST:
        x = _means(x, packing, blocks)
    pooled = FUNCTIONS[head.activation](F.linear(x, *parameters(weights, "head.dense")))
    return F.linear(norm(weights, "head.norm", shape.epsilon, pooled), *parameters(weights, "head.output"))


def _means(x: Tensor, packing: Packing, blocks: list[Padded]) -> Tensor:
    """The mean of each sequence's tokens, shape ``(sequences, width)``."""
    sums = torch.cat([block.by_head(x, 1)[0].sum(1) for block in blocks])
    return sums / torch.tensor(packing.lengths, device=x.device)[:, None]


def _parts(weights: Weights, role: str, count: int) -> list[tuple[Tensor, Tensor | None]]:
    """A linear layer that stands for several, with as many outputs each."""
    weight, bias = parameters(weights, role)
    return list(zip(weight.chunk(count), bias.chunk(count) if bias is not None else [None] * count, strict=True))
