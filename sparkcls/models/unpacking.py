"""Folders of the package where that is a zip on the path (``--py-files``): they are unpacked into the cache."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import uuid
import zipfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from sparkcls.models.checksums import stamp_of
from sparkcls.models.remembered import Stamp
from sparkcls.temporary import remove

logger = logging.getLogger(__name__)

Stamps = tuple[tuple[str, Stamp], ...]


def archive_of(folder: Path) -> Path | None:
    """The zip that holds a folder of the package, if the package is none itself."""
    if folder.is_dir():
        return None
    return next((path for path in folder.parents if path.is_file() and zipfile.is_zipfile(path)), None)


def folders_in(archive: Path, folder: Path, file: str) -> list[str]:
    """Names of the folders in a zip's folder that hold a file of some name."""
    with zipfile.ZipFile(archive) as package:
        parts = [name.split("/") for name in package.namelist()]
    inside = folder.relative_to(archive).parts
    depth = len(inside)
    return sorted(p[depth] for p in parts if len(p) == depth + 2 and tuple(p[:depth]) == inside and p[-1] == file)


def unpacked(archive: Path, folder: Path, base: Path) -> Path:
    """A folder of a zip, unpacked below `base`; not there if the zip has none such.

    Raises
    ------
    OSError
        Nothing can be written there.
    """
    prefix = f"{folder.relative_to(archive).as_posix()}/"
    with zipfile.ZipFile(archive) as package:
        members = [m for m in package.infolist() if m.filename.startswith(prefix) and not m.is_dir()]
        # Of the content, so that another version of the package never finds this one's.
        stamp = f"{sum(m.CRC for m in members):x}"
        target = base / f"{folder.name}-{stamp}"
        if members and not _is_whole(archive, prefix, target, stamps(target)):
            _unpack(package, members, prefix, target)
    return target


def stamps(folder: Path) -> Stamps:
    """What tells, without reading them, that files of a folder have changed."""
    files = sorted(folder.rglob("*"))
    return tuple((file.relative_to(folder).as_posix(), stamp_of(file, follow=False)) for file in files)


# Once a process, and again if files have changed: a LightPipeline asks for the folder for every text.
@lru_cache(maxsize=16)
def _is_whole(archive: Path, prefix: str, target: Path, stamps: Stamps) -> bool:
    """Whether a folder holds the package's very bytes: a checksum can be met, and others may write to a cache."""
    with zipfile.ZipFile(archive) as package:
        members = [m for m in package.infolist() if m.filename.startswith(prefix) and not m.is_dir()]
        for member in members:
            file = target / member.filename.removeprefix(prefix)
            if file.is_symlink() or not file.is_file() or file.read_bytes() != package.read(member):
                return False
    files = {member.filename.removeprefix(prefix) for member in members}
    return {file.relative_to(target).as_posix() for file in target.rglob("*") if not file.is_dir()} == files


def _unpack(package: zipfile.ZipFile, members: list[zipfile.ZipInfo], prefix: str, target: Path) -> None:
    work = target.with_name(f"{target.name}.{uuid.uuid4().hex}")
    try:
        for member in members:
            file = work / member.filename.removeprefix(prefix)
            file.parent.mkdir(parents=True, exist_ok=True)
            with package.open(member) as source, open(file, "wb") as sink:
                shutil.copyfileobj(source, sink)
        archive = Path(str(package.filename))
        put(work, target, lambda: _is_whole(archive, prefix, target, stamps(target)))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def put(work: Path, target: Path, is_whole: Callable[[], bool]) -> None:
    """Give a folder that was made its name; what has the name already stays if it is whole, else it goes.

    Parameters
    ----------
    is_whole
        Whether what is at `target` now is what was to be made: another process may have been first.
    """
    before = work.with_name(f"{work.name}.before")
    try:
        if os.path.lexists(target):
            if is_whole():
                return
            logger.warning("%s does not hold what the package holds, and is made anew", target)
            # Of two processes that find this together one is first. Those that have it mapped keep their pages.
            with contextlib.suppress(FileNotFoundError):
                os.rename(target, before)
        work.rename(target)
    except OSError:
        if not is_whole():
            raise
    finally:
        remove(before)
