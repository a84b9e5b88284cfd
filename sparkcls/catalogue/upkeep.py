"""What lies in the cache, and removing what can be made or fetched anew."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR

from filelock import FileLock, Timeout

from sparkcls.catalogue.identity import is_model, model_folders, named
from sparkcls.catalogue.imported import IMPORTED
from sparkcls.catalogue.install import CONVERTED, DIGESTS, LOCKS, PARTIAL, WORK
from sparkcls.models.bundled import bundled_folder, bundled_names
from sparkcls.models.checksums import content_sha256
from sparkcls.models.layout import decisive_files
from sparkcls.models.ref import folder_digest

MODEL, COPY, WEIGHTS, UNFINISHED = "model", "copy", "weights", "unfinished"


@dataclass(frozen=True)
class Kept:
    """Something that the cache keeps.

    Parameters
    ----------
    kind
        `MODEL`, by name; `COPY`, of a model that came from elsewhere; `WEIGHTS`, converted for computing;
        `UNFINISHED`, what a download or a process that ended left.
    what
        In words.
    size
        Bytes.
    used
        When weights were last loaded, or something unfinished last grew, in seconds since 1970; None for models.
    """

    kind: str
    what: str
    path: Path
    size: int
    used: float | None
    lock: Path | None = None


def kept(cache: Path) -> list[Kept]:
    """All that a cache keeps; models first."""
    models = model_folders(cache)
    copies = [path for part in (DIGESTS, IMPORTED) for path in sorted((cache / part).glob("*")) if is_model(path)]
    return [
        *(Kept(MODEL, "{} ({})".format(*named(path)), path, _size(path), None) for path in models),
        *(Kept(COPY, path.name, path, _size(path), None) for path in copies),
        *_weights(cache, [*models, *copies]),
        *_unfinished(cache),
    ]


def prune(cache: Path, unused: float) -> list[Kept]:
    """Remove converted weights and unfinished things that were not used for so many seconds; what was removed.

    Weights that are needed again are converted again. Models stay, and whatever a process is at work on.
    """
    until = time.time() - unused
    old = [item for item in kept(cache) if item.used is not None and item.used <= until]
    return [item for item in old if _remove(item)]


def drop_weights(cache: Path, folder: Path) -> None:
    """Remove what was converted and measured of the model in a folder, which is removed itself."""
    for digest in _digests(folder):
        for path in (cache / CONVERTED).glob(f"{digest.replace(':', '-')}-*"):
            path.unlink(missing_ok=True)


def _digests(folder: Path) -> list[str]:
    """By what `sparkcls.engine.kept` knows a model: its digest, and those of its files of weights."""
    files = [file for name, file in decisive_files(folder).items() if name.endswith(".safetensors")]
    return [folder_digest(folder), *(f"sha256:{content_sha256(file)}" for file in files)]


def _weights(cache: Path, models: list[Path]) -> Iterator[Kept]:
    found = sorted(path for path in (cache / CONVERTED).glob("*-*-*") if path.suffix != ".lock")
    if not found:
        return
    folders = {**{bundled_folder(name): name for name in bundled_names()}, **{path: path.name for path in models}}
    names: dict[str, list[str]] = {}
    for folder, called in folders.items():
        for digest in _digests(folder):
            names.setdefault(digest, []).append(called)
    for path in found:
        algorithm, _, rest = path.name.partition("-")
        digest, _, rest = rest.partition("-")
        precision, _, rest = rest.partition("-")
        stem = "-".join((algorithm, digest, precision, rest.partition("-")[0]))
        of = names.get(f"{algorithm}:{digest}", [f"a model that is not in the cache, {digest[:12]}"])
        name = of[0] + (f" and {len(of) - 1} more" if len(of) > 1 else "")
        lock = path.with_name(f"{stem}.lock")
        yield Kept(WEIGHTS, f"{precision} of {name}", path, _size(path), _used(path), lock)


def _unfinished(cache: Path) -> Iterator[Kept]:
    lock_of: dict[str, Callable[[str], str]] = {PARTIAL: lambda name: name, WORK: lambda name: name.rpartition("-")[0]}
    for part, target in lock_of.items():
        for path in sorted((cache / part).glob("*")):
            lock = cache / LOCKS / f"{target(path.name)}.lock"
            yield Kept(UNFINISHED, path.name, path, _size(path), _used(path), lock)


def _remove(item: Kept) -> bool:
    """Whether it could be removed: no process is at it, and the system allows it."""
    with contextlib.suppress(OSError, Timeout), FileLock(str(item.lock), timeout=0):
        if item.path.is_dir():
            shutil.rmtree(item.path)
        else:
            item.path.unlink()
        return True
    return False


def _files(path: Path) -> Iterator[os.stat_result]:
    for file in (path, *path.rglob("*")) if path.is_dir() else (path,):
        with contextlib.suppress(OSError):  # gone meanwhile
            yield file.stat()


def _size(path: Path) -> int:
    return sum(stat.st_size for stat in _files(path) if not S_ISDIR(stat.st_mode))


def _used(path: Path) -> float:
    return max((stat.st_mtime for stat in _files(path)), default=0.0)
