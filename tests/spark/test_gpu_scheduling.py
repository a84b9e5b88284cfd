"""Spark's own scheduling of GPUs, on a standalone cluster whose worker is told that it has two."""

import json
import re

import pytest

from tests.cluster.processes import needs_java
from tests.cluster.standalone import SCRIPTS, standalone_cluster

pytestmark = needs_java


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """One worker with two slots and the GPUs "0" and "1", neither of which torch sees."""
    folder = tmp_path_factory.mktemp("gpus")
    script = folder / "discover.sh"
    script.write_text("""#!/bin/sh\necho '{"name": "gpu", "addresses": ["0", "1"]}'\n""")
    script.chmod(0o755)
    resource = "-Dspark.worker.resource.gpu"
    environment = {
        "SPARK_WORKER_OPTS": f"{resource}.amount=2 {resource}.discoveryScript={script}",
        "CUDA_VISIBLE_DEVICES": "",
    }
    with standalone_cluster(folder / "cluster", workers=1, cores=2, environment=environment) as running:
        yield running


def submitted(cluster, out, amount, what):
    """What the driver found where each task asks for so much of a GPU."""
    confs = {
        "spark.executor.cores": 2,
        "spark.executor.resource.gpu.amount": 2,
        "spark.task.resource.gpu.amount": amount,
        "spark.task.maxFailures": 1,
    }
    cluster.submit(SCRIPTS / "gpus.py", out, what, confs=confs).finish()
    found = json.loads(out.read_text())
    assert {task["gpus"] for task in found["tasks"]} <= {"0", "1"}, "each task has one address"
    return found


def pairs_at_once(tasks):
    """The addresses of every two tasks that ran at the same time."""
    pairs = [
        {a["gpus"], b["gpus"]}
        for i, a in enumerate(tasks)
        for b in tasks[i + 1 :]
        if a["begin"] < b["end"] and b["begin"] < a["end"]
    ]
    assert pairs, "two tasks ran at once"
    return pairs


def test_a_gpu_for_each_task(cluster, tmp_path):
    found = submitted(cluster, tmp_path / "out.json", "1", "classify")
    assert all(pair == {"0", "1"} for pair in pairs_at_once(found["tasks"]))
    assert found["labels"] == [["POSITIVE"], ["NEGATIVE"]] * 8, "auto goes on with the CPU"
    message = r"DeviceError: setDevice\('cuda'\): torch sees no CUDA device here \(Spark assigned GPU [01], "
    assert re.search(message, found["error"])
    log = "".join(cluster.logs().values())
    warnings = re.findall(r" WARNING sparkcls\.engine\.device: device auto: cpu, though Spark assigned GPU [01], ", log)
    # One for each address in each of two Python workers, however many tasks they run.
    assert 1 <= len(warnings) <= 4, log


def test_half_a_gpu_for_each_task(cluster, tmp_path):
    found = submitted(cluster, tmp_path / "out.json", "0.5", "tell")
    assert all(len(pair) == 1 for pair in pairs_at_once(found["tasks"])), "the two share one"
