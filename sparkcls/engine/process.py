"""Settings of a worker process for the kernels of torch and the tokenizer."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import lru_cache
from pathlib import Path

import torch

#: Parameters of glibc's mallopt, from its malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3

#: Kernels that oneDNN keeps, of about half a megabyte each.
_KERNELS = "64"


def prepare_worker(threads: int) -> None:
    """Make this process one of Spark's workers: so many threads, reused memory.

    Parameters
    ----------
    threads
        Of torch's CPU kernels. The tokenizer gets none of its own.
    """
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    # Read at the first use of oneDNN.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", _KERNELS)
    _keep_freed_memory()


def give_back_memory() -> None:
    """Return what is free to the system, after a task: some 100 MB of a worker, in 7 ms."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


@lru_cache(maxsize=1)
def _keep_freed_memory() -> None:
    """Let glibc reuse large buffers, where it would give each back to the system and ask for new, zeroed pages."""
    library = _glibc()
    # Older glibc takes no more than 32 MB; and if it refused, the second call would make things worse.
    if library is not None and library.mallopt(_M_MMAP_THRESHOLD, 32 << 20):
        library.mallopt(_M_TRIM_THRESHOLD, (1 << 31) - 1)


@lru_cache(maxsize=1)
def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    # Another C library has other names.
    return library if hasattr(library, "mallopt") and hasattr(library, "malloc_trim") else None


def available_cores() -> int:
    """Cores that this process may use: those it may run on, and its container's share of time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        # Of cgroups, version 2: "<microseconds> <period>", or "max <period>".
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):
        return cores
