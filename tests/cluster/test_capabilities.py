"""What has tests of its own on one machine, once on a cluster of two workers, with a model that is on neither."""

import json

import pytest

from sparkcls.light import LightPipeline
from tests.cluster.processes import needs_java
from tests.cluster.scripts.capabilities import FILES, ROWS, TEXTS
from tests.cluster.standalone import SCRIPTS, standalone_cluster
from tests.models import save_tiny_model
from tests.pipelines import classifier_of, pipeline_of

pytestmark = needs_java


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """What scripts/capabilities.py has found, and what this process answers."""
    folder = tmp_path_factory.mktemp("capabilities")
    model = save_tiny_model(folder / "model", ["x", "y", "z"], seed=21)
    light = LightPipeline(pipeline_of(classifier_of(model, precision="float32")))
    answers = [light.annotate(text)["class"][0] for text in TEXTS]
    with standalone_cluster(folder / "cluster", workers=2) as cluster:
        cluster.submit(SCRIPTS / "capabilities.py", model, folder).finish(300)
        executors = [key for key, log in cluster.logs().items() if "sparkcls-" in log]
    expected = {str(i): answers[i % len(TEXTS)] for i in range(ROWS)}
    return json.loads((folder / "found.json").read_text()) | {"expected": expected, "executors": executors}


def test_saving(found):
    assert found["saving"] == found["expected"]


def test_sql(found):
    assert found["sql"] == found["expected"]


def test_mlflow(found):
    assert found["mlflow"] == found["expected"]


def test_streaming(found):
    assert found["streaming"] == found["expected"]
    assert found["rows in the sink"] == ROWS


def test_metrics(found):
    assert found["metrics"]["rows"] == ROWS
    assert found["metrics"]["scored"] <= FILES * len(TEXTS)
    assert found["metrics"]["failed"] == 0


def test_both_workers_took_part(found):
    assert {key.partition("/")[0] for key in found["executors"]} == {"worker0", "worker1"}
