import os
import subprocess
import sys

import numpy as np
import pytest
from pyspark.ml import Transformer

from sparkcls.annotation import Annotation
from sparkcls.base import LightPipeline, PipelineModel
from sparkcls.errors import ColumnError, ParamTypeError
from tests.pipelines import classes, classifier_of, pipeline_of, texts_frame


@pytest.fixture(scope="module")
def model(tiny_model):
    return pipeline_of(classifier_of(tiny_model))


class Other(Transformer):
    """A stage that is not of sparkcls."""

    def _transform(self, dataset):
        return dataset


def test_annotate(model):
    light = LightPipeline(model)
    one = light.annotate("good movie")
    assert list(one) == ["document", "token", "class"]
    assert one["document"] == ["good movie"]
    assert one["token"] == ["good", "movie"]
    assert one["class"][0] in ("red", "green", "blue")
    assert light.annotate(["good movie", ""]) == [one, {"document": [""], "token": [], "class": []}]
    assert light.annotate([]) == []


def test_full_annotate_of_a_text_is_a_list_of_one(model):
    light = LightPipeline(model, parse_embeddings=True)
    (one,) = light.fullAnnotate("good movie")
    assert light.fullAnnotate(["good movie"]) == [one]
    assert isinstance(one["class"][0], Annotation)


def test_equals_the_spark_path(spark, bundled):
    texts = ["I really liked that movie!", None, "A dull, lifeless film.", "", "😀 ok", "word " * 300]
    pipeline = pipeline_of(bundled)
    rows = classes(pipeline, texts_frame(spark, texts))
    light = [r["class"] for r in LightPipeline(pipeline).fullAnnotate(texts)]
    for a, b in zip(rows, light, strict=True):
        assert [x["result"] for x in a] == [y.result for y in b]
        for x, y in zip(a, b, strict=True):
            for label in ("NEGATIVE", "POSITIVE"):
                assert np.isclose(float(x["metadata"][label]), float(y.metadata[label]), atol=5e-6)


def test_needs_no_session_and_no_java(tmp_path):
    code = (
        "from pyspark.sql import SparkSession\n"
        "from sparkcls.annotator import *\nfrom sparkcls.base import *\n"
        "c = DistilBertForSequenceClassification.pretrained('distilbert_mini_sequence_classifier_sst2', 'en')\n"
        "stages = [DocumentAssembler(inputCol='text'), Tokenizer(inputCols=['document']), c]\n"
        "c.setInputCols('document', 'token')\n"
        "print(LightPipeline(PipelineModel(stages)).annotate('a fine film')['class'], SparkSession.getActiveSession())"
    )
    environment = {**os.environ, "JAVA_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == ["['POSITIVE']", "None"]


def test_lone_surrogates_become_replacement_characters(model):
    (result,) = LightPipeline(model).fullAnnotate("a\ud800b")
    assert result["document"][0].result == "a\ufffdb"
    assert "error" not in result["class"][0].metadata


def test_lazy_foreign_and_nested_stages(model):
    assembler, tokenizer, classifier = model.stages
    nested = PipelineModel([PipelineModel([assembler, Other(), tokenizer]), classifier])
    assert LightPipeline(nested).annotate("good") == LightPipeline(model).annotate("good")
    lazy = PipelineModel([assembler, tokenizer, classifier.copy().setLazyAnnotator(True)])
    assert list(LightPipeline(lazy).annotate("good")) == ["document", "token"]


def test_params_set_later_count(model):
    assembler, tokenizer, classifier = model.stages
    changed = classifier.copy().setMultilabel(True)
    light = LightPipeline(PipelineModel([assembler, tokenizer, changed]))
    changed.setThreshold(0.0)
    assert light.annotate("good")["class"] == ["red", "green", "blue"]
    changed.setThreshold(1.0)
    assert light.annotate("good")["class"] == []


def test_transform_keeps_the_asked_columns(spark, model):
    frame = texts_frame(spark, ["good"])
    assert LightPipeline(model, output_cols=["class"]).transform(frame).columns == ["id", "text", "class"]
    assert LightPipeline(model).transform(frame).columns == ["id", "text", "document", "token", "class"]


def test_refusals(model):
    with pytest.raises(ParamTypeError, match="takes a fitted PipelineModel, got DistilBert"):
        LightPipeline(model.stages[2])
    for bad in (3, None, [1], ("a",)):
        with pytest.raises(ParamTypeError, match="takes a str or a list of str"):
            LightPipeline(model).annotate(bad)
    with pytest.raises(ColumnError, match="wrong or missing inputCols"):
        LightPipeline(PipelineModel(model.stages[1:])).annotate("good")
