"""Files that one process of a machine makes and that all its processes use.

    <cache>/.converted/<stem>-<sha256 of the file>.safetensors

The stem says of which model and in which precision; a file's name carries its content, which is checked.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from sparkcls.catalogue.install import CONVERTED
from sparkcls.models.checksums import content_sha256, file_sha256
from sparkcls.settings import cache_folder

logger = logging.getLogger(__name__)

#: Seconds between two marks on a file that it is in use.
_TOUCHED = 12 * 3600


def made_once(digest: str, kind: str, make: Callable[[Path], None]) -> Path:
    """The file of a model, made unless it is there and sound.

    Parameters
    ----------
    digest
        Of the model, see `folder_digest`.
    kind
        What the file holds, ``<precision>-<what>``, without further hyphens.
    make
        Writes the file to a path, in the safetensors format.

    Raises
    ------
    OSError
        The cache cannot be written.
    ParamError
        There is no cache.
    """
    target = cache_folder() / CONVERTED
    stem = f"{digest.replace(':', '-')}-{kind}"
    found = _sound(target, stem)
    if found is None:
        target.mkdir(parents=True, exist_ok=True)
        with FileLock(target / f"{stem}.lock"):
            found = _sound(target, stem) or _make(target, stem, make)
    return found


def _sound(target: Path, stem: str) -> Path | None:
    for file in target.glob(f"{stem}-*.safetensors"):
        if file.stem == f"{stem}-{content_sha256(file)}":
            with contextlib.suppress(OSError):
                # `sparkcls cache --prune` goes by it. A file that was touched must be read again, so not every time.
                if file.stat().st_mtime < time.time() - _TOUCHED:
                    os.utime(file)
            return file
    return None


def _make(target: Path, stem: str, make: Callable[[Path], None]) -> Path:
    """Called under the lock, so whatever is there is damaged, or half a file of a process that was killed."""
    for stale in target.glob(f"{stem}-*"):
        logger.warning("%s is damaged and is made anew", stale)
        stale.unlink(missing_ok=True)
    work = target / f"{stem}-{uuid.uuid4().hex}.tmp"
    try:
        make(work)
        with open(work, "rb") as file:
            os.fsync(file.fileno())
        made = target / f"{stem}-{file_sha256(work)}.safetensors"
        # Temporary files are for their owner alone; this one is for all workers of the machine.
        work.chmod(0o644)
        work.rename(made)
    except Exception:
        work.unlink(missing_ok=True)
        raise
    return made
