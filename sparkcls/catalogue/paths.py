"""From a path or URI that a user gives to a path of this machine: the one meaning that each has everywhere."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from sparkcls.errors import ParamError, ParamTypeError

_LOCAL = ("file:", "dbfs:")


def local_path(location: str | os.PathLike[str]) -> Path | None:
    """The path that a location names on this machine, None if it is one of another filesystem (``s3://...``).

    ``file:`` stands for this machine's files, ``dbfs:`` for what is mounted at /dbfs. Both are URIs: ``%20`` is a
    blank. Spark takes such signs as they are, so if only a file or folder of that very name is there, it is meant.

    Raises
    ------
    ParamTypeError
        Neither a str nor a path.
    ParamError
        A ``file:`` URI names another host.
    """
    if not isinstance(location, (str, os.PathLike)):
        raise ParamTypeError(f"A file or folder is named by a str or a path, got {location!r}")
    text = os.fspath(location)
    if not text.startswith(_LOCAL):
        return None if "://" in text else Path(text).expanduser().absolute()
    scheme, _, rest = text.partition(":")
    if rest.startswith("//"):
        host, _, rest = rest[2:].partition("/")
        if host and not (scheme == "file" and host == "localhost"):
            raise ParamError(f"{text}: {host!r} stands where a host does; write {scheme}:///{host}/{rest}")
    root = Path("/dbfs" if scheme == "dbfs" else "/")
    decoded, literal = (root / part.lstrip("/") for part in (unquote(rest), rest))
    return literal if os.path.lexists(literal) and not os.path.lexists(decoded) else decoded


def is_elsewhere(location: str | os.PathLike[str]) -> bool:
    """Whether a location is a URI of another filesystem than this machine's."""
    return local_path(location) is None
