"""Ways to bring sparkcls to a standalone cluster: installed, as a zip, in a packed environment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sparkcls.pretrained import LightPipeline
from tests.cluster.environments import make_environment, pack_environment, zip_package
from tests.cluster.jobs import answer, answers, assert_equal, outcome, submit, write_texts
from tests.cluster.processes import REPOSITORY, needs_java
from tests.cluster.standalone import standalone_cluster
from tests.pipelines import pipeline_of

pytestmark = needs_java

OPINIONS = ("a fine film", "a dull and boring mess", "not bad", "wonderful and warm", "")
TEXTS = [f"{OPINIONS[i % 5]} {i}" if i % 5 < 4 else None for i in range(100)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two workers with a core each, to which the path of this process means nothing."""
    with standalone_cluster(tmp_path_factory.mktemp("cluster"), environment={"PYTHONPATH": ""}) as running:
        yield running


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    return write_texts(tmp_path_factory.mktemp("in") / "texts", TEXTS)


@pytest.fixture(scope="module")
def local(bundled):
    """What this process answers."""
    rows = LightPipeline(pipeline_of(bundled.copy().setPrecision("float32"))).fullAnnotate([t or "" for t in TEXTS])
    return {
        i: answer([{"result": a.result, "metadata": a.metadata} for a in row["class"]]) for i, row in enumerate(rows)
    }


def classify(cluster, texts, folder, **how):
    """What became of a job on both workers, and its answers."""
    jobs = [{"look": True}, {"input": str(texts), "output": str(folder / "out"), "partitions": 8}]
    submit(cluster, folder, jobs, **how).finish()
    found = outcome(folder)
    assert "failed" not in found["jobs"][0]
    # Both had part in it, each with what is its own.
    assert {w["cache"] for w in found["workers"]} == {str(worker.cache) for worker in cluster.workers}
    assert all(Path(w["cwd"]).is_relative_to(Path(w["cache"]).parent / "work") for w in found["workers"])
    return found, answers(folder / "out")


def test_installed_on_the_workers(cluster, texts, local, tmp_path):
    confs = {"spark.python.daemon.module": "sparkcls.daemon", "spark.executorEnv.PYTHONPATH": REPOSITORY}
    before = [len(worker.events()) for worker in cluster.workers]
    _, found = classify(cluster, texts, tmp_path, confs=confs, environment={"PYTHONPATH": str(REPOSITORY)})
    assert_equal(found, local)
    assert {label for label, _, _ in found.values()} == {"POSITIVE", "NEGATIVE", None}
    for worker, events in zip(cluster.workers, before, strict=True):
        loads = [e["pid"] for e in worker.events()[events:] if e["event"] == "load"]
        assert len(loads) == len(set(loads)) <= 1, "a worker of one core loads once"


def test_as_a_zip(cluster, texts, local, tmp_path):
    """Neither the driver nor the workers have it installed, and the bundled model is inside the zip."""
    python = str(make_environment(tmp_path / "environment", with_sparkcls=False) / "bin" / "python")
    archive = zip_package(tmp_path / "sparkcls.zip")
    environment = {"PYSPARK_PYTHON": python, "PYSPARK_DRIVER_PYTHON": python, "PYTHONPATH": ""}
    found, scored = classify(cluster, texts, tmp_path, options=["--py-files", archive], environment=environment)
    inside = os.path.join("sparkcls.zip", "sparkcls", "__init__.py")
    assert found["driver"].endswith(inside)
    assert all(w["sparkcls"].endswith(inside) for w in found["workers"])
    assert {w["executable"] for w in found["workers"]} == {python}
    assert all(list(worker.cache.rglob("model.safetensors.index.json")) for worker in cluster.workers), (
        "unpacked where tasks ran"
    )
    assert_equal(scored, local)


def test_in_a_packed_environment(cluster, texts, local, tmp_path):
    folder = make_environment(tmp_path / "made", with_sparkcls=True)
    archive = pack_environment(folder, tmp_path / "environment.tar.gz")
    found, scored = classify(
        cluster,
        texts,
        tmp_path,
        confs={"spark.python.daemon.module": "sparkcls.daemon"},
        options=["--archives", f"{archive}#environment"],
        environment={
            "PYSPARK_PYTHON": "./environment/bin/python",
            "PYSPARK_DRIVER_PYTHON": str(folder / "bin" / "python"),
            "PYTHONPATH": "",
        },
    )
    for worker in found["workers"]:
        unpacked = Path(worker["cwd"]) / "environment"
        assert Path(worker["prefix"]).samefile(unpacked)
        assert Path(worker["executable"]).is_relative_to(unpacked)
        assert Path(worker["sparkcls"]).is_relative_to(unpacked)
    assert_equal(scored, local)
