"""Putting a model folder into the cache: once for all processes, and never a half one."""

from __future__ import annotations

import errno
import json
import logging
import os
import shutil
import socket
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError
from sparkcls.models.layout import read_model_folder
from sparkcls.models.ref import folder_digest, has_digest
from sparkcls.settings import CACHE_CONF, CACHE_VARIABLE

logger = logging.getLogger(__name__)

#: Where a folder of the cache came from. No part of the model's digest.
SOURCE = "source.json"
#: Of every folder in the making: its lock, what dies with its process, and downloads to go on with.
LOCKS, WORK, PARTIAL = ".locks", ".work", ".partial"
#: Made by another machine's stage, with other content than the folder of that name here: by digest.
DIGESTS = ".digests"
#: Weights in another precision than their model's, see `sparkcls.engine.weights`: files called by digests.
CONVERTED = ".converted"


def install(target: Path, cache: Path, make: Callable[[Path, Path], dict[str, Any]], digest: str = "") -> Path:
    """The folder `target` in the cache, made unless it is there by then.

    Parameters
    ----------
    make
        Called with two paths in a fresh working folder: one for whatever it needs, and one at which it makes
        the model folder. Returns what ``source.json`` is to say.
    digest
        The digest that the new folder must have, empty for any.

    Raises
    ------
    ModelFormatError
        What was made is no usable model folder, or has another digest.
    ModelNotFoundError
        What `make` reads from cannot be read.
    ParamError
        The cache cannot be written.

    And whatever `make` raises.
    """
    try:
        for folder in (LOCKS, WORK, PARTIAL):
            (cache / folder).mkdir(parents=True, exist_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(cache / LOCKS / f"{target.name}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            logger.info("Another process is fetching %s; waiting for it", target.name)
            lock.acquire()
        try:
            if target.parent.name == DIGESTS and target.is_dir() and not has_digest(target, digest):
                # Processes that have it mapped keep their pages.
                logger.warning("%s on host %s is damaged and is made anew", target, socket.gethostname())
                shutil.rmtree(target)
            if not is_filled(target):
                _make(target, cache, make, digest)
                shutil.rmtree(cache / PARTIAL / target.name, ignore_errors=True)
        finally:
            lock.release()
    except OSError as e:
        if _is_of_source(e, cache):
            raise ModelNotFoundError(
                f"{e.filename} cannot be read on host {socket.gethostname()} ({e.strerror}), so {target.name} was not "
                f"put into the cache {cache}; see that it can be read, or name another place that has the model"
            ) from e
        raise unwritable(cache, e) from e
    return target


def unwritable(cache: Path, error: OSError) -> ParamError:
    """What to raise where the cache cannot be written."""
    return ParamError(
        f"The cache {cache} on host {socket.gethostname()} cannot be written ({error}); name a folder that can, and "
        f"has room, with ${CACHE_VARIABLE}, sparkcls.configure(cache=...) or the conf {CACHE_CONF}"
    )


def _is_of_source(error: OSError, cache: Path) -> bool:
    """Whether an error is one of reading what a model is made from, not of the cache."""
    if error.filename is None or error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS):
        return False
    file = Path(os.fsdecode(error.filename)).absolute()
    # A cache that cannot be made fails at one of the folders that it is in.
    return cache not in file.parents and file not in (cache, *cache.parents)


def is_filled(folder: Path) -> bool:
    """Whether a folder of the cache is there. An empty one, which holds nobody's model, is taken for none.

    Raises
    ------
    ParamError
        It cannot be looked into.
    """
    try:
        return folder.is_dir() and any(folder.iterdir())
    except OSError as e:
        raise ParamError(
            f"The cache's {folder} on host {socket.gethostname()} cannot be read ({e}); allow it, or name another "
            f"cache, with ${CACHE_VARIABLE}, sparkcls.configure(cache=...) or the conf {CACHE_CONF}"
        ) from e


def _make(target: Path, cache: Path, make: Callable[[Path, Path], dict[str, Any]], digest: str) -> None:
    # Under the lock, so these are of processes that were killed.
    for stale in (cache / WORK).glob("*"):
        if stale.name.rpartition("-")[0] == target.name:
            shutil.rmtree(stale, ignore_errors=True)
    work = cache / WORK / f"{target.name}-{uuid.uuid4().hex}"
    # `sparkcls pull --to` of another process may have tidied up meanwhile.
    work.mkdir(parents=True)
    try:
        model = work / "model"
        source = make(work / "source", model)
        read_model_folder(model)
        if digest and not has_digest(model, digest):
            raise ModelFormatError(
                f"What {source.get('store') or source.get('hub') or source.get('folder')} holds as {target.name} is "
                f"not the model that the stage was made with (on host {socket.gethostname()}; expected {digest}, got "
                f"{folder_digest(model)}): it was replaced or damaged there, or another version of sparkcls "
                "converted it. Make the stage anew, or give this machine the folder"
            )
        (model / SOURCE).write_text(json.dumps(source, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        _flush(model)
        os.rename(model, target)
        _flush_one(target.parent)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _flush(folder: Path) -> None:
    """Force a folder's content to the disk, so that the name never outlives it in a crash of the machine."""
    for path in folder.rglob("*"):
        _flush_one(path)
    _flush_one(folder)


def _flush_one(path: Path) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        # Some network filesystems and folders cannot; what follows is still atomic for other processes.
        logger.debug("No fsync of %s", path)
    finally:
        os.close(handle)


def source_of(folder: Path) -> dict[str, Any]:
    """What the folder's ``source.json`` says; {} if there is none that can be read."""
    try:
        source = json.loads((folder / SOURCE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return source if isinstance(source, dict) else {}
