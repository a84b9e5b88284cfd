"""Weights that only a pickle holds, read with torch's restricted unpickler; for `sparkcls convert` alone.

The unpickler builds tensors and plain containers and runs nothing else. No worker and no stage comes here: a model is
converted once, by someone who chose to.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from sparkcls.errors import ModelFormatError, first_line

#: Before it, the restricted unpickler could be made to run code (CVE-2025-32434).
_SAFE_TORCH = (2, 6)


def unpickle(pickles: Iterable[Path], target: Path) -> None:
    """Write the tensors of some pickles to one safetensors file.

    Raises
    ------
    ModelFormatError
        A pickle is damaged, or holds something else than tensors by name; torch is too old to read it safely.
    """
    weights = {name: tensor for file in pickles for name, tensor in _tensors(file).items()}
    # Weights that share their memory, which safetensors refuses, are written once each.
    save_file(
        {name: tensor.detach().clone().contiguous() for name, tensor in weights.items()}, target, {"format": "pt"}
    )


def _tensors(file: Path) -> dict[str, Tensor]:
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    if version < _SAFE_TORCH:
        raise ModelFormatError(
            f"{file} is a pickle, and torch {torch.__version__} cannot read one safely; install torch 2.6 or newer"
        )
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
    except OSError as e:
        raise ModelFormatError(f"{file} cannot be read ({e})") from e
    except Exception as e:  # UnpicklingError, RuntimeError for a broken zip, EOFError, ...
        raise ModelFormatError(
            f"{file} cannot be read by torch's restricted unpickler ({first_line(e)[:300]}): it is damaged, or holds "
            "more than tensors. Nothing of it was run"
        ) from e
    if not isinstance(content, dict) or not all(isinstance(n, str) and torch.is_tensor(t) for n, t in content.items()):
        raise ModelFormatError(f"{file} holds something else than tensors by name; save the model's state_dict() alone")
    return content
