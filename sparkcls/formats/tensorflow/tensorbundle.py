"""TensorFlow's tensor bundle: `variables.index`, a table of entries, and `variables.data-*`, their bytes.

The index is a LevelDB table (leveldb's table_format.md): blocks of prefix-compressed entries, each block
with a checksum, a footer that names the block of blocks. Values are BundleEntryProto messages
(tensorflow/core/protobuf/tensor_bundle.proto). Checksums are crc32c, masked in the way of LevelDB.
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import google_crc32c
import numpy as np

from sparkcls.errors import ModelFormatError
from sparkcls.formats.messages import check_size, parse, read_file
from sparkcls.models.protobuf import varint

_FOOTER = 48
_MAGIC = 0xDB4775248B80FB57
_TRAILER = 5
#: Most bytes of a table's keys and values, and of its blocks. Keys are compressed, so a short table may have long ones.
_MOST_TABLE = 64 << 20
_MASK = 0xA282EAD8
#: DataType of TensorFlow to NumPy's; 14 is bfloat16, read as its bits.
_TYPES = {1: "<f4", 2: "<f8", 14: "<u2", 19: "<f2"}
_BFLOAT16 = 14
_STRING = 7
OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


@dataclass(frozen=True)
class Entry:
    """Where a tensor lies: shape in elements, offset and size in bytes."""

    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    crc32c: int


class TensorBundle:
    """A bundle on disk; tensors are read one at a time from a memory map.

    Parameters
    ----------
    prefix
        Path up to ``.index`` and ``.data-00000-of-00001``.

    Raises
    ------
    ModelFormatError
        A file is missing or corrupt. Every block's and every tensor's checksum is verified.
    """

    def __init__(self, prefix: Path):
        self._prefix = prefix
        index = prefix.with_name(prefix.name + ".index")
        if not index.is_file():
            raise ModelFormatError(f"{index} is missing; a TensorFlow model has its weights there")
        data = read_file(index)
        check_size(data, str(index))
        try:
            table = dict(read_table(data))
        except ModelFormatError as e:
            raise ModelFormatError(f"{index}: {e}") from e
        header = parse("TfBundleHeader", table.pop(b"", b""), f"{index}: header")
        if header.endianness != 0:
            raise ModelFormatError(f"{index} was written on a big-endian machine, which is not supported")
        self._shards = max(1, header.num_shards)
        try:
            self.entries = {key.decode(): _entry(value, str(index)) for key, value in table.items()}
        except UnicodeDecodeError as e:
            raise ModelFormatError(f"{index} is corrupt ({e})") from e
        self._maps: dict[int, mmap.mmap] = {}

    def array(self, key: str) -> np.ndarray:
        """A float tensor by key; a view of the file where its type is a NumPy type."""
        entry = self.entries[key]
        if entry.dtype not in _TYPES:
            raise ModelFormatError(f"{self._prefix}: tensor {key} is of TensorFlow type {entry.dtype}, not a float")
        dtype = np.dtype(_TYPES[entry.dtype])
        if min(entry.shape, default=0) < 0 or prod(entry.shape) * dtype.itemsize != entry.size:
            raise ModelFormatError(
                f"{self._prefix}: tensor {key} of shape {list(entry.shape)} has {entry.size} bytes; it is corrupt"
            )
        flat = np.frombuffer(self._bytes(key, entry), dtype)
        if entry.dtype == _BFLOAT16:
            flat = (flat.astype("<u4") << 16).view("<f4")
        return flat.reshape(entry.shape)

    def variable_names(self) -> dict[str, str]:
        """Variable name by checkpoint key, if the bundle tells (Keras checkpoints do); else {}."""
        entry = self.entries.get(OBJECT_GRAPH)
        if entry is None or entry.dtype != _STRING:
            return {}
        data = bytes(self._bytes(OBJECT_GRAPH, entry, verify=False))
        # A string tensor: the lengths as varints, a checksum of these, the strings.
        length, at = varint(data, 0)
        graph = parse("TfObjectGraph", data[at + 4 : at + 4 + length], f"{self._prefix}: object graph")
        return {a.checkpoint_key: a.full_name for n in graph.nodes for a in n.attributes if a.full_name}

    def _bytes(self, key: str, entry: Entry, verify: bool = True) -> memoryview:
        data = self._shard(entry.shard)
        if entry.offset < 0 or entry.size < 0 or entry.offset + entry.size > len(data):
            raise ModelFormatError(f"{self._prefix}.data-* ends before tensor {key}; it is cut off, fetch it again")
        view = memoryview(data)[entry.offset : entry.offset + entry.size]
        if verify and masked_crc32c(view) != entry.crc32c:
            raise ModelFormatError(f"{self._prefix}.data-*: tensor {key} fails its checksum; fetch the model again")
        return view

    def _shard(self, number: int) -> mmap.mmap:
        if number not in self._maps:
            path = self._prefix.with_name(f"{self._prefix.name}.data-{number:05d}-of-{self._shards:05d}")
            try:
                with open(path, "rb") as file:
                    self._maps[number] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except (OSError, ValueError) as e:
                raise ModelFormatError(f"{path} is missing or empty ({e})") from e
        return self._maps[number]


def _entry(data: bytes, what: str) -> Entry:
    message = parse("TfBundleEntry", data, what)
    shape = tuple(d.size for d in message.shape.dim)
    return Entry(message.dtype, shape, message.shard_id, message.offset, message.size, message.crc32c)


def masked_crc32c(data: bytes | memoryview) -> int:
    """The crc32c of some bytes, masked as LevelDB stores it."""
    crc = int(google_crc32c.value(bytes(data) if isinstance(data, memoryview) else data))
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


def read_table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Keys and values of a LevelDB table, in order.

    Raises
    ------
    ModelFormatError
        It is no such table, is compressed, cut off, or fails a checksum.
    """
    if len(data) < _FOOTER or struct.unpack("<Q", data[-8:])[0] != _MAGIC:
        raise ModelFormatError("variables.index is no table of a tensor bundle, or is cut off")
    footer = data[-_FOOTER:]
    _, at = varint(footer, 0)
    _, at = varint(footer, at)  # the block of filters
    left = _MOST_TABLE
    for _, handle in _block(data, *_handle(footer, at)):
        offset, size = _handle(handle, 0)
        left -= size
        for key, value in _block(data, offset, size) if left >= 0 else ():
            left -= len(key) + len(value)
            if left < 0:
                break
            yield key, value
        if left < 0:
            raise ModelFormatError(f"variables.index holds more than {_MOST_TABLE} bytes; it is corrupt")


def _handle(data: bytes, at: int) -> tuple[int, int]:
    offset, at = varint(data, at)
    size, _ = varint(data, at)
    return offset, size


def _block(data: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    block, trailer = data[offset : offset + size], data[offset + size : offset + size + _TRAILER]
    if len(block) != size or len(trailer) != _TRAILER or size < 4:
        raise ModelFormatError("variables.index is cut off; fetch the model again")
    if masked_crc32c(block + trailer[:1]) != struct.unpack("<I", trailer[1:])[0]:
        raise ModelFormatError("variables.index fails a checksum; fetch the model again")
    if trailer[0] != 0:
        raise ModelFormatError("variables.index is compressed, which TensorFlow's writer never does")
    restarts = struct.unpack("<I", block[-4:])[0]
    end = len(block) - 4 - 4 * restarts
    at, key = 0, b""
    while at < end:
        shared, at = varint(block, at)
        unshared, at = varint(block, at)
        length, at = varint(block, at)
        if shared > len(key) or at + unshared + length > end:
            raise ModelFormatError("variables.index has an entry that leaves its block; it is corrupt")
        key = key[:shared] + block[at : at + unshared]
        at += unshared
        yield key, block[at : at + length]
        at += length
