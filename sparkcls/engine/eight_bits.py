"""Linear layers in 8 bits: weights rounded once for each output, inputs for each token as they come.

Zafrir et al. 2019, arXiv:1910.06188; Dettmers et al. 2022, arXiv:2208.07339. With steps `s` of a token, `t` of an
output and an offset `z` of the token's, an input is ``s (q - z)`` and a weight ``t w``, so that an output is

    s t (sum of q w  -  z (sum of w))  +  bias

The sums of products are exact, in 32 bits, so a token's outputs do not depend on what else is in the batch.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from sparkcls.engine.kernels import FUNCTIONS, Linear

#: Added to a small number, it leaves the nearest whole number in the low bits of the sum: 1.5 * 2**23.
_ROUNDS = 12582912.0
#: No step is smaller, so that a row of zeros divides by something.
_SMALLEST = 1e-20
#: Tokens whose outputs are computed at once: between the steps they stay in the cache of a core.
_CHUNK = 256
#: Outputs of a weight that are rounded at once.
_OUTPUTS = 64


class Quantized(NamedTuple):
    """A weight in 8 bits.

    Parameters
    ----------
    values
        int8, shape ``(out, in)``.
    step
        What 1 is worth, for each output: float32, ``(out,)``.
    sums
        ``step`` times the sum of each output's values: float32, ``(out,)``.
    """

    values: Tensor
    step: Tensor
    sums: Tensor

    @property
    def dtype(self) -> torch.dtype:
        """Of the inputs that it takes."""
        return torch.float32

    @staticmethod
    def of(weight: Tensor) -> Quantized:
        """A weight of shape ``(out, in)``, rounded."""
        weight = weight.float()
        step = (torch.maximum(weight.amax(1), -weight.amin(1)) / 127).clamp(min=_SMALLEST)
        values, sums = torch.empty_like(weight, dtype=torch.int8), torch.empty_like(step)
        # Part by part: what is freed of whole weights leaves up to 300 MB of gaps between those of a model.
        for part in (slice(start, start + _OUTPUTS) for start in range(0, len(weight), _OUTPUTS)):
            rounded = (weight[part] / step[part, None]).round_()
            # Of whole numbers, and exact while they are below 2**24.
            values[part], sums[part] = rounded, rounded.sum(1)
        return Quantized(values, step, sums * step)

    def float(self) -> Tensor:
        """The rounded weight in float32."""
        return self.values * self.step[:, None]


@dataclass(frozen=True)
class Rows:
    """Inputs in 8 bits.

    Parameters
    ----------
    values
        int8, shape ``(tokens, in)``.
    step
        What 1 is worth, for each token: float32, ``(tokens, 1)``.
    offset
        Minus `step` times the value that stands for 0, like `step`.
    """

    values: Tensor
    step: Tensor
    offset: Tensor

    @staticmethod
    def of(x: Tensor) -> Rows:
        """Float32 rows of shape ``(tokens, in)``, each in 253 steps from its lowest to its highest value.

        Not as many to both sides of 0: after a GELU nearly all values are on one side, and the steps twice as fine.
        """
        low, high = x.amin(1, keepdim=True).clamp_(max=0), x.amax(1, keepdim=True).clamp_(min=0)
        # Of the 255 that there are, both ends may be rounded away by one.
        step = ((high - low) / 253).clamp_(min=_SMALLEST)
        each = step.reciprocal()
        zero = (low * each).round_().neg_().sub_(127)
        return Rows(_rounded((x * each).add_(zero + _ROUNDS)), step, step * -zero)

    def float(self) -> Tensor:
        """The rounded rows in float32."""
        return self.values * self.step + self.offset


def _rounded(x: Tensor) -> Tensor:
    """The whole numbers from -128 to 127 to which `_ROUNDS` was added."""
    return x.view(torch.int32).to(torch.int8)


def eight_bit_linear(activation: str, otherwise: Linear) -> Linear:
    """A linear layer for weights that are `Quantized`; others go to another one.

    Its input may be `Rows` too, which several layers share.
    """
    function = FUNCTIONS[activation]

    def linear(x: Tensor | Rows, weight: Tensor | Quantized, bias: Tensor | None) -> Tensor:
        if not isinstance(weight, Quantized):
            assert isinstance(x, Tensor), "rows are for weights in 8 bits"
            return otherwise(x, weight, bias)
        if isinstance(x, Tensor):
            x = Rows.of(x)
        out = x.step.new_empty(len(x.values), len(weight.values))
        turned = weight.values.t()
        for start in range(0, len(out), _CHUNK):
            part = slice(start, start + _CHUNK)
            found = torch._int_mm(x.values[part], turned).float().mul_(x.step[part])
            rows = out[part]
            if bias is None:
                torch.mul(x.offset[part], weight.sums, out=rows)
            else:
                torch.addcmul(bias, x.offset[part], weight.sums, out=rows)
            rows.addcmul_(found, weight.step)
            if activation == "gelu":
                torch.ops.aten.gelu_(rows)
        return out if activation == "gelu" else function(out)

    return linear


def widened(linear: Linear) -> Linear:
    """A linear layer that takes weights in 8 bits, and inputs too, and computes in float32."""

    def wide(x: Tensor | Rows, weight: Tensor | Quantized, bias: Tensor | None) -> Tensor:
        wide_x = x.float() if isinstance(x, Rows) else x
        return linear(wide_x, weight.float() if isinstance(weight, Quantized) else weight, bias)

    return wide


@lru_cache(maxsize=1)
def has_eight_bit_products() -> bool:
    """Whether this torch multiplies 8 bits on the CPU, and correctly."""
    if platform.machine().lower() not in ("x86_64", "amd64") or not torch.backends.mkldnn.is_available():
        return False
    x = torch.arange(-128, 128, dtype=torch.int8).repeat(3, 2)
    weight = torch.arange(8 * 512).remainder(255).sub(127).to(torch.int8).view(8, 512)
    try:
        found = torch._int_mm(x, weight.t())
    except (AttributeError, RuntimeError, TypeError, NotImplementedError):
        return False
    return torch.equal(found.double(), F.linear(x.double(), weight.double()))
