"""Encoders with a layer norm after each part of a layer: BERT and what descends from it.

Vaswani et al. 2017, arXiv:1706.03762; Devlin et al. 2018, arXiv:1810.04805.
"""

from __future__ import annotations

from torch import Tensor

from sparkcls.engine.kernels import attention
from sparkcls.engine.networks.blocks import Linears, Weights, add_and_norm, embeddings, head_scores, parameters
from sparkcls.engine.networks.relative_bias import relative_bias
from sparkcls.engine.packing import Layout, Packing
from sparkcls.families.family import Head
from sparkcls.families.shape import Shape


def forward(weights: Weights, shape: Shape, head: Head, packing: Packing, linears: Linears) -> Tensor:
    """Scores before softmax: float32, ``(sequences, outputs)``. The head reads the first token of a sequence."""
    x = embeddings(weights, shape, packing)
    bias = None
    if "relative.embeddings.weight" in weights:
        bias = relative_bias(weights["relative.embeddings.weight"], max(packing.lengths))
    if packing.hides_first:
        bias = _without_first(x, bias, shape.heads, max(packing.lengths))
    order = shape.order
    for at, i in enumerate(order):
        name = f"layer.{i}"
        linear, activated = linears.linear, linears.activated
        rounded = linears.input(x)
        k, v = (linear(rounded, *parameters(weights, f"{name}.{part}")) for part in ("key", "value"))
        if at == len(order) - 1:
            # Only the first token of a sequence is read after the last layer, so the others stop here: for a
            # 6-layer model a seventh of all work. What remains is so little that it is done in float32, unless the
            # layer's weights serve other layers too, and not worth kernels of its own.
            linear, activated = linears.few, linears.few_activated
            x = x[packing.first].to(weights[f"{name}.attention_norm.weight"].dtype)
            rounded = x.to(weights[f"{name}.query.weight"].dtype)
            if packing.layout is not Layout.VARLEN:
                k, v = k.to(rounded.dtype), v.to(rounded.dtype)
        q = linear(rounded, *parameters(weights, f"{name}.query"))
        context = attention(q, k, v, packing, shape.heads, bias)
        attended = linear(context, *parameters(weights, f"{name}.attended"))
        x = add_and_norm(weights, f"{name}.attention_norm", shape.epsilon, x, attended)
        hidden = activated(x.to(q.dtype), *parameters(weights, f"{name}.inner"))
        output = linear(hidden, *parameters(weights, f"{name}.outer"))
        x = add_and_norm(weights, f"{name}.output_norm", shape.epsilon, x, output)
    return head_scores(weights, head, x.float())


def _without_first(x: Tensor, bias: Tensor | None, heads: int, longest: int) -> Tensor:
    """A bias of attention that leaves out the first token of each sequence, and is otherwise as it was."""
    found = x.new_zeros(heads, longest, longest) if bias is None else bias.clone()
    found[:, :, 0] = float("-inf")
    return found
