import os
import subprocess
import sys

import pytest
from pyspark.ml import Transformer

from sparkcls import mounts
from sparkcls.annotation import Annotation
from sparkcls.annotator import SentenceDetector, Tokenizer
from sparkcls.base import LightPipeline, PipelineModel
from sparkcls.errors import ColumnError, ParamTypeError
from tests.pipelines import assert_same, classes, classifier_of, pipeline_of, texts_frame


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


def test_a_text_does_not_wait_for_the_mounted_filesystems(model, monkeypatch):
    light = LightPipeline(model)
    light.annotate("good movie")
    monkeypatch.setattr(mounts, "_found", lambda *_: pytest.fail("they are read again"))
    assert light.annotate("good movie")["document"] == ["good movie"]


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
        assert_same(b, a)


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
    for bad in (3, None, [1], ("a",), [True], ["a", 1]):
        with pytest.raises(ParamTypeError, match="takes a str, a list of str, or a list of int ids"):
            LightPipeline(model).annotate(bad)
    with pytest.raises(ParamTypeError, match="one id a text, got 1 ids and 2 texts"):
        LightPipeline(model).annotate([1], ["a", "b"])
    for kind in (ColumnError, TypeError):
        with pytest.raises(kind, match="wrong or missing inputCols"):
            LightPipeline(PipelineModel(model.stages[1:])).annotate("good")


def test_ids_contexts_and_metadata(model):
    light = LightPipeline(PipelineModel(model.stages[:2]))

    def metadata(*arguments, **keywords):
        return [result["document"][0].metadata for result in light.fullAnnotate(*arguments, **keywords)]

    assert metadata([7, 8], ["a", "b"]) == [{"id": "7", "sentence": "0"}, {"id": "8", "sentence": "0"}]
    assert light.annotate("good", "a context") == light.annotate("good")
    assert light.annotate(["good", "bad"], ["c", "d"]) == light.annotate(["good", "bad"])
    # As the original, which walks both lists together.
    assert light.annotate(["good", "bad"], ["c"]) == light.annotate(["good"])
    assert light.annotate(["good"], ["c", "d"]) == light.annotate(["good"])
    assert light.fullAnnotate(["good", "bad"], []) == []
    for texts, contexts in (("good", ["c"]), (["good"], "c"), (["good"], [1]), (["good"], None)):
        with pytest.raises(ParamTypeError, match="takes a str beside a str, and a list of str beside a list of str"):
            light.annotate(texts, contexts)
    assert metadata("a", metadata={"k": 1, "sentence": "9"}) == [{"k": "1", "sentence": "0"}]
    both = [{"k": "1", "sentence": "0"}, {"k": "2", "sentence": "0"}]
    assert metadata(["a", "b"], metadata=[{"k": 1}, {"k": 2}]) == both
    assert metadata(["a", "b"], metadata={"k": [1, 2]}) == both
    for wrong in ([{"k": 1}], {"k": [1]}, {"k": 1}, 7):
        with pytest.raises(ParamTypeError, match="metadata takes a dict for a str"):
            light.annotate(["a", "b"], metadata=wrong)


def test_a_lazy_column_is_empty_for_those_that_read_it(model):
    assembler, _, _ = model.stages
    lazy = SentenceDetector(inputCols=["document"], lazyAnnotator=True)
    reader = Tokenizer(inputCols=["sentence"])
    assert LightPipeline(PipelineModel([assembler, lazy, reader])).annotate("a b") == {"document": ["a b"], "token": []}
