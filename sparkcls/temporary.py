"""A user's own folder below the temporary one, which all users of the machine can write to."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path


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
