"""A Spark Connect server as a process of its own, and clients that have no Java.

    with connect_server(tmp_path) as server:
        spark = SparkSession.builder.remote(server.url).getOrCreate()

`without_java` takes Java from this process, as on a laptop or in a container with the client alone.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import pytest

from tests.cluster.processes import (
    clean_environment,
    free_port,
    kill_marked,
    new_mark,
    spark_home,
    start,
    tail,
    wait_until,
)

SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"


@dataclass
class ConnectServer:
    """A Connect server that may be killed and started again, on the same port.

    Parameters
    ----------
    folder
        Its working directory (with the artifacts that clients send) and ``connect.log``.
    master
        Where its jobs run: ``local[2]``, or the URL of a `Cluster`.
    confs, environment
        Spark confs, static ones too, and environment variables, of the server and of what it starts.
    """

    folder: Path
    master: str
    confs: dict[str, str]
    environment: dict[str, str]
    port: int
    mark: str
    process: Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What clients give to ``SparkSession.builder.remote``."""
        return f"sc://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        """Its output: the log of a Spark driver."""
        return self.folder / "connect.log"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        confs = {
            "spark.master": self.master,
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": str(self.port),
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.local.dir": str(self.folder / "local"),
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.warehouse.dir": str(self.folder / "warehouse"),
            "spark.ui.enabled": "false",
        } | self.confs
        command = [str(spark_home() / "bin" / "spark-submit"), "--class", SERVER]
        for name, value in confs.items():
            command += ["--conf", f"{name}={value}"]
        env = clean_environment(f"{self.mark}:server:") | self.environment
        self.process = start(command, env, self.log, self.folder)
        wait_until(self._answers, 120, "the Connect server", pause=0.2)

    def kill(self) -> None:
        """SIGKILL to it and to all that it started on this machine."""
        kill_marked(self.mark)

    def _answers(self) -> bool:
        import grpc

        assert self.process is not None
        assert self.process.poll() is None, f"the Connect server ended:\n{tail(self.log)}"
        with grpc.insecure_channel(f"127.0.0.1:{self.port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
            try:
                grpc.channel_ready_future(channel).result(timeout=1)
            except grpc.FutureTimeoutError:
                return False
        return True


@contextmanager
def connect_server(
    folder: Path,
    master: str = "local[2]",
    confs: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[ConnectServer]:
    """A server for a with block, see `ConnectServer`; at its end, also after an error, no process of it is left."""
    server = ConnectServer(folder, master, dict(confs or {}), dict(environment or {}), free_port(), new_mark())
    try:
        server.start()
        yield server
    finally:
        kill_marked(server.mark)


@contextmanager
def without_java() -> Iterator[None]:
    """No Java for this process and for what it starts; all other programs stay on the PATH."""
    with tempfile.TemporaryDirectory() as other, pytest.MonkeyPatch.context() as patch:
        patch.delenv("JAVA_HOME", raising=False)
        folders = [f for f in os.environ["PATH"].split(os.pathsep) if f]
        patch.setenv("PATH", os.pathsep.join(_javaless(f, Path(other) / str(i)) for i, f in enumerate(folders)))
        assert shutil.which("java") is None
        yield


def _javaless(folder: str, other: Path) -> str:
    """The folder, or, if it has Java's programs, one with links to all others in it."""
    if not (Path(folder) / "java").exists():
        return folder
    other.mkdir()
    for program in Path(folder).iterdir():
        if not program.name.startswith("java"):
            (other / program.name).symlink_to(program)
    return str(other)
