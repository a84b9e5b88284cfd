"""sha256s of files, computed once: in a process, and of large files on a machine's own disks once a machine."""

from __future__ import annotations

import hashlib
import os
import time
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from sparkcls.models.remembered import Stamp, recall, remember
from sparkcls.mounts import on_own_disk

#: Bytes of a file that is read faster than looked up.
_SMALL = 1 << 20
#: Seconds. Two changes within a tick of a filesystem's clock have the same times.
_TICK = 2.0


def stamp_of(file: str | Path | int, follow: bool = True) -> Stamp:
    """The stamp of a file or folder; of a link that of what it leads to, unless not to `follow` it. Raises OSError."""
    found = os.stat(file, follow_symlinks=follow)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def is_settled(stamp: Stamp, since: float) -> bool:
    """Whether every later change has another stamp for certain, because this one is not of just now.

    Parameters
    ----------
    since
        A time before the stamp was taken, in seconds since 1970.
    """
    return max(stamp[3:]) < (since - _TICK) * 1e9


def file_sha256(file: Path) -> str:
    """sha256 of a file's content, in hex."""
    with open(file, "rb") as stream:
        return _sha256(stream)


def content_sha256(file: Path, stamp: Stamp | None = None) -> str:
    """The same as `file_sha256`, without reading a file again that has not changed; see `sparkcls.models.remembered`.

    Parameters
    ----------
    stamp
        That of the file; default: its present one.
    """
    return _once(file, stamp or stamp_of(file))


@lru_cache(maxsize=512)
def _once(file: Path, stamp: Stamp) -> str:
    if stamp[2] < _SMALL or not on_own_disk(file):
        return file_sha256(file)
    known = recall(stamp)
    if known is not None:
        return known
    with open(file, "rb") as stream:
        since, before = time.time(), stamp_of(stream.fileno())
        found = _sha256(stream)
        # Of the open file, so that it is the one that was read, whatever has its name by now.
        if before == stamp_of(stream.fileno()) and is_settled(before, since):
            remember(before, found)
    return found


def _sha256(stream: BinaryIO) -> str:
    content = hashlib.sha256()
    while chunk := stream.read(1 << 20):
        content.update(chunk)
    return content.hexdigest()
