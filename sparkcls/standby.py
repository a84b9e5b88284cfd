"""A worker daemon that stands by: it imports what workers need while the JVM starts, and is there when Spark wants one.

The first query of a session waits for its daemon to import torch, a third of the time to the first row. A session of
this machine alone takes seconds to start anyway, so `sparkcls.start` begins a process that imports meanwhile and then
listens at a socket. When Spark starts `sparkcls.daemon`, that one hands over what Spark has told it and its standard
streams, and only waits for the other to end. Where anything differs on which imports could depend, or nobody is there,
it is the daemon itself, as on any cluster. A process that stands by does so for one daemon. Linux only.
"""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from sparkcls.temporary import own_folder

#: The variable that names the socket; a JVM, and so its daemons, have it from the process that starts it.
VARIABLE = "SPARKCLS_STANDBY"
#: Argument of `sparkcls.daemon`, before the number of the socket, open in the process that is started.
STAND_BY = "--stand-by"

#: What Spark and the shells that start it set for themselves. Imports may read any other variable.
_NOT_READ = ("SPARK_", "PYSPARK_", "PYTHON_", "SPARKCLS_", "_", "PYTHONPATH", "PS1", "PWD", "OLDPWD", "SHLVL")

#: Begins the names of confs that set variables of workers.
_TOLD = "spark.executorEnv."

_TAKEN, _REFUSED = b"+", b"-"


@dataclass(frozen=True)
class Surroundings:
    """What a process of Python was started with."""

    executable: str
    argv: list[str]
    path: list[str]
    folder: str
    environment: dict[str, str]

    @classmethod
    def here(cls) -> Surroundings:
        """Those of this process."""
        return cls(sys.executable, [*sys.argv], [*sys.path], os.getcwd(), dict(os.environ))

    def import_as(self, daemon: Surroundings) -> bool:
        """Whether imports find the same files and settings here as in a daemon of Spark."""
        # On whose path Spark's own modules come first.
        home = daemon.environment.get("SPARK_HOME")
        return self._of_imports(home) == daemon._of_imports(home)

    def _of_imports(self, home: str | None) -> tuple[object, ...]:
        path = [p for p in self.path if home is None or not Path(p).is_relative_to(home)]
        read = {name: value for name, value in self.environment.items() if not name.startswith(_NOT_READ)}
        return self.executable, path, self.folder, read

    def take(self, before: Surroundings) -> None:
        """Be a process that was started with them, and not with those before; variables that imports have set stay."""
        set_since = os.environ.items() - before.environment.items()
        os.environ.clear()
        os.environ.update(self.environment | dict(set_since))
        sys.argv[:], sys.path[:] = self.argv, self.path


class Standby:
    """The process that stands by for the sessions of this one, one after the other."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._place: Path | None = None

    @contextmanager
    def beside(self, confs: Mapping[str, str]) -> Iterator[None]:
        """A JVM that is started in the with block knows of it, if its session, with these confs, can use it."""
        # Without it the first row comes later, no more.
        with suppress(OSError):
            if _can_use_it(confs):
                os.environ[VARIABLE] = str(self._begin(confs))
        try:
            yield
        finally:
            os.environ.pop(VARIABLE, None)

    def _begin(self, confs: Mapping[str, str]) -> Path:
        """Begin a process unless one still waits; the place of its socket."""
        # One for all sessions of this process, because they share the JVM of the first.
        self._place = self._place or own_folder() / f"standby-{uuid4().hex[:16]}"
        if self._process is not None and self._process.poll() is None and self._place.exists():
            return self._place
        # As Spark sets them for its daemons: its SparkContext, and PythonRunner.
        spark = {
            "PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED", "0"),
            "PYTHONUNBUFFERED": "YES",
            "OMP_NUM_THREADS": str(confs.get("spark.task.cpus", 1)),
        }
        told = {name.removeprefix(_TOLD): str(value) for name, value in confs.items() if name.startswith(_TOLD)}
        python = os.environ.get("PYSPARK_PYTHON", sys.executable)
        # Open before Spark can ask, so that a quick daemon waits for the imports.
        with listening_at(self._place) as listening:
            try:
                self._process = subprocess.Popen(
                    [python, "-m", "sparkcls.daemon", STAND_BY, str(listening.fileno())],
                    stdin=subprocess.PIPE,
                    pass_fds=[listening.fileno()],
                    env={**os.environ, **spark, **told},
                )
            except OSError:
                self._place.unlink()
                raise
        return self._place


def listening_at(place: Path) -> socket.socket:
    """A socket at a path, where there may be one of a process that has ended."""
    place.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.bind(str(place))
        listening.listen(1)
    except OSError:
        listening.close()
        raise
    return listening


def _can_use_it(confs: Mapping[str, str]) -> bool:
    # Daemons of a Connect server work in folders of its sessions. With several executors there are several daemons.
    master = confs.get("spark.master", "")
    is_local = master == "local" or master.startswith("local[")
    return sys.platform == "linux" and is_local and confs.get("spark.python.daemon.module") == "sparkcls.daemon"


def hand_over() -> bool:
    """In a daemon: let the process that stands by be it, and return True when that one has ended; else False."""
    place = os.environ.get(VARIABLE)
    if not place:
        return False
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(place)
            socket.send_fds(line, [b"."], [0, 1, 2])
            with line.makefile("wb") as file:
                file.write(json.dumps(asdict(Surroundings.here())).encode() + b"\n")
            if line.recv(1) != _TAKEN:
                return False
        except OSError:
            return False
        # Spark looks at this process, and ends both by closing their standard input.
        with suppress(OSError):
            line.recv(1)
    return True


def be_daemon(number: int, before: Surroundings) -> bool:
    """Wait for a daemon and take its place; False if it was started differently, or will not come any more.

    Parameters
    ----------
    number
        Of the socket, which is open.
    before
        What this process was started with.
    """
    listening = socket.socket(fileno=number)
    poll = select.poll()
    poll.register(0, select.POLLIN)
    poll.register(number, select.POLLIN)
    ready = {ready for ready, _ in poll.poll()}
    Path(listening.getsockname()).unlink(missing_ok=True)
    if number not in ready:
        # Nobody writes there: the process that began this one has ended.
        return False
    line, _ = listening.accept()
    listening.close()
    _, streams, _, _ = socket.recv_fds(line, 1, 3)
    with line.makefile("rb") as file:
        daemon = Surroundings(**json.loads(file.readline()))
    if not before.import_as(daemon):
        line.sendall(_REFUSED)
        return False
    daemon.take(before)
    for standard, stream in enumerate(streams):
        os.dup2(stream, standard)
        os.close(stream)
    line.sendall(_TAKEN)
    # Closed when the last process of this daemon ends, for which the one that handed over waits.
    line.detach()
    return True
