"""The daemon that stands by: who may take its place, and that no process or socket is left."""

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from sparkcls import standby
from sparkcls.standby import Standby, Surroundings, hand_over, listening_at

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a daemon that stands by")

#: For processes of their own; the names of what pytest runs would be differences.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "SPARK_REMOTE" and not k.startswith("PYTEST")}

#: In place of `sparkcls.daemon`, without torch.
WAITS = """
import os, sys
from sparkcls.standby import Surroundings, be_daemon

before = Surroundings.here()
os.environ["SET_BY_AN_IMPORT"] = "1"
if be_daemon(int(sys.argv[1]), before):
    print(input(), sys.argv[1:], os.environ["SPARK_TOLD"], os.environ["SET_BY_AN_IMPORT"], os.getpid(), flush=True)
    input()
"""
ASKS = "import sys; from sparkcls.standby import hand_over; sys.exit(0 if hand_over() else 7)"

#: Which process is the parent of a worker, in sessions one after the other.
SESSIONS = """
import os, sys
import sparkcls
from sparkcls import session

def parents(batches):
    import pyarrow as pa
    for batch in batches:
        yield pa.RecordBatch.from_pydict({"parent": [os.getppid()]})

for confs, variables in (({}, {}), ({"spark.executorEnv.TOLD": "1"}, {}), ({}, {"NOT_THE_JVMS": "1"})):
    os.environ.update(variables)
    spark = sparkcls.start(params={"spark.master": "local[1]", "spark.ui.enabled": "false", **confs})
    parent = spark.range(1).mapInArrow(parents, "parent long").first()[0]
    process = session._standby._process
    print("RESULT", parent == process.pid, process.poll(), flush=True)
    spark.stop()
"""


def here(**changes):
    return replace(
        Surroundings("/bin/python", ["daemon"], ["/work", "/site"], "/work", {"HOME": "/root", "OMP_NUM_THREADS": "1"}),
        **changes,
    )


def with_variables(**variables):
    return here(environment=here().environment | variables)


@pytest.mark.parametrize(
    ("daemon", "fits"),
    [
        (here(), True),
        (here(argv=["daemon", "pyspark.worker"]), True),
        (with_variables(SPARK_HOME="/spark", PYTHON_WORKER_FACTORY_SECRET="x", PYSPARK_PYTHON="python", PWD="/"), True),
        (replace(with_variables(SPARK_HOME="/spark"), path=["/work", "/spark/python/lib/pyspark.zip", "/site"]), True),
        (here(path=["/work", "/spark/python/lib/pyspark.zip", "/site"]), False),
        (here(path=["/work", "/of the executor", "/site"]), False),
        (here(folder="/tmp"), False),
        (here(executable="/usr/bin/python"), False),
        (here(environment={"HOME": "/root"}), False),
        (with_variables(OMP_NUM_THREADS="2"), False),
        (with_variables(CUDA_VISIBLE_DEVICES="1"), False),
        (with_variables(PYTHONHASHSEED="1"), False),
        (with_variables(LD_LIBRARY_PATH="/opt"), False),
    ],
)
def test_only_a_daemon_whose_imports_are_the_same(daemon, fits):
    assert here().import_as(daemon) is fits


@pytest.fixture
def waiting(tmp_path):
    """A process that stands by, and its socket."""
    place = tmp_path / "socket"
    with listening_at(place) as listening:
        process = subprocess.Popen(
            [sys.executable, "-c", WAITS, str(listening.fileno())],
            stdin=subprocess.PIPE,
            pass_fds=[listening.fileno()],
            text=True,
            env=ENVIRONMENT,
        )
    with process:
        yield process, place
        process.kill()


def asking(place, **variables):
    """A daemon that Spark has started."""
    return subprocess.Popen(
        [sys.executable, "-c", ASKS, "told"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**ENVIRONMENT, standby.VARIABLE: str(place), "SPARK_TOLD": "this", **variables},
    )


def test_the_one_that_stands_by_has_the_streams_of_the_other_until_it_ends(waiting):
    process, place = waiting
    with asking(place) as daemon:
        daemon.stdin.write("from Spark\n")
        daemon.stdin.flush()
        assert daemon.stdout.readline() == f"from Spark ['told'] this 1 {process.pid}\n"
        assert daemon.poll() is None, "it waits"
        assert not place.exists()
        # What Spark does when it stops.
        daemon.stdin.close()
        assert daemon.wait(30) == 0
        assert process.wait(30) is not None


def test_it_leaves_other_daemons_alone(waiting):
    process, place = waiting
    with asking(place, LD_LIBRARY_PATH="/of the executor") as daemon:
        assert daemon.wait(30) == 7
    assert process.wait(30) == 0
    assert not place.exists()


def test_it_ends_with_the_process_that_began_it(waiting):
    process, place = waiting
    process.stdin.close()
    assert process.wait(30) == 0
    assert not place.exists()


def test_a_daemon_that_finds_nobody_is_the_daemon(monkeypatch, tmp_path, waiting):
    monkeypatch.delenv(standby.VARIABLE, raising=False)
    assert not hand_over()
    monkeypatch.setenv(standby.VARIABLE, str(tmp_path / "nothing"))
    assert not hand_over()
    process, place = waiting
    process.kill()
    process.wait()
    monkeypatch.setenv(standby.VARIABLE, str(place))
    assert not hand_over()


LOCAL = {"spark.master": "local[2]", "spark.python.daemon.module": "sparkcls.daemon"}


@pytest.mark.parametrize(
    "confs",
    [
        LOCAL | {"spark.master": "spark://host:7077"},
        LOCAL | {"spark.master": "local-cluster[2,1,1024]"},
        LOCAL | {"spark.python.daemon.module": "pyspark.daemon"},
        {"spark.remote": "sc://host"},
    ],
)
def test_sessions_that_cannot_use_it(confs, monkeypatch):
    monkeypatch.setattr(standby.subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    with Standby().beside(confs):
        assert standby.VARIABLE not in os.environ


@pytest.mark.parametrize("folder", ["missing", "long" * 30])
def test_where_there_can_be_no_socket_the_session_starts_all_the_same(folder, monkeypatch, tmp_path):
    (tmp_path / ("long" * 30)).mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / folder))
    monkeypatch.setattr(standby.subprocess, "Popen", lambda *_, **__: pytest.fail("a process was started"))
    with Standby().beside(LOCAL):
        assert standby.VARIABLE not in os.environ


def test_it_is_started_with_what_spark_will_give_its_daemon(monkeypatch):
    started = []

    class Process:
        def __init__(self, command, env, **_):
            started.append((command[:4], env["OMP_NUM_THREADS"], env.get("TOLD"), env["PYTHONHASHSEED"]))

        def poll(self):
            return None

    monkeypatch.setattr(standby.subprocess, "Popen", Process)
    monkeypatch.setenv("PYSPARK_PYTHON", "/opt/python")
    monkeypatch.delenv("PYTHONHASHSEED", raising=False)
    made = Standby()
    # Numbers, as users write them.
    with made.beside(LOCAL | {"spark.task.cpus": 2, "spark.executorEnv.TOLD": 3}):
        place = Path(os.environ[standby.VARIABLE])
        assert place.exists()
    assert started == [(["/opt/python", "-m", "sparkcls.daemon", "--stand-by"], "2", "3", "0")]
    with made.beside(LOCAL):
        assert os.environ[standby.VARIABLE] == str(place)
    assert len(started) == 1, "the first one still waits"
    place.unlink()
    with made.beside(LOCAL | {"spark.executorEnv.OMP_NUM_THREADS": "4"}):
        assert place.exists()
    assert started[1:] == [(["/opt/python", "-m", "sparkcls.daemon", "--stand-by"], "4", None, "0")]
    place.unlink()
    assert standby.VARIABLE not in os.environ


def test_an_interpreter_that_is_not_there_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("PYSPARK_PYTHON", str(tmp_path / "python"))
    made = Standby()
    with made.beside(LOCAL):
        assert standby.VARIABLE not in os.environ
    assert not made._place.exists()


@pytest.mark.slow
def test_sessions_one_after_the_other():
    # One with a short path: that of a socket has 107 characters at most.
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-c", SESSIONS],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env={**ENVIRONMENT, "TMPDIR": folder},
        )
        left = [*Path(folder).glob("sparkcls-*/standby-*")]
    found = [line.partition("RESULT ")[2] for line in done.stdout.splitlines() if "RESULT" in line]
    # The last session's daemon has the variables of the JVM, which those of this process were not any more.
    assert found == ["True None", "True None", "False 0"], done.stderr[-3000:]
    assert not left
