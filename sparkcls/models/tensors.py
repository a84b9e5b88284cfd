"""What a safetensors file holds, read with plain reads: not every file system can map files.

The format: 8 bytes with the header's length, little-endian; the header, a JSON object with ``dtype``, ``shape`` and
``data_offsets`` of every tensor by name; the data. Source: the README of github.com/huggingface/safetensors.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.models.pointers import refuse_pointer

#: A large classifier has some hundred tensors, each with some 150 bytes in the header.
LARGEST_HEADER, MOST_TENSORS = 16 << 20, 20_000

#: Bits of an element, of the types that a model's weights may have.
FLOATS = {"F32": 32, "F16": 16, "BF16": 16, "F64": 64}
#: Of those that may be there besides.
_OTHERS = {"BOOL": 8, "U8": 8, "I8": 8, "U16": 16, "I16": 16, "U32": 32, "I32": 32, "U64": 64, "I64": 64, "C64": 64}
_BITS = FLOATS | _OTHERS | {"F8_E4M3": 8, "F8_E5M2": 8, "F8_E8M0": 8, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6}


@dataclass(frozen=True)
class Tensor:
    """Where and how a tensor is stored: its file, its name and safetensors' name of its type there, its shape.

    `place` is where its bytes begin and end in the file.
    """

    file: Path
    name: str
    dtype: str
    shape: tuple[int, ...]
    place: tuple[int, int]


class _BadHeader(ValueError):
    """What is wrong with a header."""


def read_header(file: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors file by name.

    Raises
    ------
    ModelFormatError
        The file cannot be read, or is corrupt or cut off.
    """
    try:
        refuse_pointer(file)
        size = file.stat().st_size
        with open(file, "rb") as content:
            length = int.from_bytes(content.read(8), "little")
            if size < 8 or length > size - 8:
                raise _BadHeader(f"it has {size} bytes, its header should have {length}")
            if length > LARGEST_HEADER:
                raise _BadHeader(f"its header has {length} bytes, of {LARGEST_HEADER} at most")
            header = content.read(length)
    except OSError as e:
        # The system's fault, or the user's; of the file nothing is known.
        raise ModelFormatError(f"{file} cannot be read ({e})") from e
    except _BadHeader as e:
        raise _corrupt(file, e) from e
    try:
        return _tensors(file, json.loads(header.decode("utf-8")), 8 + length, size - 8 - length)
    except (ValueError, RecursionError) as e:
        raise _corrupt(file, e) from e


def _corrupt(file: Path, error: Exception) -> ModelFormatError:
    return ModelFormatError(f"{file} is corrupt or cut off ({error}); copy the model again")


def _tensors(file: Path, header: Any, start: int, length: int) -> dict[str, Tensor]:
    """The tensors of a header, checked to fill the data, from byte `start` on, without gaps."""
    if not isinstance(header, dict):
        raise _BadHeader("its header is not an object")
    header.pop("__metadata__", None)
    if len(header) > MOST_TENSORS:
        raise _BadHeader(f"it has {len(header)} tensors, of {MOST_TENSORS} at most")
    found: dict[str, Tensor] = {}
    places: list[tuple[int, int]] = []
    for name, entry in header.items():
        if not isinstance(entry, dict):
            raise _BadHeader(f"{name} is not an object")
        dtype: Any = entry.get("dtype")
        shape: Any = entry.get("shape")
        place: Any = entry.get("data_offsets")
        if not isinstance(dtype, str) or dtype not in _BITS:
            raise _BadHeader(f"{name} has dtype {dtype!r}")
        if not _are_sizes(shape) or not _are_sizes(place) or len(place) != 2:
            raise _BadHeader(f"{name} has shape {shape!r} and data_offsets {place!r}")
        begin, end = place
        if prod(shape) * _BITS[dtype] != (end - begin) * 8:
            raise _BadHeader(f"{name} of shape {shape} in {dtype} does not fit its {end - begin} bytes")
        places.append((begin, end))
        found[name] = Tensor(file, name, dtype, tuple(shape), (start + begin, start + end))
    at = 0
    for begin, end in sorted(places):
        if begin != at:
            raise _BadHeader(f"a tensor begins at byte {begin}, expected {at}")
        at = end
    if at != length:
        raise _BadHeader(f"its tensors have {at} bytes, the file has {length}")
    return found


def _are_sizes(values: Any) -> bool:
    return (
        isinstance(values, list)
        and len(values) <= 32
        and all(type(value) is int and 0 <= value < 1 << 48 for value in values)
    )
