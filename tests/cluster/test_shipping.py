"""A model that is on the driver alone: Spark carries it to each executor, once."""

import json
import re
import shutil
import subprocess
import sys
import time

import pytest

from sparkcls import _classic
from sparkcls.light import LightPipeline
from tests.cluster.connect import connect_server
from tests.cluster.processes import clean_environment, kill, needs_java, new_mark, wait_until
from tests.cluster.scripts.ship import PARTITIONS, ROWS, TEXTS
from tests.cluster.standalone import SCRIPTS, standalone_cluster
from tests.models import save_tiny_model
from tests.pipelines import classifier_of, pipeline_of

pytestmark = needs_java


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with standalone_cluster(tmp_path_factory.mktemp("cluster"), workers=1) as running:
        yield running


def expected(model):
    """What this process answers, by text."""
    light = LightPipeline(pipeline_of(classifier_of(model, precision="float32")))
    return [a["class"][0] for a in light.fullAnnotate(TEXTS)]


def check(folder, answers):
    outcomes = json.loads((folder / "answers.json").read_text())
    for outcome in outcomes:
        assert len(outcome) == ROWS
        for i, (label, metadata) in outcome.items():
            answer = answers[int(i) % len(TEXTS)]
            assert label == answer.result
            for name in "xyz":
                assert float(metadata[name]) == pytest.approx(float(answer.metadata[name]), abs=5e-6)
    return len(outcomes)


def fetches(cluster):
    """How often each executor has fetched a model, by its name."""
    found = {key: re.findall(r"Executor: Fetching \S+/sparkcls-\w+\.zip", log) for key, log in cluster.logs().items()}
    return {key: len(lines) for key, lines in found.items() if lines}


def unpacked(worker):
    """Model folders that Spark has put onto a worker's disk, and their bytes."""
    folders = [p for p in worker.folder.rglob("sparkcls-*") if p.is_dir()]
    return {str(p): sum(f.stat().st_size for f in p.rglob("*") if f.is_file()) for p in folders}


def test_once_to_each_executor_and_to_those_that_come_later(cluster, tmp_path):
    model = save_tiny_model(tmp_path / "model", ["x", "y", "z"], seed=11)
    size = sum(f.stat().st_size for f in model.iterdir())
    answers = expected(model)
    driver = cluster.submit(SCRIPTS / "ship.py", model, tmp_path, 3)
    wait_until(lambda: (tmp_path / "done-0").exists() or not driver.running, 120, "the first job")
    (tmp_path / "go-1").touch()
    wait_until(lambda: (tmp_path / "done-1").exists() or not driver.running, 60, "the second job")
    [first] = cluster.workers
    assert list(fetches(cluster).values()) == [1], "two jobs, one copy"
    late = cluster.add_worker()
    wait_until(lambda: bool(late.executors()), 60, "the executor of the late worker")
    time.sleep(5)  # it has yet to register with the driver
    (tmp_path / "go-2").touch()
    driver.finish(120)
    assert check(tmp_path, answers) == 3
    assert sorted(fetches(cluster).values()) == [1, 1]
    for worker in (first, late):
        [copied] = unpacked(worker).values()
        assert copied == size, "a copy whole, and no more than one"
        events = worker.events()
        loads = [e["pid"] for e in events if e["event"] == "load"]
        assert sorted(loads) == sorted(set(loads)), "a Python worker loads it once"
        assert len(loads) <= 2, "of one task slot; Spark retires workers that idle"
        assert not any(e["event"] == "copy" for e in events)
        assert not (worker.cache / ".digests").exists()
    cached = sum(e["event"] == "forward" for w in (first, late) for e in w.events())
    assert cached >= 3 * PARTITIONS - PARTITIONS, "both computed"


@pytest.mark.skipif(_classic.IS_3, reason="pyspark.ml on Spark Connect begins with 4.0")
def test_from_a_client_of_connect_through_its_server_to_each_executor(cluster, tmp_path):
    """The client's folder is on no other machine; the client has no Java, the server no model."""
    model = save_tiny_model(tmp_path / "model", ["x", "y", "z"], seed=13)
    answers = expected(model)
    before = fetches(cluster)
    confs = {
        name: str(value) for name, value in cluster.confs().items() if name not in ("spark.master", "spark.ui.enabled")
    }
    with connect_server(tmp_path / "server", master=cluster.url, confs=confs) as server:
        environment = clean_environment(new_mark()) | {"SPARK_REMOTE": server.url, "JAVA_HOME": "/absent"}
        command = [sys.executable, str(SCRIPTS / "ship.py"), str(model), str(tmp_path), "1"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
    assert check(tmp_path, answers) == 1
    new = {key: count for key, count in fetches(cluster).items() if key not in before}
    assert set(new.values()) == {1}


def save_large(folder):
    """A model of 130 MB that takes a while to carry."""
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    small = save_tiny_model(folder.with_name("small"), ["x", "y", "z"], seed=12)
    config = DistilBertConfig(n_layers=1, num_labels=3, vocab_size=30522, id2label=dict(enumerate("xyz")))
    DistilBertForSequenceClassification(config).save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt"):
        if (small / name).exists():
            shutil.copy(small / name, folder)
    return folder


def test_an_executor_is_lost_while_the_model_is_on_its_way(cluster, tmp_path):
    model = save_large(tmp_path / "model")
    answers = expected(model)
    before = set(cluster.logs())
    driver = cluster.submit(SCRIPTS / "ship.py", model, tmp_path, 1)
    lost = []

    def fetching():
        for worker in cluster.workers:
            for key, log in worker.logs().items():
                if f"{worker.name}/{key}" not in before and ".zip" in log and "sparkcls-" in log:
                    for process in worker.executors():
                        kill(process)
                    lost.append(f"{worker.name}/{key}")
                    return True
        return not driver.running

    wait_until(fetching, 120, "the first fetch", pause=0.005)
    [key] = lost
    driver.finish(180)
    assert check(tmp_path, answers) == 1
    assert "Finished task" not in cluster.logs()[key], "it was lost before it had done anything"
    assert len([k for k, n in fetches(cluster).items() if k not in before and n]) >= 2, "another got it again"
