"""What is there for a while: a user's own temporary folder, and files and folders in the making."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def in_the_making(target: Path) -> Iterator[Path]:
    """A path beside `target` at which to make a file or folder, which at the end of the with block gets its name.

    So readers see nothing, or the old one, or the new one, never a half. A folder that is there must be removed within
    the block, a file is replaced. One writer at a time: what a killed one left is removed.
    """
    work = target.with_name(f".{target.name}.part")
    remove(work)
    try:
        yield work
        os.replace(work, target)
    finally:
        remove(work)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, if it is there and can be removed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def own_folder() -> Path:
    """A folder that nobody but this user can read or write; the same for all of his processes, made if need be.

    Raises
    ------
    OSError
        It cannot be made, or what has its name belongs to somebody else, is open to others, or is a link.
    """
    # A number, because a container's user may have no name.
    user = os.getuid() if hasattr(os, "getuid") else "all"
    folder = Path(tempfile.gettempdir()) / f"sparkcls-{user}"
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        _check(folder)
    return folder


def _check(folder: Path) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(f"{folder} is not a folder; remove it, or set $TMPDIR to a folder of your own")
    # Windows has neither; its temporary folder is each user's own.
    if hasattr(os, "getuid") and (found.st_uid != os.getuid() or found.st_mode & 0o077):
        raise PermissionError(
            f"{folder} belongs to user {found.st_uid} with mode {stat.S_IMODE(found.st_mode):o}, so that others may "
            f"have put files there; remove it, or set $TMPDIR to a folder of your own"
        )
