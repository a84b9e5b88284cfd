"""The models inside the package. They are one encoder under several heads, and the encoder is there once:

    bundled/<name>/         config.json, the index of the weights and the head's file of them, README.md
    bundled/<SHARED>/       the encoder's file of weights, and the tokenizer

On first use they are put together in the cache, of links, as a model folder that everybody can read:

    <cache>/.bundled/<name>-<stamp>/
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import time
import uuid
from functools import lru_cache
from pathlib import Path

from sparkcls.errors import ParamError
from sparkcls.models.unpacking import Stamps, archive_of, folders_in, put, stamps, unpacked
from sparkcls.settings import CACHE_VARIABLE, cache_folder
from sparkcls.temporary import own_folder, remove

#: Language of every bundled model.
BUNDLED_LANGUAGE = "en"
#: What a call takes that names no model.
BUNDLED_DEFAULT = "distilbert_mini_sequence_classifier_sst2"
FOLDER = Path(__file__).parent / "bundled"
#: What all bundled models have in common; no model.
SHARED = "distilbert_mini"
#: Where bundled models are put together, below the cache.
ASSEMBLED = ".bundled"
#: What every model's folder has, and `SHARED` has not.
_MODEL = "config.json"
#: Names of folders that are not yet what they are to be.
_IN_THE_MAKING = re.compile(r"\.[0-9a-f]{32}")
#: Seconds for which a folder stays that seems to be of no use.
_LEFT = 24 * 3600


def bundled_names() -> list[str]:
    """Names of the models inside the package."""
    archive = archive_of(FOLDER)
    if archive is None:
        return sorted(p.parent.name for p in FOLDER.glob(f"*/{_MODEL}"))
    return folders_in(archive, FOLDER, _MODEL)


def bundled_folder(name: str) -> Path:
    """The folder of a bundled model; not there if there is none of the name.

    Raises
    ------
    ParamError
        Nothing can be written to put it together.
    """
    if not re.fullmatch(r"\w[\w.-]*", name) or name not in bundled_names():
        # It may come out of a stranger's file, and becomes a path.
        return FOLDER / ".none"
    archive = archive_of(FOLDER)
    problems = []
    # A worker's user may have no home to keep a cache in.
    for base in (cache_folder, own_folder):
        try:
            target = base() / ASSEMBLED
            parts = [FOLDER / part for part in (name, SHARED)]
            if archive is not None:
                parts = [unpacked(archive, part, target) for part in parts]
            return _assembled(name, parts, target)
        except (OSError, ParamError) as e:
            problems.append(str(e))
    raise ParamError(
        f"The model {name!r} inside the package cannot be put together in the cache ({'; '.join(problems)}); name a "
        f"folder that can be written with ${CACHE_VARIABLE}"
    )


def _assembled(name: str, parts: list[Path], base: Path) -> Path:
    """A folder below `base` with the files of all parts."""
    # YARN gives each container of a machine a folder with but a link to the package that they share.
    sources = tuple(part.resolve() / file.name for part in parts for file in sorted(part.iterdir()))
    # Several installations may share a cache.
    stamp = hashlib.sha256("\0".join(map(str, sources)).encode()).hexdigest()[:12]
    target = base / f"{name}-{stamp}"
    if not _is_whole(sources, target):
        work = target.with_name(f"{target.name}.{uuid.uuid4().hex}")
        work.mkdir(parents=True)
        try:
            for source in sources:
                _link(source, work / source.name)
            put(work, target, lambda: _is_whole(sources, target))
        finally:
            shutil.rmtree(work, ignore_errors=True)
        for part in (name, SHARED):
            _tidy(part, base)
    return target


def _tidy(name: str, base: Path) -> None:
    """Remove what is of no use any more: links into installations that are gone, and what killed processes left."""
    for folder in base.glob(f"{name}-*"):
        with contextlib.suppress(OSError):
            # Another machine may use the cache, and have at the end of a link what is not here.
            is_old = folder.lstat().st_mtime < time.time() - _LEFT
            if is_old and (_IN_THE_MAKING.search(folder.name) or _leads_nowhere(folder)):
                remove(folder)


def _leads_nowhere(folder: Path) -> bool:
    links = [*folder.iterdir()]
    return bool(links) and all(link.is_symlink() and not link.exists() for link in links)


def _link(source: Path, link: Path) -> None:
    """Links cost no room, and what is mapped through them shares its memory. Not every system has them."""
    for make in (os.symlink, os.link):
        with contextlib.suppress(OSError, NotImplementedError):
            make(source, link)
            return
    shutil.copyfile(source, link)


def _is_whole(sources: tuple[Path, ...], target: Path) -> bool:
    """Whether a folder holds these files and no others: others may write to a cache."""
    try:
        found = {entry.name: entry for entry in os.scandir(target)}
    except OSError:
        return False
    if found.keys() != {source.name for source in sources}:
        return False
    if all(found[s.name].is_symlink() for s in sources):
        return all(_target(found[s.name].path) == str(s) for s in sources)
    return not any(entry.is_symlink() for entry in found.values()) and _is_equal(sources, target, stamps(target))


def _target(link: str) -> str:
    # Windows puts something before the path that it was given.
    return os.readlink(link).replace("\\\\?\\UNC\\", "\\\\", 1).removeprefix("\\\\?\\")


# Once a process, and again if files have changed: a LightPipeline asks for the folder for every text.
@lru_cache(maxsize=16)
def _is_equal(sources: tuple[Path, ...], target: Path, stamps: Stamps) -> bool:
    """Whether hard links or copies have the bytes of what they are of."""
    return all(
        os.path.samefile(source, target / source.name) or source.read_bytes() == (target / source.name).read_bytes()
        for source in sources
    )
