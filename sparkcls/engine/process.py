"""Settings of a process for the kernels of torch and the tokenizer: threads and memory."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import torch

#: Parameters of glibc's mallopt, from its malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3

#: Advice of Linux' madvise, from its mman.h.
_MADV_DONTNEED = 4

#: Kernels of about half a megabyte each that are kept, and who keeps them: oneDNN, and torch's way to it, which keeps
#: 1,024 for each kind of operator where nothing is said.
_KERNELS = "64"
_KEEPERS = ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY")

#: When a worker last gave memory back while it computed.
_given_back = 0.0

#: Whether Spark has shared out the cores; else this process looks for itself.
_is_worker = False


def prepare_worker(threads: int) -> None:
    """Make this process one of Spark's workers: so many threads, reused memory.

    Parameters
    ----------
    threads
        Of torch's CPU kernels, and of the tokenizer, which works while the model does only beside a GPU.
    """
    global _is_worker
    _is_worker = True
    if torch.get_num_threads() != threads:
        torch.set_num_threads(threads)
    os.environ["TOKENIZERS_PARALLELISM"] = "true" if threads > 1 else "false"
    # Read when the tokenizer first works. Else it takes all cores of the machine.
    os.environ["RAYON_NUM_THREADS"] = str(threads)
    for variable in _KEEPERS:
        # Read at the first use of oneDNN.
        os.environ.setdefault(variable, _KERNELS)
    _keep_freed_memory()


def give_back_memory() -> None:
    """Return what is free to the system, after a task: some 100 MB of a worker, in 7 ms."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


def give_back_now_and_then(seconds: float) -> None:
    """The same between the batches of a worker, so many seconds after the last time.

    Buffers of many sizes leave gaps between each other, by which a worker of base shape grew 80 MB in a thousand texts.
    """
    global _given_back
    if _is_worker and time.monotonic() > _given_back + seconds:
        give_back_memory()
        _given_back = time.monotonic()


def leave_pages(file: Path) -> None:
    """Count what this process has read of a file that it maps as its memory no more, until it reads that again.

    The system keeps the pages, for other processes too: for 200 MB this takes 5 ms, and reading them again 8. Workers
    on Linux alone; others score single texts, for which that would be much.
    """
    library = _glibc()
    if library is None or not _is_worker:
        return
    real = str(file.resolve())
    for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        # "7f5c00000000-7f5c10000000 rw-p 00000000 fd:01 1835 /path"
        addresses, _, _, _, _, *path = line.split(maxsplit=5)
        if path == [real]:
            start, end = (int(address, 16) for address in addresses.split("-"))
            library.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_DONTNEED)


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


@contextmanager
def fitting_threads() -> Iterator[None]:
    """No more threads of torch than cores are idle, in this thread, within a with block; for processes but workers.

    Threads wait for each other many times a text, by spinning unless torch was loaded with ``OMP_WAIT_POLICY=PASSIVE``.
    Where one of them waits for a core, all do: two threads beside two busy processes were ten times slower than one.
    """
    library = None if _is_worker else _openmp()
    # Also makes torch set the threads that it has for this thread, which it does at the first use.
    before = torch.get_num_threads()
    fitting = before if library is None or before == 1 else max(1, min(before, _idle_cores()))
    if library is None or fitting == before:
        yield
        return
    # Not torch.set_num_threads, which also changes what other threads begin with.
    library.omp_set_num_threads(fitting)
    try:
        yield
    finally:
        library.omp_set_num_threads(before)


def _idle_cores() -> int:
    """Cores that nobody but this thread uses at the moment, as Linux counts; elsewhere all."""
    cores = os.cpu_count() or 1
    try:
        # "0.20 0.18 0.12 1/80 11206": threads that run or wait for a core, this one among them, of all.
        return cores + 1 - int(Path("/proc/loadavg").read_text(encoding="ascii").split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        return cores


@lru_cache(maxsize=1)
def _openmp() -> ctypes.CDLL | None:
    """A way to the functions of the OpenMP library that torch uses, if there is one."""
    library = next(Path(torch.__file__).parent.glob("lib/libtorch_cpu.*"), None)
    try:
        # Names are looked up in what it depends on, too.
        found = ctypes.CDLL(str(library)) if library else None
    except OSError:
        return None
    return found if found and hasattr(found, "omp_set_num_threads") else None


def _use_one_thread() -> None:
    """In a forked process: torch's other threads are not there any more, and it would wait for them for ever."""
    if torch.get_num_threads() > 1:
        torch.set_num_threads(1)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_use_one_thread)


def available_memory(device: str) -> int:
    """Bytes of memory that a device has; of a CPU, what this process's container may use."""
    if device.startswith("cuda"):
        return int(torch.cuda.get_device_properties(device).total_memory)
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        memory = 8 << 30
    try:
        # Of cgroups, version 2: bytes, or "max".
        return min(memory, int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    except (OSError, ValueError):
        return memory


def available_cores() -> int:
    """Cores that this process may use: those it may run on, and its container's share of time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        # Of cgroups, version 2: "<microseconds> <period>", or "max <period>".
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text(encoding="ascii").split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):
        return cores
