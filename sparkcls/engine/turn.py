"""Taking turns on a GPU that several worker processes share."""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import torch
from filelock import BaseFileLock, FileLock

logger = logging.getLogger(__name__)


@contextmanager
def turn(device: torch.device) -> Iterator[None]:
    """Have the GPU alone among all of this user's processes on the machine; a CPU needs no turns.

    Processes that compute at once only slice its time, and need memory for all their batches. It is held for forward
    passes alone, never while waiting for rows, so that two UDFs in one task cannot wait for each other. The lock is the
    kernel's, and ends with a process that is killed.
    """
    lock = _lock(_name(device)) if device.type == "cuda" else None
    if lock is None:
        yield
        return
    with lock.acquire(poll_interval=0.005):
        yield


def _name(device: torch.device) -> str:
    """The same for all processes, however they number their devices."""
    properties = torch.cuda.get_device_properties(device)
    return str(getattr(properties, "uuid", "") or f"index-{device.index or 0}")


@lru_cache(maxsize=16)
def _lock(name: str) -> BaseFileLock | None:
    # A number, because a container's user may have no name.
    user = os.getuid() if hasattr(os, "getuid") else "all"
    file = Path(tempfile.gettempdir()) / f"sparkcls-{user}-gpu-{name}.lock"
    lock = FileLock(file)
    try:
        with lock:
            return lock
    except (OSError, NotImplementedError) as e:
        logger.warning("%s cannot be locked (%s); processes that share the GPU compute at once", file, e)
        return None
