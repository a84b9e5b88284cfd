"""Writing a safetensors file from tensors of other files, whose bytes are copied, and from arrays.

The package safetensors' numpy side knows no bfloat16, and its torch side is not for this layer. Format: see
`sparkcls.models.tensors`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from sparkcls.models.tensors import FLOATS, Tensor

_NUMPY = {"F32": "<f4", "F16": "<f2", "F64": "<f8"}
_NAMES = {dtype: name for name, dtype in _NUMPY.items()}
_CHUNK = 1 << 24


def write_safetensors(tensors: Mapping[str, Tensor | np.ndarray], file: Path) -> None:
    """Write tensors under these names; the same tensors give the same bytes everywhere.

    Raises
    ------
    OSError
        A file cannot be read or written.
    """
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    at = 0
    # Wide types first, as safetensors does it, so that each begins at a multiple of its width.
    names = sorted(tensors, key=lambda name: (-FLOATS.get(_type(tensors[name]), 0), name))
    for name in names:
        tensor = tensors[name]
        size = tensor.nbytes if isinstance(tensor, np.ndarray) else tensor.place[1] - tensor.place[0]
        header[name] = {"dtype": _type(tensor), "shape": list(tensor.shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(file, "wb") as out:
        out.write(len(text).to_bytes(8, "little") + text)
        for name in names:
            _write(out, tensors[name])


def read_array(tensor: Tensor) -> np.ndarray:
    """A tensor of floats; bfloat16, which numpy lacks, as float32.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    begin, end = tensor.place
    with open(tensor.file, "rb") as content:
        content.seek(begin)
        data = content.read(end - begin)
    if tensor.dtype == "BF16":
        # A float32 whose lower half is zero.
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").reshape(tensor.shape)
    return np.frombuffer(data, _NUMPY[tensor.dtype]).reshape(tensor.shape)


def _type(tensor: Tensor | np.ndarray) -> str:
    return _NAMES[tensor.dtype.str] if isinstance(tensor, np.ndarray) else tensor.dtype


def _write(out: BinaryIO, tensor: Tensor | np.ndarray) -> None:
    if isinstance(tensor, np.ndarray):
        out.write(np.ascontiguousarray(tensor).tobytes())
        return
    begin, end = tensor.place
    with open(tensor.file, "rb") as content:
        content.seek(begin)
        for left in range(end - begin, 0, -_CHUNK):
            out.write(content.read(min(_CHUNK, left)))
