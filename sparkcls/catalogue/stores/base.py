"""Stores of models: an index and archives under one location, on disk, over HTTP or in an object store."""

from __future__ import annotations

import io
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO

#: Attempts in a row without progress before a store counts as unreachable, and the first pause in seconds.
TRIES = 5
PAUSE = 0.25
#: Also the longest that a store can ask for.
LONGEST_PAUSE = 8.0
CHUNK = 1 << 20


@dataclass(frozen=True)
class Limits:
    """What one object may cost; a store that goes beyond is given up.

    Parameters
    ----------
    size
        Bytes at most.
    seconds
        In all, pauses and new attempts included.
    least, within
        Bytes that must come in each period of `within` seconds.
    """

    size: int
    seconds: float
    least: int = 60_000
    within: float = 60.0


#: An entry of an index has some hundred bytes, a DistilBERT for many languages 0.5 GB.
INDEX_LIMITS = Limits(size=256 << 20, seconds=600)
OBJECT_LIMITS = Limits(size=4 << 30, seconds=6 * 3600)


class NotThere(Exception):
    """The store has no such object, or does not give it to us; the message says which."""


class Unreachable(Exception):
    """The store cannot be asked; the message is the reason."""


class TooLarge(Unreachable):
    """The store sends more than it may."""


class Interrupted(Exception):
    """Reading broke off and may be tried again.

    Parameters
    ----------
    pause
        Seconds that the store asks to wait.
    tries
        Attempts in a row after which to give up.
    """

    def __init__(self, reason: str, pause: float = 0.0, tries: int = TRIES):
        super().__init__(reason)
        self.pause = pause
        self.tries = tries


@dataclass
class Content:
    """An object that is being read.

    Parameters
    ----------
    start
        Where the chunks begin, in bytes: the offset asked for, or 0 if the object is another one by now.
    total
        The whole object's size in bytes; None if the store does not tell.
    validator
        What changes if the object does, empty if the store tells nothing of the kind.
    """

    start: int
    total: int | None
    validator: str
    chunks: Iterator[bytes]


class Store(ABC):
    """Objects by relative key below a location. Use from one thread."""

    def __init__(self, location: str):
        self.location = location

    @abstractmethod
    def read(self, key: str, offset: int = 0, validator: str = "") -> AbstractContextManager[Content]:
        """An object from an offset on, if it is still the one that the validator is of; else from its start.

        Raises
        ------
        NotThere, Unreachable, Interrupted
            Interrupted also while the chunks are read.
        """

    def content(self, key: str, limits: Limits = INDEX_LIMITS) -> bytes:
        """A whole object. Raises NotThere or Unreachable."""
        sink = io.BytesIO()
        transfer(self, key, sink, limits=limits)
        return sink.getvalue()


def transfer(
    store: Store,
    key: str,
    sink: IO[bytes],
    validator: str = "",
    on_start: Callable[[Content], None] | None = None,
    on_bytes: Callable[[int], None] | None = None,
    limits: Limits = OBJECT_LIMITS,
) -> None:
    """Copy an object to the end of what the sink has of it, going on after every interruption.

    Parameters
    ----------
    sink
        Readable, seekable and writable; what it holds is the beginning of the object with `validator`, and is
        dropped if the object is another by now.
    on_start
        Called at every attempt, before its first byte is written.

    Raises
    ------
    NotThere
        There is no such object.
    Unreachable
        Several attempts in a row brought nothing new, or it takes longer than the limits allow.
    TooLarge
        It is larger than they allow.
    """
    failures, furthest = 0, 0
    pace = _Pace(limits)
    while True:
        offset = sink.seek(0, io.SEEK_END) if validator else 0
        try:
            with store.read(key, offset, validator) as content:
                if content.total is not None and content.total > limits.size:
                    raise TooLarge(f"it has {content.total} bytes, and no more than {limits.size} are taken")
                sink.seek(content.start)
                sink.truncate()
                validator = content.validator
                if on_start:
                    on_start(content)
                most = limits.size if content.total is None else content.total
                end = content.start
                for chunk in content.chunks:
                    end += len(chunk)
                    if end > most:
                        break
                    sink.write(chunk)
                    if on_bytes:
                        on_bytes(len(chunk))
                    pace.count(len(chunk))
            if end > limits.size:
                raise TooLarge(f"it goes on beyond {limits.size} bytes, and no more are taken")
            if content.total is None or end == content.total:
                sink.flush()
                return
            problem = Interrupted(f"the connection ended after {end} of {content.total} bytes")
            if end > content.total:
                problem, validator = Interrupted(f"it sends more than the {content.total} bytes that it has"), ""
        except Interrupted as e:
            problem = e
        reached = sink.tell()
        # Only what is further than ever counts, else a store that cannot resume would keep us for ever.
        failures = 1 if reached > furthest else failures + 1
        furthest = max(furthest, reached)
        if failures >= problem.tries:
            raise Unreachable(str(problem)) from problem
        time.sleep(min(max(PAUSE * 2 ** (failures - 1), problem.pause), LONGEST_PAUSE))


class _Pace:
    """Whether bytes come as fast as they must. Raises Unreachable where they do not."""

    def __init__(self, limits: Limits):
        self._limits = limits
        self._end = time.monotonic() + limits.seconds
        self._restart()

    def _restart(self) -> None:
        self._bytes = 0
        self._check = time.monotonic() + self._limits.within

    def count(self, new: int) -> None:
        limits, now = self._limits, time.monotonic()
        self._bytes += new
        if now > self._end:
            raise Unreachable(f"it is not through after {limits.seconds:g} seconds")
        if now > self._check:
            if self._bytes < limits.least:
                came = f"{self._bytes} bytes in {limits.within:g} seconds"
                raise Unreachable(f"it is too slow: {came}, expected {limits.least} at least")
            self._restart()
