"""The operators of the forward pass that are worth a choice: linear layers and attention.

Tokens of a batch stand packed, one after another without padding, in a matrix of shape ``(tokens, width)``.
So linear layers compute nothing for padding, and with oneDNN a token's row does not depend on the rows beside it.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from sparkcls.engine.packing import STEP, Layout, Packing

#: ``linear(x, weight, bias)`` with shapes ``(tokens, in)``, ``(out, in)``, ``(out,)``; the bias may be None.
Linear = Callable[[Tensor, Tensor, Tensor | None], Tensor]

#: Scores of attention held at once, in elements; a sequence of 512 has 3 million in 12 heads.
_SCORES = 3 << 20

#: By our names in `sparkcls.families.activations`, and ``none``.
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "none": lambda x: x,
    "gelu": F.gelu,
    "gelu_tanh": partial(F.gelu, approximate="tanh"),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x),
    "relu": F.relu,
    "relu6": F.relu6,
    "silu": F.silu,
    "mish": F.mish,
    "tanh": torch.tanh,
}
_FUSED = ("none", "gelu", "relu")


def fused_linear(activation: str, dtype: torch.dtype) -> Linear | None:
    """OneDNN's linear layer with its activation inside, if this torch has it.

    Of the activations only ``none``, ``gelu`` and ``relu`` are inside; others follow it.

    Measured on one AMD core with AVX512_BF16: 2.2 times `F.linear` in float32, which torch gives to MKL, and the
    GELU nearly for nothing in bfloat16. It reads plain weights, so mapped files stay shared. The operator is not
    public, and not every CPU can do bfloat16, so it is tried before it is used.
    """
    if platform.machine().lower() not in ("x86_64", "amd64") or not torch.backends.mkldnn.is_available():
        return None

    def linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if len(x) == 1:
            # oneDNN takes another kernel for a single row, with other rounding: alone a text would score otherwise.
            return linear(x.expand(2, -1), weight, bias)[:1]
        return torch.ops.mkldnn._linear_pointwise(x, weight, bias, activation, [], "none")

    if activation not in _FUSED:
        inner, function = fused_linear("none", dtype), FUNCTIONS[activation]
        return inner and (lambda x, weight, bias: function(inner(x, weight, bias)))
    x, weight, bias = torch.ones(3, 16, dtype=dtype), torch.ones(8, 16, dtype=dtype), torch.ones(8, dtype=dtype)
    try:
        found = linear(x, weight, bias)
    except (AttributeError, RuntimeError, TypeError, NotImplementedError):
        return None
    return linear if torch.allclose(found, plain_linear(activation)(x, weight, bias), rtol=1e-2) else None


def plain_linear(activation: str) -> Linear:
    """The same over torch's public functions."""
    function = FUNCTIONS[activation]
    return lambda x, weight, bias: function(F.linear(x, weight, bias))


def attention(q: Tensor, k: Tensor, v: Tensor, packing: Packing, heads: int, bias: Tensor | None = None) -> Tensor:
    """Scaled dot-product attention within each sequence.

    Parameters
    ----------
    q
        Queries of all tokens, shape ``(tokens, width)``, or of each sequence's first token, ``(sequences, width)``.
    k, v
        Shape ``(tokens, width)``. In `Layout.VARLEN` of 16 bits, whatever `q` is.
    bias
        What is added to the scores of a query and a key at their positions, by head: shape ``(heads, longest,
        longest)``. Not in `Layout.VARLEN`.

    Returns
    -------
    The shape and type of `q`.
    """
    if packing.layout is Layout.VARLEN:
        assert bias is None, "there is no way to give it one"
        return varlen_attention(q, k, v, packing, heads)
    if packing.layout is Layout.PADDED:
        return _padded_attention(q, k, v, packing, heads, bias)
    written_out = q.dtype == torch.bfloat16 and len(q) == len(k)
    if written_out:
        q = q * (q.shape[1] // heads) ** -0.5
    # Zeros, for the tokens that belong to no sequence.
    result = torch.zeros_like(q)
    at = 0
    # Sequences of one length need no mask.
    for start, count, length in packing.runs(_SCORES // heads):
        keys = slice(start, start + count * length)
        queries = keys if len(q) == len(k) else slice(at, at + count)
        at += count
        if written_out:
            found = _written_out(q[start:], k[start:], v[start:], count, length, heads, bias)
        else:
            part_q, part_k, part_v = (
                x.view(count, -1, heads, x.shape[1] // heads).transpose(1, 2) for x in (q[queries], k[keys], v[keys])
            )
            more = None if bias is None else bias[:, : part_q.shape[2], :length].to(q.dtype)
            found = F.scaled_dot_product_attention(part_q, part_k, part_v, attn_mask=more)
        result[queries].view(count, -1, heads, found.shape[-1]).copy_(found.transpose(1, 2))
    return result


def _written_out(q: Tensor, k: Tensor, v: Tensor, count: int, length: int, heads: int, bias: Tensor | None) -> Tensor:
    """Attention as two products, for bfloat16: oneDNN is 2 to 3 times faster than torch's fused kernel.

    The softmax is taken in float32, which is more exact and, at most lengths, three times faster than in bfloat16.
    Lengths are rounded up for the sake of few shapes, see `round_up`: what then follows a sequence is any tokens.

    Parameters
    ----------
    q, k, v
        From the first token of the run onwards; `q` is scaled.

    Returns
    -------
    Shape ``(count, heads, length, width of a head)``.
    """
    rounded = -(-length // STEP) * STEP
    width = q.shape[1] // heads
    needed = (count - 1) * length + rounded

    def by_head(x: Tensor) -> Tensor:
        if len(x) < needed:
            x = F.pad(x, (0, 0, 0, needed - len(x)))
        # Neighbouring sequences overlap in this view, so it must be copied.
        x = x.as_strided((count, heads, rounded, width), (length * x.shape[1], width, x.shape[1], 1))
        return x.clone(memory_format=torch.contiguous_format).view(count * heads, rounded, width)

    scores = torch.bmm(by_head(q), by_head(k).transpose(1, 2))
    if bias is not None:
        scores.view(count, heads, rounded, rounded)[:, :, :length, :length] += bias[:, :length, :length]
    scores[:, :, length:] = float("-inf")
    values = by_head(v)
    # Their weight is zero, but zero times NaN is NaN: one bad text would take the one before it along.
    values[:, length:] = 0
    found = torch.bmm(scores.softmax(-1, dtype=torch.float32).to(q.dtype), values)
    return found.view(count, heads, rounded, width)[:, :, :length]


def has_varlen_attention(device: torch.device, dtype: torch.dtype, head_width: int) -> bool:
    """Whether attention needs no padding there: torch 2.10 on, 16 bits, and a GPU of capability 8.0 on.

    Measured on an H100 with DistilBERT-base in float16: 1.4 times the whole pass of the padded way where lengths
    differ, 1.05 times where they are equal.
    """
    if device.type != "cuda" or dtype not in (torch.float16, torch.bfloat16) or head_width % 8 or head_width > 256:
        return False
    return torch.cuda.get_device_capability(device) >= (8, 0) and _varlen_function() is not None


def _varlen_function() -> Callable[..., Any] | None:
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:
        return None
    return varlen_attn


def has_varlen_windows() -> bool:
    """Whether that attention can also be local, see `varlen_attention`: torch 2.11 on."""
    function = _varlen_function()
    return function is not None and "window_size" in signature(function).parameters


def varlen_attention(q: Tensor, k: Tensor, v: Tensor, packing: Packing, heads: int, reach: int | None = None) -> Tensor:
    """`attention` in `Layout.VARLEN`.

    Parameters
    ----------
    reach
        Tokens farther away than this are not seen; None: all are. Not for queries of first tokens alone.
    """
    ends, longest, function = packing.ends, max(packing.lengths), _varlen_function()
    assert ends is not None
    assert function is not None, "has_varlen_attention was asked"
    queries, most = ends, longest
    if len(q) < len(k):
        queries, most = torch.arange(len(ends), device=ends.device, dtype=ends.dtype), 1
    by_head = (x.to(k.dtype).view(len(x), heads, -1) for x in (q, k, v))
    window = {} if reach is None else {"window_size": (reach, reach)}
    found: Tensor = function(*by_head, queries, ends, most, longest, **window)
    return found.reshape(q.shape).to(q.dtype)


def _padded_attention(q: Tensor, k: Tensor, v: Tensor, packing: Packing, heads: int, bias: Tensor | None) -> Tensor:
    """Attention in one call over sequences padded for it alone: few launches, which is what a GPU wants."""
    count, longest, slots = len(packing.lengths), max(packing.lengths), packing.slots

    def by_head(x: Tensor) -> Tensor:
        if slots is not None and len(x) == len(slots):
            padded = x.new_zeros(count * longest, x.shape[1])
            padded[slots] = x
            x = padded
        return x.view(count, -1, heads, x.shape[1] // heads).transpose(1, 2)

    mask, queries = packing.mask, by_head(q)
    if bias is not None:
        bias = bias[None, :, : queries.shape[2]].to(q.dtype)
        mask = bias if mask is None else bias.masked_fill(~mask, float("-inf"))
    result = F.scaled_dot_product_attention(queries, by_head(k), by_head(v), attn_mask=mask)
    result = result.transpose(1, 2).reshape(-1, q.shape[1])
    return result if slots is None or len(q) != len(slots) else result[slots]
