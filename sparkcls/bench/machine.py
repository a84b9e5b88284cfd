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
    """Name, generation (where the name hides it) and flags of the CPU, cores, memory and operating system."""
    name, flags, family = _cpu()
    return {
        "cpu": name,
        "generation": _generation(family, flags),
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


def _generation(family: str, flags: set[str]) -> str:
    """AMD's, which names of virtual machines leave out; empty for others."""
    if family == "AuthenticAMD 25":
        return "Zen 4" if "avx512f" in flags else "Zen 3"
    return "Zen 5" if family == "AuthenticAMD 26" else ""


def _cpu() -> tuple[str, set[str], str]:
    """Name, flags, and vendor and family of the CPU."""
    name, flags, vendor, family = platform.processor() or platform.machine(), set[str](), "", ""
    file = Path("/proc/cpuinfo")
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            name = value.strip()
        elif key.strip() in ("flags", "Features"):
            flags = set(value.split())
        elif key.strip() == "vendor_id":
            vendor = value.strip()
        elif key.strip() == "cpu family":
            family = value.strip()
    return name, flags, f"{vendor} {family}"


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError):  # not on Windows
        return 0
