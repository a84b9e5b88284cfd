"""Taking turns on a GPU that several worker processes share."""

from __future__ import annotations

import getpass
import logging
import tempfile
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from pathlib import Path

import torch
from filelock import FileLock

logger = logging.getLogger(__name__)


def turn(device: torch.device) -> AbstractContextManager[object]:
    """A context in which this process has the GPU among all of this user's on the machine; on a CPU, none is needed.

    Processes that compute at once only slice its time, and need memory for all their batches. It is held for forward
    passes alone, never while waiting for rows, so that two UDFs in one task cannot wait for each other. The lock is the
    kernel's, and ends with a process that is killed.
    """
    return _lock(_name(device)) if device.type == "cuda" else nullcontext()


def _name(device: torch.device) -> str:
    """The same for all processes, however they number their devices."""
    properties = torch.cuda.get_device_properties(device)
    return str(getattr(properties, "uuid", "") or f"index-{device.index or 0}")


@lru_cache(maxsize=16)
def _lock(name: str) -> AbstractContextManager[object]:
    file = Path(tempfile.gettempdir()) / f"sparkcls-{getpass.getuser()}-gpu-{name}.lock"
    try:
        lock = FileLock(file)
        with lock:
            return lock
    except (OSError, NotImplementedError) as e:
        logger.warning("%s cannot be locked (%s); processes that share the GPU compute at once", file, e)
        return nullcontext()
