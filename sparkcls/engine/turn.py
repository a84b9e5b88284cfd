"""Taking turns on a GPU that several worker processes share."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import torch
from filelock import BaseFileLock, FileLock, Timeout

from sparkcls.temporary import own_folder

logger = logging.getLogger(__name__)

#: Seconds after which a process that has the turn is no longer waited for. A pass takes a second or two at most, so
#: this is more than many busy processes need for one each.
LONGEST = 120.0


@contextmanager
def turn(device: torch.device) -> Iterator[None]:
    """Have the GPU alone among all of this user's processes on the machine; a CPU needs no turns.

    Processes that compute at once only slice its time, and need memory for all their batches. It is held for forward
    passes alone, never while waiting for rows, so that two UDFs in one task cannot wait for each other. The lock is the
    kernel's, and ends with a process that is killed; one that hangs is waited for `LONGEST` seconds.
    """
    lock = _lock(_name(device), os.getpid()) if device.type == "cuda" else None
    if lock is None:
        yield
        return
    try:
        lock.acquire(timeout=LONGEST, poll_interval=0.001)
    except Timeout:
        logger.warning(
            "Another process has had %s for %d s; this one computes beside it. Does it hang?", lock.lock_file, LONGEST
        )
        yield
        return
    try:
        yield
    finally:
        lock.release()


def _name(device: torch.device) -> str:
    """The same for all processes, however they number their devices."""
    properties = torch.cuda.get_device_properties(device)
    return str(getattr(properties, "uuid", "") or f"index-{device.index or 0}")


# By process: a child must not use the locks of its parent.
@lru_cache(maxsize=16)
def _lock(name: str, process: int) -> BaseFileLock | None:
    try:
        # Where others could open the file, one of them could hold it for ever.
        lock = FileLock(own_folder() / f"gpu-{name}.lock")
        with lock.acquire(timeout=LONGEST):
            return lock
    except (OSError, NotImplementedError) as e:
        logger.warning("There is no lock for the GPU %s (%s); processes that share it compute at once", name, e)
        return None
