"""Processes of a cluster are killed while it works: every row is there once, with the answer it would have had.

What a user must set for that: nothing, for faults that are rare. A task may fail ``spark.task.maxFailures`` times (4),
and here five kills may hit the same task. A standalone master gives an application up after
``spark.deploy.maxExecutorRetries`` (10) executors in a row that ended before one ran; executors that had run count
from nought. ``SPARKCLS_FAULT_ROWS=200000`` makes a long measurement of the usual 20,000 rows.
"""

from __future__ import annotations

import os
import random
import time
from dataclasses import dataclass
from functools import partial

import psutil
import pyarrow.parquet as pq
import pytest

from tests.cluster.jobs import answers, assert_equal, outcome, submit, write_texts
from tests.cluster.processes import kill, needs_java, tail, wait_until
from tests.cluster.standalone import Cluster, Driver, Worker, standalone_cluster
from tests.models import broken, poisonous, save_tiny_model

pytestmark = [needs_java, pytest.mark.timeout(3600)]

ROWS = int(os.environ.get("SPARKCLS_FAULT_ROWS", "20000"))
KINDS = ("python worker", "python daemon", "executor", "standalone worker")
CONFS = {"spark.task.maxFailures": 8, "spark.python.daemon.module": "sparkcls.daemon"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with standalone_cluster(tmp_path_factory.mktemp("cluster"), workers=2) as running:
        yield running


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    opinions = ("a fine film", "a dull and boring mess", "not bad", "wonderful and warm", "the plot is awful")
    return write_texts(tmp_path_factory.mktemp("in") / "texts", [f"{opinions[i % 5]} {i}" for i in range(ROWS)])


@dataclass
class Kill:
    """One kill: what, and after which share of the rows was scored."""

    kind: str
    share: float

    def victim(self, workers: list[Worker]) -> Worker | psutil.Process | None:
        """A process of this kind on the first of these workers that has one."""
        for worker in workers:
            if self.kind == "standalone worker":
                return worker
            living = {
                "python worker": worker.python_workers,
                "python daemon": worker.daemons,
                "executor": worker.executors,
            }[self.kind]()
            if living:
                return living[-1]
        return None


def rows_scored(cluster: Cluster) -> int:
    return sum(e["rows"] for worker in cluster.workers for e in worker.events() if e["event"] == "forward")


def kill_on_the_way(cluster: Cluster, driver: Driver, kills: list[Kill], before: int, dice: random.Random) -> None:
    """Make the kills, each when so many rows have been scored since `before`, and all while the driver runs."""
    for one in kills:
        while rows_scored(cluster) - before < one.share * ROWS:
            assert driver.running, f"it ended before {one}:\n{tail(driver.log)}"
            time.sleep(0.1)
        workers = dice.sample(cluster.workers, len(cluster.workers))
        victim = wait_until(partial(one.victim, workers), 60, f"a victim of {one}")
        assert driver.running
        print(f"{time.strftime('%X')} after {rows_scored(cluster) - before} rows: {one} {victim!r:.60}")
        if isinstance(victim, Worker):
            victim.kill()
            victim.start()
        else:
            kill(victim)


def test_five_kills_in_one_job(cluster, texts, tmp_path):
    dice = random.Random(7)
    kinds = dice.sample([*KINDS, dice.choice(KINDS)], 5)
    # By four fifths of all rows, counted with what was lost and done again, the job cannot be over.
    kills = [
        Kill(kind, share) for kind, share in zip(kinds, sorted(dice.uniform(0.05, 0.8) for _ in kinds), strict=True)
    ]
    job = {"input": str(texts), "partitions": max(20, ROWS // 2000)}
    begun = time.monotonic()
    submit(cluster, tmp_path / "calm", [job | {"output": str(tmp_path / "expected")}], confs=CONFS).finish(3000)
    calm = time.monotonic() - begun
    scored = rows_scored(cluster)
    assert scored == ROWS
    begun = time.monotonic()
    driver = submit(cluster, tmp_path / "job", [job | {"output": str(tmp_path / "found")}], confs=CONFS)
    kill_on_the_way(cluster, driver, kills, scored, dice)
    driver.finish(3000)
    print(
        f"{ROWS} rows: undisturbed {calm:.0f} s, with five kills {time.monotonic() - begun:.0f} s, "
        f"{rows_scored(cluster) - scored - ROWS} rows scored again"
    )
    assert "failed" not in outcome(tmp_path / "job")["jobs"][0]
    found, expected = answers(tmp_path / "found"), answers(tmp_path / "expected")
    assert sorted(expected) == list(range(ROWS))
    assert {label for label, _, _ in expected.values()} == {"POSITIVE", "NEGATIVE"}
    assert_equal(found, expected)


def test_bad_rows_broken_models_and_slow_tasks(cluster, tmp_path):
    """One driver for three jobs, for its start is most of the time."""
    labels = ["red", "green"]
    poison = save_tiny_model(tmp_path / "poison", labels, change=poisonous("poison"))
    dead = save_tiny_model(tmp_path / "dead", labels, change=broken)
    texts = write_texts(tmp_path / "in", [f"a {'poison' if i == 30 else 'good'} film {i}" for i in range(200)])
    job = {"input": str(texts), "partitions": 8}
    jobs = [
        job | {"model": str(poison), "output": str(tmp_path / "poisoned")},
        job | {"model": str(dead), "output": str(tmp_path / "broken")},
        job | {"model": str(poison), "output": str(tmp_path / "slow"), "sleep_in_partition": 3},
    ]
    speculation = {
        "spark.speculation": "true",
        "spark.speculation.interval": "200ms",
        "spark.speculation.minTaskRuntime": "2s",
        "spark.speculation.quantile": 0.5,
    }
    submit(cluster, tmp_path / "jobs", jobs, confs=CONFS | speculation | {"spark.task.maxFailures": 2}).finish()
    poisoned, failed, slow = outcome(tmp_path / "jobs")["jobs"]

    found = answers(tmp_path / "poisoned")
    assert "failed" not in poisoned
    assert sorted(found) == list(range(200))
    assert [i for i, (_, _, error) in found.items() if error] == [30]
    assert all(label in labels for i, (label, _, _) in found.items() if i != 30)

    assert "ModelError" in failed["failed"]
    assert not (tmp_path / "broken" / "_SUCCESS").exists()

    assert "failed" not in slow
    assert slow["seconds"] < 100  # the slow attempt sleeps 120 s
    attempts = {row["attempt"] for row in pq.read_table(tmp_path / "slow", columns=["attempt"]).to_pylist()}
    assert attempts == {0, 1}
    assert_equal(answers(tmp_path / "slow"), found)
