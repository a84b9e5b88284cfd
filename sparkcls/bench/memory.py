"""Memory of the processes below this one, from Linux' /proc. Standard library alone."""

from __future__ import annotations

import os
from pathlib import Path

_PROC = Path("/proc")


def of_process(pid: int | str = "self") -> dict[str, float]:
    """Memory of a process in MB; empty where there is no /proc, or the process has ended.

    Returns
    -------
    ``peak`` is the most that was ever resident (VmHWM), pages shared with others included. ``pss`` counts a page that
    n processes share as 1/n, ``own`` the pages that no other process has: what one more such process costs.
    """
    try:
        status = (_PROC / str(pid) / "status").read_text()
        rollup = (_PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return {}
    own = _kilobytes(rollup, "Private_Clean") + _kilobytes(rollup, "Private_Dirty")
    figures = {"peak": _kilobytes(status, "VmHWM"), "pss": _kilobytes(rollup, "Pss"), "own": own}
    return {name: round(kilobytes * 1024 / 1e6, 1) for name, kilobytes in figures.items()}


def of_spark() -> dict[str, list[dict[str, float]]]:
    """Memory of this process' JVM, and of the Python workers below it: those that a daemon has forked."""
    jvms: list[dict[str, float]] = []
    workers: list[dict[str, float]] = []
    if not _PROC.is_dir():
        return {"jvm": jvms, "workers": workers}
    parents = _parents()
    for pid in parents:
        if not _is_below(pid, os.getpid(), parents):
            continue
        if _is_java(pid):
            jvms.append(of_process(pid))
        # A worker is a copy of its daemon, so both have the same command line.
        elif ".daemon" in _command(pid) and _command(pid) == _command(parents[pid]):
            workers.append(of_process(pid))
    return {"jvm": [m for m in jvms if m], "workers": [m for m in workers if m]}


def _parents() -> dict[int, int]:
    """The parent of every process."""
    found = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            try:
                # The name, in brackets, may hold anything.
                found[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:  # it has ended meanwhile
                continue
    return found


def _is_below(pid: int, ancestor: int, parents: dict[int, int]) -> bool:
    while pid in parents:
        pid = parents[pid]
        if pid == ancestor:
            return True
    return False


def _is_java(pid: int) -> bool:
    return _command(pid).split(" ")[0].endswith("java")


def _command(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _kilobytes(text: str, key: str) -> int:
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(key + ":"))
