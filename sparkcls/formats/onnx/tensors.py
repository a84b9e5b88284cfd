"""Tensors of ONNX: arrays from their bytes, their lists of numbers, or a file beside the model."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError

#: TensorProto.DataType to NumPy's; 16 is bfloat16, read as its bits.
TYPES = {1: "<f4", 10: "<f2", 11: "<f8", 16: "<u2", 2: "<u1", 3: "<i1", 5: "<i2", 6: "<i4", 7: "<i8", 9: "?"}
_BFLOAT16 = 16
#: Where a tensor lists its numbers if it does not keep them as bytes.
_LISTED = {1: "float_data", 11: "double_data", 7: "int64_data"} | dict.fromkeys((2, 3, 5, 6, 9, 10, 16), "int32_data")
_HALVES = (10, 16)
_EXTERNAL = 1


def array(tensor: Any, folders: Sequence[Path], what: str) -> np.ndarray:
    """The array of a tensor whose type is among `TYPES`.

    Parameters
    ----------
    folders
        Where external data may lie.

    Raises
    ------
    ModelFormatError
        Its bytes are not those of its shape, or lie outside of the folders.
    """
    dtype = np.dtype(TYPES[tensor.data_type])
    shape = tuple(tensor.dims)
    if tensor.data_location == _EXTERNAL:
        data: Any = _external(tensor, folders, what)
    elif tensor.raw_data:
        data = tensor.raw_data
    else:
        # Halves are listed as their bits.
        listed = np.asarray(getattr(tensor, _LISTED[tensor.data_type]))
        data = listed.astype("<u2" if tensor.data_type in _HALVES else dtype).tobytes()
    if min(shape, default=0) < 0 or len(data) != prod(shape) * dtype.itemsize:
        raise ModelFormatError(f"{what}: tensor {tensor.name} of shape {list(shape)} has {len(data)} bytes")
    flat = np.frombuffer(data, dtype)
    if tensor.data_type == _BFLOAT16:
        flat = (flat.astype("<u4") << 16).view("<f4")
    return flat.reshape(shape)


def _external(tensor: Any, folders: Sequence[Path], what: str) -> memoryview:
    """The bytes of a tensor that lies in a file beside the model's."""
    entries = {e.key: e.value for e in tensor.external_data}
    location = entries.get("location", "")
    try:
        file = _file_beside(location, folders)
        offset, length = int(entries.get("offset", 0)), int(entries.get("length", -1))
        size = file.stat().st_size if file else 0
    except (OSError, ValueError) as e:
        raise ModelFormatError(f"{what}: tensor {tensor.name} has a bad reference to external data ({e})") from e
    if file is None:
        raise ModelFormatError(
            f"{what}: tensor {tensor.name} lies in the file {location!r}, which is not beside the model; copy it there"
        )
    length = size - offset if length < 0 else length
    if offset < 0 or length <= 0 or offset + length > size:
        raise ModelFormatError(f"{what}: {file} ends before tensor {tensor.name}; it is cut off")
    return memoryview(np.memmap(file, np.uint8, "r", offset, (length,)))  # type: ignore[arg-type]  # a memmap is a buffer


def _file_beside(location: str, folders: Sequence[Path]) -> Path | None:
    """The file of this name inside one of the folders, links followed; in others than the first its name may be longer.

    Spark NLP puts a prefix before the name of weights that lie beside its zip.
    """
    for i, folder in enumerate(folders if location else ()):
        ending = PurePosixPath(location).name
        longer = sorted(f for f in folder.iterdir() if f.name.endswith(ending)) if i and ending else []
        for file in (folder / location, *longer):
            if file.resolve().is_relative_to(folder.resolve()) and file.is_file():
                return file
    return None
