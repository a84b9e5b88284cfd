"""Long texts in windows: the Params, and what rows get by Spark, SQL and a LightPipeline."""

import json

import numpy as np
import pytest
from pyspark.ml import PipelineModel

import sparkcls
from sparkcls import sql
from sparkcls.annotator import BertForZeroShotClassification, TransformerForSequenceClassification
from sparkcls.base import DocumentAssembler, LightPipeline
from sparkcls.errors import ParamError, ParamTypeError
from sparkcls.pipelines.saved import write_pipeline
from sparkcls.stages.sentence_detector import SentenceDetector
from sparkcls.stages.tokenizer import Tokenizer
from tests.families import save_tiny_family
from tests.models import save_tiny_model
from tests.pipelines import assert_same, classes, classifier_of, pipeline_of, texts_frame

LABELS = ["red", "green", "blue"]
LONG = "the market was awful and boring, " * 10
TEXTS = ["good movie", LONG, "a dull plot", None, LONG, " ", "the team won " * 30]


@pytest.fixture
def stage(tiny_model):
    return classifier_of(tiny_model, maxSentenceLength=16).setLongText("windows")


def light(stage, **stages):
    return LightPipeline(pipeline_of(stage, **stages))


def category(stage, text, *second):
    (found,) = light(stage).fullAnnotate(text, *second)[0]["class"]
    return found


def scores(annotation, labels=LABELS):
    return np.array([float(annotation.metadata[label]) for label in labels])


def test_params(tiny_model):
    stage = classifier_of(tiny_model)
    assert (stage.getLongText(), stage.getWindowStride(), stage.getWindowPooling()) == ("truncate", 32, "mean")
    assert stage.setMaxSentenceLength(64).getWindowStride() == 16
    stage.setParams(longText="Windows ", windowStride=10, windowPooling="MAX")
    assert (stage.getLongText(), stage.getWindowStride(), stage.getWindowPooling()) == ("windows", 10, "max")
    for call, kind, message in [
        (lambda: stage.setLongText("split"), ParamError, "longText must be one of truncate, windows; got 'split'"),
        (lambda: stage.setLongText(True), ParamTypeError, "longText takes a str"),
        (lambda: stage.setWindowStride(-1), ParamError, "windowStride must be at least 0, got -1"),
        (lambda: stage.setWindowStride(1.5), ParamTypeError, "windowStride takes an int"),
        (lambda: stage.setWindowPooling("last"), ParamError, "windowPooling must be one of mean, max, first"),
    ]:
        with pytest.raises(kind, match=message):
            call()
    with pytest.raises(ParamError, match="windowStride is 62; with maxSentenceLength 64 a window has room for 62"):
        light(stage.setWindowStride(62)).annotate("a")
    assert light(stage.setLongText("truncate")).annotate("a")["class"]


def test_a_long_text_has_one_annotation_of_all_its_windows(stage):
    cut = stage.copy().setLongText("truncate")
    for text in (t for t in TEXTS if t and t.strip()):
        one, whole = category(cut, text), category(stage, text)
        if "truncated" not in one.metadata:
            assert_same([one], [whole])
            continue
        assert (one.begin, one.end) == (whole.begin, whole.end)
        assert list(whole.metadata) == ["sentence", "windows", *LABELS]
        assert int(whole.metadata["windows"]) > 3
        assert sum(scores(whole)) == pytest.approx(1, abs=1e-5)
        assert np.abs(scores(one) - scores(whole)).max() > 1e-3
        assert_same([category(stage.copy().setWindowPooling("first"), text)], [one])
        assert np.abs(scores(category(stage.copy().setWindowPooling("max"), text)) - scores(whole)).max() > 1e-3


def test_spark_sql_and_a_light_pipeline_agree(spark, stage, tmp_path):
    stage.setWindowStride(5).setMetrics(True)
    model = pipeline_of(stage)
    found = classes(model, texts_frame(spark, TEXTS))
    here = LightPipeline(model).fullAnnotate(TEXTS)
    for row, annotations in zip(found, here, strict=True):
        assert_same(row, annotations["class"])
    counts = [row[0]["metadata"].get("windows") if row else None for row in found]
    windows = counts[1]
    assert counts == [None, windows, None, None, windows, None, counts[6]]
    figures = sparkcls.metrics(stage)
    assert (figures["sentences"], figures["windowed"], figures["truncated"], figures["empty"]) == (5, 3, 0, 2)
    assert figures["scored"] == 2 + int(windows) + int(counts[6])
    model.write().overwrite().save(str(tmp_path / "saved"))
    again = PipelineModel.load(str(tmp_path / "saved"))
    loaded = again.stages[-1]
    assert (loaded.getLongText(), loaded.getWindowStride(), loaded.getWindowPooling()) == ("windows", 5, "mean")
    for row, annotations in zip(LightPipeline(again).fullAnnotate(TEXTS), here, strict=True):
        assert_same(row["class"], annotations["class"])
    sql.register(spark, "colour", loaded)
    texts_frame(spark, TEXTS).createOrReplaceTempView("long_texts")
    said = spark.sql("SELECT colour(text) AS s FROM long_texts ORDER BY id").collect()
    for (answer,), row in zip(said, found, strict=True):
        assert answer["label"] == (row[0]["result"] if row else None)
        assert (answer["truncated"] or 0) == 0


def test_sparkcls_0_2_reads_what_does_not_ask_for_windows(tiny_model, tmp_path):
    stage = classifier_of(tiny_model).setSaveWeights(False)
    for number, saved in enumerate((stage, stage.copy().setLongText("windows"))):
        write_pipeline(pipeline_of(saved), tmp_path / str(number))
        (file,) = (tmp_path / str(number) / "stages").glob("2_*/metadata/part-*")
        metadata = json.loads(file.read_text())
        assert not {"longText", "windowStride", "windowPooling"} & {*metadata["defaultParamMap"]}
        assert metadata["defaultParamMap"]["activation"] == "softmax"
        assert metadata["paramMap"].get("longText") == (None, "windows")[number]
        assert LightPipeline.load(tmp_path / str(number)).pipeline_model.stages[2].getWindowPooling() == "mean"


def test_averaged_sentences_are_pooled_first(stage):
    text = f"good movie. {LONG}. a dull plot."
    stages = [
        DocumentAssembler(inputCol="text", outputCol="document"),
        SentenceDetector(inputCols=["document"], outputCol="sentence"),
        Tokenizer(inputCols=["sentence"], outputCol="token"),
    ]
    stage.setInputCols(["sentence", "token"])
    each = LightPipeline(PipelineModel([*stages, stage])).fullAnnotate(text)[0]["class"]
    assert [a.metadata.get("windows") for a in each] == [None, each[1].metadata["windows"], None]
    (row,) = LightPipeline(PipelineModel([*stages, stage.copy().setCoalesceSentences(True)])).fullAnnotate(text)[0][
        "class"
    ]
    assert scores(row) == pytest.approx(np.mean([scores(a) for a in each], axis=0), abs=1e-6)
    assert row.metadata["windows"] == each[1].metadata["windows"]


def test_pairs(stage):
    stages = [
        DocumentAssembler(inputCol="text", outputCol="document"),
        DocumentAssembler(inputCol="other", outputCol="second"),
        Tokenizer(inputCols=["document"], outputCol="token"),
        stage.setPairCol("second"),
    ]
    found = LightPipeline(PipelineModel(stages)).fullAnnotate([LONG, "a", LONG], ["good movie", LONG, "bad " * 20])
    whole, failed, other = (row["class"][0] for row in found)
    assert int(whole.metadata["windows"]) > 5
    assert "leave no room for the first. Set more, or shorten the second" in failed.metadata["error"]
    assert (failed.result, other.result) == ("", "")


def test_zero_shot(tmp_path):
    folder = save_tiny_family(tmp_path / "nli", "bert", ["contradiction", "neutral", "entailment"])
    stage = BertForZeroShotClassification.loadSavedModel(folder)
    stage._update(inputCols=["token", "document"], outputCol="class", candidateLabels=["good", "bad"])
    stage.setMaxSentenceLength(24).setLongText("windows").setHypothesisTemplate("it is {}")
    found = category(stage, LONG)
    assert int(found.metadata["windows"]) > 4
    assert sum(scores(found, ["good", "bad"])) == pytest.approx(1, abs=1e-5)
    several = light(stage.copy().setMultilabel(True).setThreshold(0.0)).fullAnnotate(LONG)[0]["class"]
    assert [a.result for a in several] == ["good", "bad"]
    with pytest.raises(ParamError, match="there are no windows; call setLongText"):
        category(stage.setTokenization("sparknlp").setCaseSensitive(False), LONG)


def test_windows_of_spark_nlps_wordpieces(stage):
    stage.setTokenization("sparknlp").setCaseSensitive(False)
    # These words are wordpieces of both ways of reading.
    words = "good movie bad plot the team won " * 6
    theirs, ours = category(stage, words), category(stage.copy().setTokenization("huggingface"), words)
    assert theirs.metadata["windows"] == ours.metadata["windows"]
    assert scores(theirs) == pytest.approx(scores(ours), abs=1e-6)


@pytest.mark.parametrize("family", ["longformer", "xlnet", "modernbert"])
def test_other_families(family, tmp_path):
    stage = TransformerForSequenceClassification.loadSavedModel(save_tiny_family(tmp_path / family, family, LABELS))
    stage._update(inputCols=["token", "document"], outputCol="class", maxSentenceLength=16, longText="windows")
    assert int(category(stage, LONG).metadata["windows"]) > 3
    assert "windows" not in category(stage, "good movie").metadata


def test_a_label_called_windows_wins(tmp_path):
    folder = save_tiny_model(tmp_path / "named", ["windows", "doors"])
    found = category(classifier_of(folder, maxSentenceLength=16, longText="windows"), LONG)
    assert list(found.metadata) == ["sentence", "windows", "doors"]
    assert sum(scores(found, ["windows", "doors"])) == pytest.approx(1, abs=1e-5)
