"""Structured Streaming, classic and Connect: exactly once, also when drivers, clients and servers are killed."""

from __future__ import annotations

import json
import random
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from sparkcls import _classic
from tests.cluster.connect import connect_server
from tests.cluster.processes import (
    SHORT_LIVED,
    clean_environment,
    kill_marked,
    needs_java,
    new_mark,
    spark_home,
    start,
    tail,
    wait_until,
)
from tests.cluster.standalone import SCRIPTS, Driver

pytestmark = needs_java

BATCHES, ROWS = 50, 4
CONFS = {
    "spark.master": "local[2]",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.driver.extraJavaOptions": SHORT_LIVED,
    "spark.sql.shuffle.partitions": "2",
    "spark.ui.enabled": "false",
    "spark.python.daemon.module": "sparkcls.daemon",
}
SERVER = {
    "spark.driver.memory": "512m",
    "spark.driver.extraJavaOptions": SHORT_LIVED,
    "spark.python.daemon.module": "sparkcls.daemon",
}


class Streaming:
    """Starts scripts/stream.py, again and again with the same folders."""

    def __init__(self, folder: Path, remote: str | None = None):
        self.folder, self.remote, self.mark, self.runs = folder, remote, new_mark(), 0
        self.out = folder / "out.json"

    def start(self, *options: object) -> Driver:
        self.runs += 1
        if self.remote:
            command = [sys.executable, str(SCRIPTS / "stream.py"), "--remote", self.remote]
        else:
            confs = [part for pair in CONFS.items() for part in ("--conf", "=".join(pair))]
            local = ["--conf", f"spark.local.dir={self.folder / 'local'}"]
            command = [str(spark_home() / "bin" / "spark-submit"), *confs, *local, str(SCRIPTS / "stream.py")]
        places = {"--sink": self.folder / "sink", "--checkpoint": self.folder / "checkpoint", "--out": self.out}
        command += [str(part) for pair in places.items() for part in pair] + list(map(str, options))
        log = self.folder / f"run{self.runs}.log"
        return Driver(start(command, clean_environment(self.mark), log, self.folder), log)

    def wait_for(self, driver: Driver, commits: int) -> None:
        """Wait until so many micro-batches are committed, while the driver runs."""

        def committed() -> bool:
            assert driver.running, tail(driver.log)
            return self.commits() >= commits

        wait_until(committed, 180, f"{commits} micro-batches", pause=0.02)
        assert self.commits() < BATCHES

    def kill(self) -> None:
        """SIGKILL to the driver, its JVM and its workers."""
        kill_marked(self.mark)

    def commits(self) -> int:
        return len([f for f in (self.folder / "checkpoint" / "commits").glob("*") if f.name.isdigit()])

    def answers(self) -> tuple[dict[int, tuple[str, float]], list[int], dict[int, tuple[str, float]]]:
        """By id what the sink holds, its ids one by one, and what a batch job answers."""
        found = json.loads(self.out.read_text())
        sink, batch = ({i: (label, p) for i, label, p in found[name]} for name in ("sink", "batch"))
        return sink, [row[0] for row in found["sink"]], batch


@contextmanager
def streaming(folder: Path, remote: str | None = None):
    state = Streaming(folder, remote)
    try:
        yield state
    finally:
        kill_marked(state.mark)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    for batch in range(BATCHES):
        ids = range(batch * ROWS, (batch + 1) * ROWS)
        opinion = ("a wonderful, warm story", "a dull and boring mess", "the plot is not bad", "")
        rows = [{"id": i, "text": f"{opinion[i % 4]} number {i}" if i % 4 < 3 else None} for i in ids]
        (folder / f"{batch:03}.json").write_text("\n".join(map(json.dumps, rows)))
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if _classic.IS_3:
        pytest.skip("pyspark.ml on Spark Connect begins with 4.0")
    with connect_server(tmp_path_factory.mktemp("server"), confs=SERVER) as running:
        yield running


def check(state: Streaming, rows: int | None) -> None:
    sink, ids, batch = state.answers()
    assert len(ids) == len(set(ids))
    if rows is not None:
        assert sorted(ids) == list(range(rows))
    assert ids
    assert sink.keys() == batch.keys()
    assert {label for label, _ in sink.values()} == (
        {"POSITIVE", "NEGATIVE", None} if rows else {"POSITIVE", "NEGATIVE"}
    )
    for i, (label, p) in sink.items():
        assert batch[i][0] == label
        assert (p is None and batch[i][1] is None) or abs(p - batch[i][1]) <= 5e-6


def test_each_row_once_though_the_driver_is_killed_twice(tmp_path, files):
    first, second = sorted(random.Random(1).sample(range(3, BATCHES - 10), 2))
    with streaming(tmp_path) as state:
        for commits in (first, second):
            state.wait_for(state.start("--files", files), commits)
            state.kill()
        state.start("--files", files).finish()
        # What was killed between the log of its files and that of its offsets goes into one batch with the next file.
        assert BATCHES - 2 <= state.commits() <= BATCHES
        check(state, BATCHES * ROWS)


def test_each_row_once_though_client_and_server_of_connect_are_killed(tmp_path, files, server):
    first, second = sorted(random.Random(2).sample(range(3, BATCHES - 10), 2))
    with streaming(tmp_path, server.url) as state:
        state.wait_for(state.start("--files", files), first)
        state.kill()
        # The query lives on in the server, and the next client takes it over by its checkpoint.
        state.wait_for(state.start("--files", files), second)
        server.kill()
        state.kill()
        server.start()
        state.start("--files", files).finish()
        # What was killed between the log of its files and that of its offsets goes into one batch with the next file.
        assert BATCHES - 2 <= state.commits() <= BATCHES
        check(state, BATCHES * ROWS)


def test_the_rate_source(tmp_path):
    with streaming(tmp_path) as state:
        state.start().finish()
        check(state, None)


def test_the_rate_source_on_connect(tmp_path, server):
    with streaming(tmp_path, server.url) as state:
        state.start().finish()
        check(state, None)
