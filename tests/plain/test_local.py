"""The call without Spark: what it takes, what it gives, and from many threads."""

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import sparkcls
from sparkcls.annotator import (
    DistilBertForSequenceClassification,
    DistilBertForZeroShotClassification,
    SentenceDetector,
    Tokenizer,
)
from sparkcls.base import DocumentAssembler, Finisher, LightPipeline, Pipeline, PipelineModel
from sparkcls.errors import ColumnError, ModelFormatError, ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.pipelines.saved import write_pipeline
from sparkcls.plain.finding import find_model
from tests.families import save_tiny_family
from tests.pipelines import classifier_of, pipeline_of

TEXTS = ["good movie", None, "the plot was bad"]
BUNDLED = "distilbert_mini_sequence_classifier_sst2"


@pytest.fixture(scope="module")
def classify(tiny_model):
    return sparkcls.classifier(tiny_model)


def labels(frame):
    return frame["label"].tolist()


@pytest.mark.parametrize(
    "texts",
    [
        TEXTS,
        tuple(TEXTS),
        np.array(TEXTS, dtype=object),
        pd.Series(TEXTS),
        pd.Series([TEXTS[0], np.nan, TEXTS[2]], dtype=object),
        pd.Series(TEXTS, dtype="string"),
        pd.Series(TEXTS, dtype="category"),
        pa.array(TEXTS),
        pa.chunked_array([TEXTS[:1], TEXTS[1:]]),
        pa.array(TEXTS).dictionary_encode(),
        pa.array(TEXTS, pa.large_string()),
    ],
    ids=lambda texts: f"{type(texts).__name__} {getattr(texts, 'dtype', getattr(texts, 'type', ''))}",
)
def test_columns_of_texts(classify, texts):
    found = classify(texts)
    assert labels(found) == [classify(t)["label"] if t else None for t in TEXTS]
    assert labels(found)[0]
    assert list(found.columns) == ["label", "confidence", "scores", "error", "truncated"]
    assert list(found.index) == [0, 1, 2]


def test_one_text(classify):
    assert list(classify("good")) == ["label", "confidence", "scores", "error", "truncated"]
    assert classify("good")["confidence"] == classify("good")["scores"][classify("good")["label"]]
    assert (
        classify(
            "good",
            prefix="x_",
        )["x_label"]
        == classify("good", output="s")["s"]["label"]
    )
    assert classify("  ") == dict.fromkeys(classify("good"))


def test_tables(classify):
    frame = pd.DataFrame({"text": TEXTS, "n": [1, 2, 3]}, index=pd.Index([5, 5, 6], name="i"))
    found = classify(frame, "text")
    assert found.index.equals(frame.index)
    assert list(found.columns) == [*frame.columns, "label", "confidence", "scores", "error", "truncated"]
    assert [str(found.dtypes[c]) for c in ("label", "confidence", "truncated")] == ["object", "float64", "Int64"]
    for table in (pa.table({"text": TEXTS}), pa.record_batch({"text": TEXTS})):
        assert labels(classify(table, "text")) == labels(found)
    again = classify(found, "text", overwrite=True)
    assert list(again.columns) == list(found.columns)
    assert again.equals(found)
    structs = classify(frame, "text", output="said")["said"]
    assert [s["label"] for s in structs] == labels(found)
    assert structs.index.equals(frame.index)
    assert list(classify(frame[:0], "text").columns) == list(found.columns)
    assert len(classify([])) == len(classify(frame[:0], "text")) == 0


@pytest.mark.parametrize(
    ("data", "column", "error", "message"),
    [
        (None, None, ParamTypeError, "takes a str; a list.*It got builtins.NoneType"),
        (b"good", None, ParamTypeError, "It got builtins.bytes"),
        ({"text": "good"}, None, ParamTypeError, "It got builtins.dict"),
        (np.array([["a"]]), None, ParamTypeError, "one-dimensional"),
        (["a", 3], None, ParamTypeError, r"Row 1 \(counted from 0\) is '3' of type int, and not a str"),
        (["a", ["b"]], None, ParamTypeError, "Row 1.* of type list"),
        ("good", "text", ParamTypeError, "column='text' is for tables; builtins.str has no columns"),
        (pd.DataFrame({"text": ["a"]}), None, ParamTypeError, r"Name the column of texts.*: one of text"),
        (pd.DataFrame({"text": ["a"]}), "txt", ColumnError, "There is no column 'txt'.*Is 'text' meant"),
        (
            pd.DataFrame({"text": ["a", 1.5]}),
            "text",
            ParamTypeError,
            "Row 1 of column 'text' .* is '1.5' of type float",
        ),
        (pd.DataFrame([["a", "b"]], columns=["t", "t"]), "t", ColumnError, "There are 2 columns 't'"),
        (pd.DataFrame({"text": ["a"], "label": ["b"]}), "text", ColumnError, "There is a column 'label' already"),
        (pd.DataFrame({"text": ["a"]}), ("text", "text"), None, None),
        (pd.DataFrame({"text": ["a"]}), ("a", "b", "c"), ParamTypeError, "one name, or a pair"),
    ],
)
def test_what_is_refused(classify, data, column, error, message):
    if error is None:
        assert classify(data, column)["label"].notna().all()
        return
    with pytest.raises(error, match=message):
        classify(data, column)


def test_names_of_columns(classify):
    for arguments, message in [
        ({"prefix": 1}, "prefix takes a str"),
        ({"output": ""}, "output takes a str"),
        ({"output": "a", "prefix": "b"}, "leave one out"),
    ]:
        with pytest.raises((ParamError, ParamTypeError), match=message):
            classify(["a"], **arguments)


def test_which_columns_there_are(tiny_model):
    for params, columns in [
        ({"onError": "raise"}, ["label", "confidence", "scores", "truncated"]),
        ({"longText": "windows"}, ["label", "confidence", "scores", "error"]),
        ({"multilabel": True}, ["label", "confidence", "scores", "labels", "error", "truncated"]),
    ]:
        assert list(sparkcls.classify(["good " * 600], model=tiny_model, **params).columns) == columns


def test_threads_share_one(tiny_model):
    classify = sparkcls.classifier(tiny_model)
    texts = [f"good movie {i} " * (1 + i % 7) for i in range(64)]
    expected = classify(texts)
    with ThreadPoolExecutor(16) as pool:
        single = list(pool.map(classify, texts))
        several = list(pool.map(lambda n: classify(texts[n:] + texts[:n]), range(16)))
    assert [one["label"] for one in single] == labels(expected)
    assert [one["confidence"] for one in single] == pytest.approx(expected["confidence"].tolist(), abs=5e-6)
    for n, found in enumerate(several):
        assert labels(found) == labels(expected)[n:] + labels(expected)[:n]


def test_pickled(classify):
    assert pickle.loads(pickle.dumps(classify))(TEXTS).equals(classify(TEXTS))


def test_without_spark_and_java():
    code = (
        "import os, sys; os.environ['PATH'] = ''; os.environ.pop('JAVA_HOME', None)\n"
        "import sparkcls; found = sparkcls.classify(['I liked it', 'awful'])\n"
        "from pyspark.sql import SparkSession; from pyspark import SparkContext\n"
        "print(*found['label'], SparkSession.getActiveSession(), SparkContext._gateway)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["POSITIVE", "NEGATIVE", "None", "None"]


def test_models(tiny_model, tmp_path, monkeypatch):
    stage = classifier_of(tiny_model, multilabel=True, threshold=0.1)
    write_pipeline(pipeline_of(stage), tmp_path / "pipeline")
    write_pipeline(PipelineModel([stage]), tmp_path / "one")
    (saved,) = (tmp_path / "one" / "stages").iterdir()
    expected = sparkcls.classify(TEXTS, model=stage)
    assert expected["labels"].tolist()[0]
    for model in (tmp_path / "pipeline", str(saved), pipeline_of(stage), sparkcls.classifier(stage)):
        assert sparkcls.classify(TEXTS, model=model).equals(expected)
        assert "labels" not in sparkcls.classify(TEXTS, model=model, multilabel=False)
    assert stage.getMultilabel()
    changed = stage.copy()
    classify = sparkcls.classifier(pipeline_of(changed))
    changed.setThreshold(1.0)
    assert classify(TEXTS).equals(expected)
    assert sparkcls.classifier().model.name == sparkcls.classifier(BUNDLED).model.name == BUNDLED
    # A folder of something else does not hide the name, one of a model does.
    (tmp_path / "imdb").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelNotFoundError, match="No model 'imdb'"):
        find_model("imdb", None, "en", {})
    save_tiny_family(tmp_path / "owner" / "name", "bert", ["a", "b"])
    assert sparkcls.classifier("owner/name").labels == ["a", "b"]
    with pytest.raises(ModelFormatError, match=r"has no config.json"):
        sparkcls.classifier(".")
    for model, message in [("./none", "There is no folder"), ("a/b/c", "There is no folder .*a/b/c")]:
        with pytest.raises(ModelNotFoundError, match=message):
            sparkcls.classifier(model)
    for model, message in [
        (3, "got int"),
        (Pipeline(stages=[]), "got Pipeline; call fit first"),
        (LightPipeline(pipeline_of(stage)), "got LightPipeline; give its pipeline_model"),
        (PipelineModel([]), "this one ends in nothing"),
        (PipelineModel([DocumentAssembler(inputCol="text")]), "this one ends in DocumentAssembler"),
    ]:
        with pytest.raises(ParamTypeError, match=message):
            sparkcls.classifier(model)


def test_several_sentences(tiny_model):
    stages = [
        DocumentAssembler(inputCol="text"),
        SentenceDetector(inputCols=["document"]),
        Tokenizer(inputCols=["sentence"]),
    ]
    stage = classifier_of(tiny_model).setInputCols("sentence", "token")
    model = PipelineModel([*stages, stage, Finisher(inputCols=["class"])])
    texts = ["Good movie. The plot was bad.", "Bad. Good. Fine."]
    found = sparkcls.classify(texts, model=model)
    first = [row["class"][0] for row in LightPipeline(PipelineModel([*stages, stage])).fullAnnotate(texts)]
    assert labels(found) == [a.result for a in first]
    averaged = sparkcls.classify(texts, model=PipelineModel([*stages, stage]), coalesceSentences=True)
    assert averaged["confidence"].tolist() != found["confidence"].tolist()


def test_pairs(tmp_path):
    folder = save_tiny_family(tmp_path / "pairs", "bert", ["a", "b", "c"])
    frame = pd.DataFrame({"p": ["good", None, "good"], "q": ["bad film", "bad", None]})
    found = sparkcls.classify(frame, ("p", "q"), folder)
    document, second = DocumentAssembler(inputCol="p"), DocumentAssembler(inputCol="q", outputCol="second")
    stage = sparkcls.classifier(folder).classifier.copy().setInputCols("document", "token").setPairCol("second")
    model = PipelineModel([document, second, Tokenizer(inputCols=["document"]), stage.setOutputCol("class")])
    (expected,) = LightPipeline(model).fullAnnotate("good", "bad film")
    assert labels(found) == [expected["class"][0].result, None, None]
    assert sparkcls.classify(frame, ["p", "q"], model).equals(found)
    again = sparkcls.classify(frame, ("p", "q"), sparkcls.classifier(folder), multilabel=True)
    assert again["labels"].tolist()[1:] == [None, None]
    with pytest.raises(ParamTypeError, match=r"reads pairs of texts: name two columns, column=\(a, b\)"):
        sparkcls.classify(frame, "p", model)
    with pytest.raises(ParamTypeError, match="reads one text a row"):
        sparkcls.classify(frame, ("p", "q"), folder, candidate_labels=["x", "y"], entailmentIdParam=2)


def test_labels_of_your_own(tmp_path, tiny_model):
    folder = save_tiny_family(tmp_path / "nli", "bert", ["contradiction", "neutral", "entailment"])
    classify = sparkcls.classifier(folder, candidate_labels=["sport", "film"], hypothesisTemplate="It is {}.")
    assert classify.labels == ["sport", "film"]
    assert sum(classify("good movie")["scores"].values()) == pytest.approx(1)
    assert list(sparkcls.classify(["x"], model=classify, candidate_labels=["one"])["scores"][0]) == ["one"]
    with pytest.raises(ParamError, match="candidate_labels needs a model of natural language inference"):
        sparkcls.classify("x", candidate_labels=["a", "b"])
    with pytest.raises(ParamTypeError, match="candidateLabels takes a str, got 3"):
        sparkcls.classifier(folder, candidate_labels=3)
    assert sparkcls.classifier(folder, candidateLabels="one").labels == ["one"]
    with pytest.raises(ParamError, match="candidate_labels is for zero-shot classifiers"):
        sparkcls.classifier(classifier_of(tiny_model), candidate_labels=["a", "b"])


def test_params(tiny_model):
    for params, error, message in [
        (
            {"max_sentence_length": 5},
            ParamTypeError,
            "no Param 'max_sentence_length' to set here; is maxSentenceLength m",
        ),
        ({"treshold": 0.5}, ParamTypeError, "is threshold meant"),
        ({"inputCols": ["a"]}, ParamTypeError, "no Param 'inputCols' to set here .a call sees to that itself"),
        ({"threshold": 2}, ParamError, "threshold must be from 0 to 1"),
        ({"maxSentenceLength": 1000}, ParamError, "has 512 positions"),
        ({"tokenization": "sparknlp", "activation": "x"}, ParamError, "activation must be one of"),
    ]:
        with pytest.raises(error, match=message):
            sparkcls.classifier(tiny_model, **params)
    assert sparkcls.classifier(tiny_model, threshold=None).labels == ["red", "green", "blue"]


def test_the_default_model_of_a_class_without_a_network(cache):
    with pytest.warns(
        UserWarning, match=r"its default, 'distilbert_base_sequence_classifier_imdb', cannot be had .*bundled"
    ):
        stage = DistilBertForSequenceClassification.pretrained()
    assert (stage._ref().name, stage.getClasses()) == ("distilbert_mini_sequence_classifier_imdb", ["neg", "pos"])
    smaller = r"4\. .*DistilBertForSequenceClassification.pretrained\('distilbert_mini_sequence_classifier_imdb'\)"
    with pytest.raises(ModelNotFoundError, match=smaller):
        DistilBertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_imdb")
    with pytest.raises(ModelNotFoundError):
        DistilBertForSequenceClassification.pretrained(lang="de")
    with pytest.raises(ModelNotFoundError):
        DistilBertForZeroShotClassification.pretrained()
    with pytest.raises(ParamError, match="a bundled model, which reads English"):
        sparkcls.classifier(lang="de")
