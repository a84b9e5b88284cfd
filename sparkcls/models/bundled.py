"""The models inside the package. Where that is a zip on the path (``--py-files``), they are unpacked into the cache."""

from __future__ import annotations

import logging
import os
import re
import shutil
import uuid
import zipfile
from functools import lru_cache
from pathlib import Path

from sparkcls.errors import ParamError
from sparkcls.settings import CACHE_VARIABLE, cache_folder
from sparkcls.temporary import own_folder

logger = logging.getLogger(__name__)

#: Language of every bundled model.
BUNDLED_LANGUAGE = "en"
FOLDER = Path(__file__).parent / "bundled"
#: Where bundled models are unpacked, below the cache.
UNPACKED = ".bundled"


def bundled_names() -> list[str]:
    """Names of the models inside the package."""
    archive = _archive()
    if archive is None:
        return sorted(p.parent.name for p in FOLDER.glob("*/config.json"))
    with zipfile.ZipFile(archive) as package:
        parts = [name.split("/") for name in package.namelist()]
    depth = len(FOLDER.relative_to(archive).parts)
    return sorted(p[depth] for p in parts if len(p) == depth + 2 and p[-1] == "config.json" and "bundled" in p)


def bundled_folder(name: str) -> Path:
    """The folder of a bundled model; not there if there is none of the name.

    Raises
    ------
    ParamError
        The package is a zip, and nothing can be written to unpack it.
    """
    if not re.fullmatch(r"\w[\w.-]*", name):
        # It may come out of a stranger's file, and becomes a path.
        return FOLDER / ".none"
    archive = _archive()
    return FOLDER / name if archive is None else _unpacked(archive, name)


def _archive() -> Path | None:
    """The zip that the package is imported from, if it is."""
    if FOLDER.is_dir():
        return None
    return next((path for path in FOLDER.parents if path.is_file() and zipfile.is_zipfile(path)), None)


def _unpacked(archive: Path, name: str) -> Path:
    prefix = f"{(FOLDER / name).relative_to(archive).as_posix()}/"
    problems = []
    # A worker's user may have no home to keep a cache in.
    for base in (cache_folder, own_folder):
        try:
            with zipfile.ZipFile(archive) as package:
                members = [m for m in package.infolist() if m.filename.startswith(prefix) and not m.is_dir()]
                # Of the content, so that another version of the package never finds this one's.
                stamp = f"{sum(m.CRC for m in members):x}"
                target = base() / UNPACKED / f"{name}-{stamp}"
                if members and not _is_whole(archive, prefix, target, _stamps(target)):
                    _unpack(package, members, prefix, target)
            return target
        except (OSError, ParamError) as e:
            problems.append(str(e))
    raise ParamError(
        f"sparkcls is imported from {archive}, and its bundled model cannot be unpacked ({'; '.join(problems)}); "
        f"name a folder that can be written with ${CACHE_VARIABLE}"
    )


def _stamps(target: Path) -> tuple[tuple[str, int, int], ...]:
    """What tells, without reading them, that files of a folder have changed."""
    files = [(file.relative_to(target).as_posix(), file.lstat()) for file in sorted(target.rglob("*"))]
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in files)


# Once a process, and again if files have changed: a LightPipeline asks for the folder for every text.
@lru_cache(maxsize=16)
def _is_whole(archive: Path, prefix: str, target: Path, stamps: tuple[tuple[str, int, int], ...]) -> bool:
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
        _put(work, target, Path(str(package.filename)), prefix)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _put(work: Path, target: Path, archive: Path, prefix: str) -> None:
    if os.path.lexists(target):
        if _is_whole(archive, prefix, target, _stamps(target)):
            # Another process was first.
            return
        logger.warning("%s does not hold the model of the package %s, and is made anew", target, archive)
        # Processes that have it mapped keep their pages.
        os.rename(target, work / ".before")
        shutil.rmtree(work / ".before", ignore_errors=True)
    try:
        work.rename(target)
    except OSError:
        if not _is_whole(archive, prefix, target, _stamps(target)):
            raise
