"""Rotary positions: queries and keys are turned by an angle that grows with their places.

Su et al. 2021, arXiv:2104.09864, equation 34, with the halves of a head's numbers as the pairs that are turned.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Rotation:
    """The angles of all tokens of a batch.

    Parameters
    ----------
    cosines, sines
        Shape ``(tokens, 1, half the width of a head)``, float32.
    """

    cosines: Tensor
    sines: Tensor

    @staticmethod
    def of(positions: Tensor, longest: int, width: int, base: float) -> Rotation:
        """The rotation of tokens at these places, all below `longest`, for heads so wide."""
        frequencies = 1.0 / (base ** (torch.arange(0, width, 2, dtype=torch.float) / width)).to(positions.device)
        angles = torch.arange(longest, device=positions.device).float()[:, None] * frequencies
        return Rotation(angles.cos()[positions][:, None], angles.sin()[positions][:, None])

    def turn(self, x: Tensor) -> Tensor:
        """Queries or keys, shape ``(tokens, width)``, turned in float32; a copy."""
        halves = x.float().view(len(x), -1, 2, self.cosines.shape[-1])
        one, two = halves.unbind(2)
        turned = torch.empty_like(halves)
        torch.mul(one, self.cosines, out=turned[:, :, 0]).addcmul_(two, self.sines, value=-1)
        torch.mul(two, self.cosines, out=turned[:, :, 1]).addcmul_(one, self.sines)
        return turned.view(x.shape).to(x.dtype)
