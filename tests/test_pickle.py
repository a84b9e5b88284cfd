"""Stages and pipelines as pickles: broadcast variables, pools of processes, copies."""

import copy
import multiprocessing
import pickle
import threading
from concurrent.futures import ProcessPoolExecutor

import pytest
from pyspark import cloudpickle

from sparkcls.base import LightPipeline, Pipeline, PipelineModel
from sparkcls.errors import ParamError, ParamTypeError
from sparkcls.spark.observing import Observed
from tests.pipelines import classifier_of, pipeline_of
from tests.test_contract import EVERYTHING, STAGES, values

PICKLERS = [pickle, cloudpickle]
TEXTS = ["good movie", "", "the plot was boring"]


@pytest.mark.parametrize("pickler", PICKLERS, ids=lambda p: p.__name__)
@pytest.mark.parametrize("cls", STAGES)
def test_every_stage_comes_back_with_its_params(cls, pickler):
    stage = cls(**EVERYTHING[cls])
    found = pickle.loads(pickler.dumps(stage))
    assert type(found) is cls
    assert found.uid == stage.uid
    assert values(found) == values(stage)
    assert found.extractParamMap() == stage.extractParamMap()
    assert {p.name for p in found.params if found.isSet(p)} == {p.name for p in stage.params if stage.isSet(p)}
    with pytest.raises((ParamTypeError, ParamError)):
        found._update(inputCols=3, inputCol=3) if hasattr(found, "inputCols") else found._update(inputCol=3)


@pytest.mark.parametrize("cls", STAGES)
@pytest.mark.parametrize("copier", [copy.copy, copy.deepcopy, lambda stage: stage.copy()], ids=["copy", "deep", "own"])
def test_copies_do_not_share_params(cls, copier):
    stage = cls(**EVERYTHING[cls])
    found = copier(stage)
    assert values(found) == values(stage)


def test_a_param_is_the_one_of_its_stage(tiny_model):
    stage = classifier_of(tiny_model)
    threshold, found = pickle.loads(pickle.dumps((stage.threshold, stage)))
    assert threshold == stage.threshold == found.threshold
    assert found.copy({threshold: 0.25}).getThreshold() == 0.25
    assert pickle.loads(pickle.dumps(type(stage).threshold)).parent == "undefined"


@pytest.mark.parametrize("pickler", PICKLERS, ids=lambda p: p.__name__)
def test_pipelines_that_were_used_come_back_without_their_model(tiny_model, pickler, monkeypatch):
    light = LightPipeline(pipeline_of(classifier_of(tiny_model)), output_cols=["class"])
    expected = light.annotate(TEXTS)
    content = pickler.dumps(light)
    assert len(content) < 50_000, "weights do not travel"

    def load(*_):
        raise RuntimeError("a model is loaded")

    with monkeypatch.context() as patch:
        patch.setattr("sparkcls.engine.cache.get_classifier", load)
        found = pickle.loads(content)
        models = pickle.loads(pickler.dumps([light.pipeline_model, PipelineModel([light.pipeline_model])]))
    assert found.annotate(TEXTS) == expected
    assert found.output_cols == ["class"]
    assert all(LightPipeline(model).annotate(TEXTS) == expected for model in models)
    assert copy.deepcopy(light).annotate(TEXTS) == copy.copy(light).annotate(TEXTS) == expected
    pipeline = pickle.loads(pickler.dumps(Pipeline(stages=light.pipeline_model.stages)))
    assert [stage.uid for stage in pipeline.getStages()] == [stage.uid for stage in light.pipeline_model.stages]


def test_a_pool_of_new_processes(tiny_model):
    light = LightPipeline(pipeline_of(classifier_of(tiny_model)))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(light.annotate, TEXTS).result(timeout=120) == light.annotate(TEXTS)


def test_figures_of_a_session_stay_in_it(tiny_model):
    stage = classifier_of(tiny_model, metrics=True)
    stage.observed = Observed("class")
    stage.observed._observation = threading.Lock()
    assert pickle.loads(pickle.dumps(stage)).observed is None
    assert stage.copy().observed is stage.observed


def test_a_broadcast_variable(request, tiny_model):
    # Asked for by name, so that it is no test of Spark Connect, which has no broadcast variables.
    spark = request.getfixturevalue("spark")
    light = LightPipeline(pipeline_of(classifier_of(tiny_model)))
    shared = spark.sparkContext.broadcast(light)
    labels = spark.sparkContext.parallelize(TEXTS, 1).map(lambda text: shared.value.annotate(text)["class"])
    assert labels.collect() == [row["class"] for row in light.annotate(TEXTS)]
