"""Processes of other programs that are found and ended for certain, whatever became of their parents.

Spark's processes leave their process groups (a Python daemon makes its own) and outlive what started them, so
neither groups nor parents tell what belongs to a test. The environment does: children inherit it, and a mark in it
stays readable as long as the process lives.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

MARK = "SPARKCLS_TEST_MARK"
REPOSITORY = Path(__file__).parents[2]

#: From Linux's prctl.h.
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)

#: For JVMs that live for a minute, on few cores: compiling costs them more than it gains.
SHORT_LIVED = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"

#: For `pytestmark` of modules that start Spark's daemons.
needs_java = pytest.mark.skipif(
    shutil.which("java") is None and "JAVA_HOME" not in os.environ, reason="no Java on this machine"
)


def new_mark() -> str:
    """A mark for what one test module starts; parts of it are told apart by what follows the mark."""
    return uuid.uuid4().hex[:12]


def clean_environment(mark: str, **more: str) -> dict[str, str]:
    """The environment of this process without what belongs to its own Spark, with a mark, and local only."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "PYSPARK_", "_PYSPARK"))}
    ours = {
        MARK: mark,
        "SPARK_HOME": str(spark_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
    }
    return kept | ours | more


def spark_home() -> Path:
    """The Spark inside the installed pyspark."""
    import pyspark

    return Path(pyspark.__file__).parent


def start(command: Sequence[str], env: Mapping[str, str], log: Path, cwd: Path) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, with its output and errors appended to a file."""
    cwd.mkdir(parents=True, exist_ok=True)
    with open(log, "ab") as stream:
        return subprocess.Popen(
            list(command),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )


def _die_with_parent() -> None:
    """Let the system end this process when its parent ends, which may be killed before it can end anything."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def marked(mark: str) -> list[psutil.Process]:
    """Living processes whose mark starts with this one, the oldest first."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK, "").startswith(mark) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue  # another user's, or gone by now
    return sorted(found, key=lambda process: process.create_time())


def kill(process: psutil.Process | subprocess.Popen[bytes]) -> None:
    """SIGKILL, and wait until it is gone."""
    try:
        os.kill(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    if isinstance(process, psutil.Process):
        psutil.wait_procs([process], timeout=10)
    else:
        process.wait(10)


def kill_marked(mark: str) -> None:
    """SIGKILL to everything with this mark, again and again until nothing is left."""
    wait_until(lambda: not [kill(process) for process in marked(mark)], 30, f"end of the processes of {mark}")


def free_port(host: str = "127.0.0.1") -> int:
    """A port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def wait_until(condition: Callable[[], Any], seconds: float, what: str, pause: float = 0.05) -> Any:
    """Wait for a true answer and return it; TimeoutError says what was waited for."""
    end = time.monotonic() + seconds
    while not (answer := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds:.0f} s")
        time.sleep(pause)
    return answer


def tail(file: Path, characters: int = 6000) -> str:
    """The end of a log, for messages."""
    return file.read_text(encoding="utf-8", errors="replace")[-characters:] if file.exists() else ""
