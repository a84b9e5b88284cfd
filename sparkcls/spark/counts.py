"""Counts of rows on their way from tasks to whoever shows progress: small datagrams, best effort, no listener in Spark.

A conf of the session reaches every task as a local property, on classic Spark and on Connect. It holds an address and
the token that each datagram is signed with.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
import struct
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from sparkcls.engine.share import shares_told_to
from sparkcls.spark.task import local_property

#: Called a token so that Spark's user interface and event log leave out its value.
CONF = "spark.sparkcls.progress.token"
#: The count of a task that has begun, and has no model yet.
LOADING = -1
#: Seconds between two datagrams of a task.
PAUSE = 0.5

#: Bytes of a token.
TOKEN_SIZE = 16
_SIGNATURE = 16
_FIELDS = struct.Struct(">IIq")
#: Bytes of every datagram.
SIZE = _SIGNATURE + _FIELDS.size


@dataclass(frozen=True)
class Address:
    """Where counts go, and the token that signs them.

    Parameters
    ----------
    host
        An IP address, never a name: a task must not wait for a name to be resolved.
    """

    host: str
    port: int
    token: bytes

    def __str__(self) -> str:
        return f"{self.host}|{self.port}|{self.token.hex()}"

    @classmethod
    def read(cls, text: str) -> Address:
        """What `str` wrote. Raises ValueError."""
        host, port, token = text.split("|")
        address = cls(str(ip_address(host)), int(port), bytes.fromhex(token))
        if not 0 < address.port < 1 << 16 or len(address.token) != TOKEN_SIZE:
            raise ValueError(f"no port, or no token of {TOKEN_SIZE} bytes: {text!r}")
        return address


def pack(token: bytes, stage: int, partition: int, rows: int) -> bytes:
    """A signed datagram: so many rows of this partition are done."""
    fields = _FIELDS.pack(stage, partition, rows)
    return _sign(token, fields) + fields


def unpack(token: bytes, datagram: bytes) -> tuple[int, int, int] | None:
    """Stage, partition and rows; None if it was not signed with the token."""
    signature, fields = datagram[:_SIGNATURE], datagram[_SIGNATURE:]
    if len(datagram) != SIZE or not hmac.compare_digest(signature, _sign(token, fields)):
        return None
    return _FIELDS.unpack(fields)


def _sign(token: bytes, fields: bytes) -> bytes:
    return hashlib.blake2b(fields, digest_size=_SIGNATURE, key=token).digest()


def counter_of_task() -> Counter | None:
    """What tells of this task's rows; None if nobody asks, or outside of a task."""
    found = local_property(CONF)
    if found is None:
        return None
    value, stage, partition = found
    try:
        return Counter(Address.read(value), stage, partition)
    except (ValueError, OSError):
        # Whatever stands there, rows are scored.
        return None


class Counter:
    """Tells of the rows of one task. It never waits, and nothing that fails here fails the task."""

    def __init__(self, address: Address, stage: int, partition: int):
        self._address, self._key = address, (stage, partition)
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._sizes: deque[int] = deque()
        self._rows = 0
        self._next = 0.0
        self._send(LOADING)

    def reading(self, chunks: Iterable[Any]) -> Iterator[Any]:
        """The chunks of rows, their sizes noted."""
        for chunk in chunks:
            self._sizes.append(len(chunk))
            yield chunk

    def scoring(self, results: Iterable[Any]) -> Iterator[Any]:
        """The results of the chunks, in order; told are shares of a chunk too."""
        self._send(0)
        iterator = iter(results)
        try:
            while True:
                with shares_told_to(self._share):
                    result = next(iterator, None)
                if result is None:
                    break
                self._rows += self._sizes.popleft()
                self._send_sometimes(self._rows)
                yield result
        finally:
            # Twice, because a datagram may get lost, and after the last one no other follows.
            self._send(self._rows)
            self._send(self._rows)
            self._socket.close()

    def _share(self, share: float) -> None:
        if self._sizes:
            self._send_sometimes(self._rows + int(share * self._sizes[0]))

    def _send_sometimes(self, rows: int) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + PAUSE
            self._send(rows)

    def _send(self, rows: int) -> None:
        datagram = pack(self._address.token, *self._key, rows)
        # No way there, or no room in the buffer: a later count says it all.
        with suppress(OSError):
            self._socket.sendto(datagram, (self._address.host, self._address.port))
