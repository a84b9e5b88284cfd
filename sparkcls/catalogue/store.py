"""Stores of models: an index and archives under one location, on disk, over HTTP or in an object store."""

from __future__ import annotations

import io
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit
from urllib.request import url2pathname

#: Attempts in a row without progress before a store counts as unreachable, and the first pause in seconds.
TRIES = 5
PAUSE = 0.25
LONGEST_PAUSE = 8.0
CHUNK = 1 << 20

_SECRETS = ("key", "secret", "token", "password", "signature", "sig", "credential")
#: Schemes of Azure, in which what stands before '@' is no user.
_CONTAINERS = ("abfs", "abfss", "wasb", "wasbs")


class NotThere(Exception):
    """The store has no such object, or does not give it to us; the message says which."""


class Unreachable(Exception):
    """The store cannot be asked; the message is the reason."""


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

    @abstractmethod
    def size(self, key: str) -> int | None:
        """An object's size in bytes; None if the store does not tell. Raises NotThere or Unreachable."""

    def text(self, key: str) -> str:
        """A whole object as text; what is no UTF-8 becomes U+FFFD. Raises NotThere or Unreachable."""
        sink = io.BytesIO()
        transfer(self, key, sink)
        return sink.getvalue().decode("utf-8", "replace")


def transfer(
    store: Store,
    key: str,
    sink: IO[bytes],
    validator: str = "",
    on_start: Callable[[Content], None] | None = None,
    on_bytes: Callable[[int], None] | None = None,
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
        Several attempts in a row brought nothing new.
    """
    failures, furthest = 0, 0
    while True:
        offset = sink.seek(0, io.SEEK_END) if validator else 0
        try:
            with store.read(key, offset, validator) as content:
                sink.seek(content.start)
                sink.truncate()
                validator = content.validator
                if on_start:
                    on_start(content)
                for chunk in content.chunks:
                    sink.write(chunk)
                    if on_bytes:
                        on_bytes(len(chunk))
            end = sink.tell()
            if content.total is None or end == content.total:
                sink.flush()
                return
            problem = Interrupted(f"the connection ended after {end} of {content.total} bytes")
            if end > content.total:
                validator = ""
        except Interrupted as e:
            problem = e
        reached = sink.tell()
        # Only what is further than ever counts, else a store that cannot resume would keep us for ever.
        failures = 1 if reached > furthest else failures + 1
        furthest = max(furthest, reached)
        if failures >= problem.tries:
            raise Unreachable(str(problem)) from problem
        time.sleep(max(min(PAUSE * 2 ** (failures - 1), LONGEST_PAUSE), min(problem.pause, 4 * LONGEST_PAUSE)))


def open_store(location: str) -> Store:
    """The store at a location: a path, ``file:``, ``http(s)://``, or any scheme that pyarrow or fsspec knows.

    Raises
    ------
    Unreachable
        Nothing installed knows the scheme, or its settings are missing.
    """
    # Each imports what only it needs.
    if location.startswith(("http://", "https://")):
        from sparkcls.catalogue.web import HttpStore

        return HttpStore(location)
    from sparkcls.catalogue.filesystems import LocalStore, open_filesystem

    folder = local_folder(location)
    return LocalStore(location, folder) if folder is not None else open_filesystem(location)


def local_folder(location: str) -> Path | None:
    """The folder that a location names on this machine, or None if it is elsewhere."""
    if location.startswith("dbfs:/"):
        return Path("/dbfs") / unquote(location[len("dbfs:") :]).lstrip("/")
    if location.startswith("file:"):
        return Path(url2pathname(urlsplit(location).path))
    return None if "://" in location else Path(location).expanduser().absolute()


def public_form(location: str) -> str:
    """A location without passwords, keys and tokens, for messages and for files that others read."""
    if "://" not in location:
        return location.rstrip("/") or "/"
    parts = urlsplit(location)
    pairs = [(name, value) for name, value in parse_qsl(parts.query) if not _is_secret(name)]
    user, at, host = parts.netloc.rpartition("@")
    # abfss://container@account names a container; everywhere else this is who asks.
    host = user + at + host if parts.scheme in _CONTAINERS and ":" not in user else host
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), urlencode(pairs, safe="/:"), ""))


def has_secrets(location: str) -> bool:
    """Whether a location holds a password, key or token, so that it must not be written into files."""
    if "://" not in location:
        return False
    parts = urlsplit(location)
    user, at, _ = parts.netloc.rpartition("@")
    return (bool(at) and (parts.scheme not in _CONTAINERS or ":" in user)) or any(
        _is_secret(name) for name, _ in parse_qsl(parts.query)
    )


def _is_secret(parameter: str) -> bool:
    return any(word in parameter.lower() for word in _SECRETS)
