"""sha256s of files that a process of this user has computed, for his other processes on this machine.

    <temporary folder>/sparkcls-<uid>/sha256s       see `sparkcls.temporary.own_folder`

Its first line is the number of the machine's start, each other one a sha256, when it was computed, in seconds since
1970, and the file's `Stamp`. A file that has another stamp is another file. Nothing but this user's own record, which
nobody else can write or put there, is believed; without one, files are read.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import time
import uuid
from pathlib import Path

from sparkcls.temporary import own_folder

logger = logging.getLogger(__name__)

#: Filesystem, file, size, and the times of the last change of the content and of anything. The last is set by the
#: system alone, so that nobody can hide a change by putting the other one back.
Stamp = tuple[int, int, int, int, int]

NAME = "sha256s"
#: Seconds after which a file is read all the same: a disk can lose bits without telling.
LASTS = 24 * 3600
_MOST_FILES, _MOST_BYTES = 256, 1 << 16
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_LINE = re.compile(r"([0-9a-f]{64}) (\d{1,12})((?: \d{1,20}){5})")


def recall(stamp: Stamp) -> str | None:
    """The sha256 of the file with a stamp; None if it is not known, or not for sure."""
    try:
        known = _read(own_folder() / NAME).get(stamp)
    except OSError as e:
        logger.debug("No sha256 of another process: %s", e)
        return None
    return known[0] if known else None


def remember(stamp: Stamp, sha256: str) -> None:
    """Let other processes know the sha256 of the file that had a stamp before and after it was read."""
    try:
        file = own_folder() / NAME
        known = _read(file) | {stamp: (sha256, int(time.time()))}
        latest = sorted(known.items(), key=lambda item: item[1][1])[-_MOST_FILES:]
        lines = [" ".join((sha, str(at), *map(str, key))) for key, (sha, at) in latest]
        _write(file, "\n".join([_boot(), *lines]) + "\n")
    except OSError as e:
        logger.debug("The sha256 is for this process alone: %s", e)


def _boot() -> str:
    """Numbers of filesystems mean something until the machine starts anew. OSError where that cannot be told."""
    return _BOOT.read_text(encoding="ascii").strip()


def _read(file: Path) -> dict[Stamp, tuple[str, int]]:
    """What the record says; nothing if it is not this user's own, is of another start, or is not as it was written."""
    try:
        number = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return {}
    with open(number, encoding="ascii", errors="replace") as record:
        found = os.fstat(number)
        closed = stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and not found.st_mode & 0o077
        if not closed or found.st_uid != os.getuid() or found.st_size > _MOST_BYTES:
            return {}
        boot, *lines = record.read().splitlines() or [""]
    entries = [_LINE.fullmatch(line) for line in lines]
    if boot != _boot() or None in entries:
        return {}
    now = time.time()
    known: dict[Stamp, tuple[str, int]] = {}
    for entry in entries:
        assert entry is not None
        device, inode, size, changed, touched = map(int, entry[3].split())
        if now - LASTS < int(entry[2]) <= now + 1:
            known[device, inode, size, changed, touched] = entry[1], int(entry[2])
    return known


def _write(file: Path, text: str) -> None:
    """Whole at once: other processes read and write too. Of two that write together one is lost, and is made again."""
    work = file.with_name(f"{NAME}.{uuid.uuid4().hex}")
    try:
        number = os.open(work, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(number, "w", encoding="ascii") as record:
            record.write(text)
        os.replace(work, file)
    finally:
        work.unlink(missing_ok=True)
