"""Protocol buffers on the wire: variable-length integers, and where the fields of a message are."""

from __future__ import annotations

from collections.abc import Iterator

from sparkcls.errors import ModelFormatError

#: Wire types that are read; 1 and 5 have a fixed length.
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def varint(data: bytes | memoryview, at: int, end: int | None = None, what: str = "a file") -> tuple[int, int]:
    """A variable-length integer of at most 64 bits, and the offset behind it.

    Raises
    ------
    ModelFormatError
        The bytes end within it, or `end` comes first.
    """
    value = 0
    for shift in range(0, 70, 7):
        if at >= (len(data) if end is None else end):
            break
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ModelFormatError(f"{what} is corrupt or cut off (within a variable-length integer)")


def fields_of(data: bytes | memoryview, at: int, end: int, what: str) -> Iterator[tuple[int, int, int, int]]:
    """Number, wire type, start and end of each field between two offsets.

    Raises
    ------
    ModelFormatError
        The bytes are not a message's, or end within a field.
    """
    while at < end:
        tag, start = varint(data, at, end, what)
        kind = tag & 7
        if kind == VARINT:
            _, at = varint(data, start, end, what)
        elif kind == BYTES:
            length, start = varint(data, start, end, what)
            at = start + length
        elif kind in (FIXED64, FIXED32):
            at = start + (8 if kind == FIXED64 else 4)
        else:
            raise ModelFormatError(f"{what} is corrupt or cut off")
        if at > end:
            raise ModelFormatError(f"{what} is corrupt or cut off")
        yield tag >> 3, kind, start, at
