"""What a measurement was made on. Standard library alone."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("sparkcls", "torch", "transformers", "tokenizers", "pyspark", "spark-nlp")
#: Flags of the CPU that decide how fast it multiplies matrices.
_FLAGS = ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_tile", "bf16", "i8mm", "sve")


def describe() -> dict[str, object]:
    """Name and flags of the CPU, cores, memory and operating system."""
    name, flags = _cpu()
    return {
        "cpu": name,
        "flags": [flag for flag in _FLAGS if flag in flags],
        "cores": cores(),
        "memory_gb": round(_memory() / 1e9, 1),
        "os": platform.platform(),
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that matter, as far as this environment has them."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu() -> tuple[str, set[str]]:
    name, flags = platform.processor() or platform.machine(), set[str]()
    file = Path("/proc/cpuinfo")
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            name = value.strip()
        elif key.strip() in ("flags", "Features"):
            flags = set(value.split())
    return name, flags


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):  # not on Windows
        return 0
