"""The models inside the package. Where that is a zip on the path (``--py-files``), they are unpacked into the cache."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
import zipfile
from pathlib import Path

from sparkcls.errors import ParamError
from sparkcls.settings import CACHE_VARIABLE, cache_folder

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
    for base in (cache_folder, _temporary):
        try:
            with zipfile.ZipFile(archive) as package:
                members = [m for m in package.infolist() if m.filename.startswith(prefix) and not m.is_dir()]
                # Of the content, so that another version of the package never finds this one's.
                stamp = f"{sum(m.CRC for m in members):x}"
                target = base() / UNPACKED / f"{name}-{stamp}"
                if members and not target.is_dir():
                    _unpack(package, members, prefix, target)
            return target
        except (OSError, ParamError) as e:
            problems.append(str(e))
    raise ParamError(
        f"sparkcls is imported from {archive}, and its bundled model cannot be unpacked ({'; '.join(problems)}); "
        f"name a folder that can be written with ${CACHE_VARIABLE}"
    )


def _temporary() -> Path:
    user = os.getuid() if hasattr(os, "getuid") else "all"
    return Path(tempfile.gettempdir()) / f"sparkcls-{user}"


def _unpack(package: zipfile.ZipFile, members: list[zipfile.ZipInfo], prefix: str, target: Path) -> None:
    work = target.with_name(f"{target.name}.{uuid.uuid4().hex}")
    try:
        for member in members:
            file = work / member.filename.removeprefix(prefix)
            file.parent.mkdir(parents=True, exist_ok=True)
            with package.open(member) as source, open(file, "wb") as sink:
                shutil.copyfileobj(source, sink)
        try:
            work.rename(target)
        except OSError:
            # Another process was first.
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
