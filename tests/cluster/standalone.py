"""A real standalone cluster on this machine's loopback: one Master and any number of Workers, each its own JVM.

    with standalone_cluster(tmp_path, workers=2) as cluster:
        driver = cluster.submit(SCRIPTS / "classify.py", spec, out, confs={"spark.task.maxFailures": 8})
        cluster.workers[0].executors()           # psutil processes: JVMs of executors
        cluster.workers[0].python_workers()      # their Python workers, .daemons() for what forks those
        cluster.workers[1].kill()                # the standalone worker; .start() brings it back
        late = cluster.add_worker()              # registers while jobs run
        driver.finish()                          # waits, raises with the end of its log if it failed
        cluster.workers[0].logs()                # {"app-.../0": what that executor wrote to stderr}
        cluster.workers[0].events()              # model loads and forward passes, see sparkcls.events

Each worker has a folder of its own with its work dir, SPARK_LOCAL_DIRS, SPARKCLS_CACHE and events, and an address
of its own (127.0.0.2, 127.0.0.3, ...) where the system has more than one on loopback: Spark then takes the workers
for different hosts, without which it would never run a speculative copy of a task.
"""

from __future__ import annotations

import json
import os
import socket
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

import psutil

from tests.cluster.processes import (
    SHORT_LIVED,
    clean_environment,
    free_port,
    kill,
    kill_marked,
    marked,
    new_mark,
    spark_home,
    start,
    tail,
    wait_until,
)

SCRIPTS = Path(__file__).parent / "scripts"

_DAEMON = {"SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": SHORT_LIVED}


@dataclass
class Worker:
    """A standalone worker and what runs below it.

    Parameters
    ----------
    folder
        Holds ``work`` (``work/<app>/<executor>/stderr``), ``local``, ``cache``, ``events.jsonl`` and ``worker.log``.
    cores, memory
        What it offers; memory as Spark writes it (``1g``).
    environment
        Variables of its executors and their Python workers, beside those that the rig sets.
    """

    cluster: Cluster
    name: str
    host: str
    folder: Path
    cores: int
    memory: str
    environment: dict[str, str]
    port: int = 0
    process: Popen[bytes] | None = None

    @property
    def work(self) -> Path:
        """Its work dir, in which each executor has its own working directory."""
        return self.folder / "work"

    @property
    def cache(self) -> Path:
        """The SPARKCLS_CACHE of what runs below it."""
        return self.folder / "cache"

    def start(self) -> None:
        """Start it, also again after `kill`, and wait until the master counts it in."""
        self.port = free_port(self.host)
        for name in ("local", "cache"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        ours = {
            "SPARK_LOCAL_IP": self.host,
            "SPARK_PUBLIC_DNS": self.host,
            "SPARK_LOCAL_DIRS": str(self.folder / "local"),
            "SPARKCLS_CACHE": str(self.cache),
            "SPARKCLS_EVENTS": str(self.folder / "events.jsonl"),
        }
        env = clean_environment(f"{self.cluster.mark}:{self.name}:", **_DAEMON) | ours | self.environment
        arguments = {
            "--host": self.host,
            "--port": str(self.port),
            "--webui-port": str(free_port(self.host)),
            "--cores": str(self.cores),
            "--memory": self.memory,
            "--work-dir": str(self.work),
        }
        command = [str(spark_home() / "bin" / "spark-class"), "org.apache.spark.deploy.worker.Worker"]
        command += [part for pair in arguments.items() for part in pair] + [self.cluster.url]
        self.process = start(command, env, self.folder / "worker.log", self.folder)
        self.cluster.wait_for(self)

    def kill(self) -> None:
        """SIGKILL to the standalone worker alone; its executors then notice, and end by themselves."""
        assert self.process is not None
        kill(self.process)

    def executors(self) -> list[psutil.Process]:
        """JVMs of executors, the oldest first."""
        return self._running("org.apache.spark.executor.CoarseGrainedExecutorBackend")

    def daemons(self) -> list[psutil.Process]:
        """Python daemons, which fork the Python workers."""
        return [p for p in self._pythons() if _leads(p)]

    def python_workers(self) -> list[psutil.Process]:
        """Python workers, also those whose daemon or executor is gone."""
        java = [p.pid for p in self.executors()]
        return [p for p in self._pythons() if not _leads(p) and _parent(p) not in java]

    def logs(self) -> dict[str, str]:
        """What each executor and its Python workers wrote to stderr, by ``<app>/<executor>``."""
        files = sorted(self.work.glob("*/*/stderr"))
        return {f"{f.parts[-3]}/{f.parts[-2]}": f.read_text(encoding="utf-8", errors="replace") for f in files}

    def events(self) -> list[dict[str, Any]]:
        """Events of `sparkcls.events` of its Python workers, since the cluster started."""
        file = self.folder / "events.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def _pythons(self) -> list[psutil.Process]:
        # A worker is forked from its daemon and has its command line.
        return self._running("pyspark.daemon", "sparkcls.daemon")

    def _running(self, *words: str) -> list[psutil.Process]:
        found = marked(f"{self.cluster.mark}:{self.name}:")
        return [p for p in found if not set(words).isdisjoint(_command(p))]


@dataclass
class Driver:
    """A driver program that was submitted."""

    process: Popen[bytes]
    log: Path

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def wait(self, seconds: float = 300) -> int:
        """Its exit status."""
        return self.process.wait(seconds)

    def finish(self, seconds: float = 300) -> str:
        """Wait for a good end and return what it logged; AssertionError with the end of the log after a bad one."""
        status = self.wait(seconds)
        assert status == 0, f"driver ended with {status}:\n{tail(self.log)}"
        return self.log.read_text(encoding="utf-8", errors="replace")


@dataclass
class Cluster:
    """A running cluster, see the module's text.

    Attributes
    ----------
    url
        ``spark://127.0.0.1:<port>``, the master URL of drivers.
    folder
        Everything of it lies here: ``master.log``, a folder for each worker, ``driver-<n>.log``.
    """

    folder: Path
    mark: str
    url: str
    json_url: str
    workers: list[Worker] = field(default_factory=list)
    drivers: list[Driver] = field(default_factory=list)

    def add_worker(
        self, cores: int = 1, memory: str = "1g", environment: Mapping[str, str] | None = None, start: bool = True
    ) -> Worker:
        """Another worker; running applications get an executor on it. With start=False call its `start` later."""
        number = len(self.workers)
        name = f"worker{number}"
        folder = self.folder / name
        folder.mkdir()
        worker = Worker(self, name, _address(number + 2), folder, cores, memory, dict(environment or {}))
        self.workers.append(worker)
        if start:
            worker.start()
        return worker

    def wait_for(self, worker: Worker, seconds: float = 60) -> None:
        """Wait until the master counts a worker in; RuntimeError with its log if it ends instead."""

        def registered() -> bool:
            if worker.process is not None and worker.process.poll() is not None:
                raise RuntimeError(f"{worker.name} ended:\n{tail(worker.folder / 'worker.log')}")
            listed = self.state()["workers"]
            return any(w["state"] == "ALIVE" and (w["host"], w["port"]) == (worker.host, worker.port) for w in listed)

        wait_until(registered, seconds, f"registration of {worker.name}")

    def state(self) -> dict[str, Any]:
        """What the master knows: workers, running and completed applications."""
        # No proxy of the environment may get between.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.json_url, timeout=10) as answer:
            return dict(json.load(answer))

    def confs(self) -> dict[str, Any]:
        """What drivers of tests are started with: an executor a core, local addresses, small heaps, no waiting for places.

        With Spark's wait of 3 s for the host that shuffled the rows, a machine that is quick enough runs all tasks there.
        """
        return {
            "spark.master": self.url,
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.memory": "512m",
            "spark.driver.extraJavaOptions": SHORT_LIVED,
            "spark.executor.extraJavaOptions": SHORT_LIVED,
            "spark.executor.cores": 1,
            "spark.executor.memory": "512m",
            "spark.locality.wait": "0",
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": 2,
            "spark.local.dir": str(self.folder / "driver"),
        }

    def submit(
        self,
        script: Path,
        *arguments: object,
        confs: Mapping[str, object] | None = None,
        options: Sequence[object] = (),
        environment: Mapping[str, str] | None = None,
    ) -> Driver:
        """Start a driver program with ``spark-submit``, in client mode, and do not wait for it.

        Parameters
        ----------
        confs
            Beside and over `confs()`; None as a value leaves a conf out.
        options
            Further options of spark-submit (``--py-files x.zip``).
        environment
            Of the driver; ``PYSPARK_PYTHON`` in it is the Python of the workers.
        """
        number = len(self.drivers)
        command = [str(spark_home() / "bin" / "spark-submit")]
        for name, value in (self.confs() | dict(confs or {})).items():
            command += [] if value is None else ["--conf", f"{name}={value}"]
        command += [*map(str, options), str(script), *map(str, arguments)]
        log = self.folder / f"driver-{number}.log"
        env = clean_environment(f"{self.mark}:driver{number}:") | dict(environment or {})
        driver = Driver(start(command, env, log, self.folder / f"driver-{number}"), log)
        self.drivers.append(driver)
        return driver

    def logs(self) -> dict[str, str]:
        """`Worker.logs` of all workers, by ``<worker>/<app>/<executor>``."""
        return {f"{worker.name}/{key}": text for worker in self.workers for key, text in worker.logs().items()}


@contextmanager
def standalone_cluster(
    folder: Path,
    workers: int = 2,
    cores: int = 1,
    memory: str = "1g",
    environment: Mapping[str, str] | None = None,
) -> Iterator[Cluster]:
    """A cluster for a with block; at its end, also after an error, no process of it is left.

    Parameters
    ----------
    folder
        An empty or new folder; it stays.
    workers, cores, memory, environment
        How many workers, and what each is like, see `Worker`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark = new_mark()
    port, ui = free_port(), free_port()
    cluster = Cluster(folder, mark, f"spark://127.0.0.1:{port}", f"http://127.0.0.1:{ui}/json/")
    command = [str(spark_home() / "bin" / "spark-class"), "org.apache.spark.deploy.master.Master"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--webui-port", str(ui)]
    try:
        env = clean_environment(f"{mark}:master:", SPARK_PUBLIC_DNS="127.0.0.1", **_DAEMON)
        master = start(command, env, folder / "master.log", folder / "master")

        def answers() -> bool:
            assert master.poll() is None, tail(folder / "master.log")
            try:
                return bool(cluster.state())
            except (OSError, ValueError):  # at first its front page, HTML, answers for all paths
                return False

        wait_until(answers, 60, "the master")
        for _ in range(workers):
            cluster.add_worker(cores, memory, environment)
        yield cluster
    finally:
        kill_marked(mark)


def _address(last: int) -> str:
    """127.0.0.<last> where the system has it (Linux), else 127.0.0.1."""
    address = f"127.0.0.{last}"
    try:
        with socket.socket() as probe:
            probe.bind((address, 0))
    except OSError:
        return "127.0.0.1"
    return address


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _parent(process: psutil.Process) -> int:
    try:
        return process.ppid()
    except psutil.Error:
        return 0


def _leads(process: psutil.Process) -> bool:
    """Whether it leads a process group, as daemons do (but for their first seconds) and their workers do not."""
    try:
        return os.getpgid(process.pid) == process.pid
    except ProcessLookupError:
        return False
