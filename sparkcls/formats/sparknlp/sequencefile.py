"""Hadoop SequenceFiles, as Spark's `saveAsObjectFile` writes them: NullWritable keys, BytesWritable values.

Source of the format: the class documentation of org.apache.hadoop.io.SequenceFile, uncompressed form.
"""

from __future__ import annotations

from collections.abc import Iterator

from sparkcls.errors import ModelFormatError

_VALUE_CLASS = "org.apache.hadoop.io.BytesWritable"
_SYNC_LENGTH = 16


def read_sequence_file(data: bytes) -> list[bytes]:
    """The values of all records.

    Raises
    ------
    ModelFormatError
        The bytes are no such file, or end early.
    """
    try:
        return list(_values(_Cursor(data)))
    except (IndexError, UnicodeDecodeError) as e:
        raise ModelFormatError(f"a SequenceFile is cut off or corrupt ({e})") from e


class _Cursor:
    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        if count < 0 or self.at + count > len(self.data):
            raise IndexError(f"{count} bytes wanted at {self.at} of {len(self.data)}")
        self.at += count
        return self.data[self.at - count : self.at]

    def int32(self) -> int:
        return int.from_bytes(self.take(4), "big", signed=True)

    def vint(self) -> int:
        """Hadoop's variable-length integer (org.apache.hadoop.io.WritableUtils)."""
        first = int.from_bytes(self.take(1), "big", signed=True)
        if first >= -112:
            return first
        negative = first < -120
        size = -(first + 120) if negative else -(first + 112)
        value = int.from_bytes(self.take(size), "big")
        return ~value if negative else value

    def text(self) -> str:
        return self.take(self.vint()).decode()


def _values(cursor: _Cursor) -> Iterator[bytes]:
    if cursor.take(3) != b"SEQ" or cursor.take(1) != b"\x06":
        raise ModelFormatError("a file under fields/ is no Hadoop SequenceFile of version 6")
    cursor.text()
    value_class = cursor.text()
    if value_class != _VALUE_CLASS or cursor.take(2) != b"\0\0":
        raise ModelFormatError(f"a SequenceFile holds {value_class[:80]!r}, or is compressed; expected {_VALUE_CLASS}")
    for _ in range(cursor.int32()):  # metadata of the file
        cursor.text()
        cursor.text()
    cursor.take(_SYNC_LENGTH)
    while cursor.at < len(cursor.data):
        length = cursor.int32()
        if length == -1:
            cursor.take(_SYNC_LENGTH)
            continue
        key_length = cursor.int32()
        cursor.take(key_length)
        value = cursor.take(length - key_length)
        size = int.from_bytes(value[:4], "big")
        if len(value) < 4 or size != len(value) - 4:
            raise ModelFormatError("a SequenceFile has a record of the wrong length; it is corrupt")
        yield value[4:]
