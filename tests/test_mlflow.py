"""MLflow: what is logged comes back and says the same, on Spark and where there is none."""

import importlib.metadata
import io
import json
import os
import re
import shutil
import subprocess
import sys

import pandas as pd
import pyspark
import pytest
from packaging.requirements import Requirement
from pyspark.ml import Transformer
from pyspark.ml.feature import SQLTransformer

from sparkcls._version import __version__
from sparkcls.annotator import DistilBertForSequenceClassification, Normalizer, SentenceDetector, Tokenizer
from sparkcls.base import DocumentAssembler, Finisher, LightPipeline, Pipeline, PipelineModel
from sparkcls.errors import ColumnError, ModelFormatError, ParamError, ParamTypeError
from sparkcls.pipelines.saved import write_pipeline
from sparkcls.saving.reading import light_metadata, light_pieces
from tests.cluster.connect import without_java
from tests.models import poisonous, save_tiny_model
from tests.pipelines import assert_same, classes, classifier_of, pipeline_of, texts_frame

TEXTS = ["I really liked that movie!", None, "A dull, lifeless film.", "", " \t", "😀 ok", "word " * 600]
FIELDS = ["label", "score", "labels", "scores", "truncated", "error"]
ANNOTATIONS = (
    "Array({annotatorType: string (optional), begin: integer (required), embeddings: Array(float) (optional), "
    "end: integer (required), metadata: Map(str -> DataType.string) (optional), result: string (optional)})"
)


@pytest.fixture(scope="module")
def flavor(tmp_path_factory):
    """`sparkcls.mlflow`, with a store in a folder and no telemetry, which is looked at when MLflow is imported."""
    folder = tmp_path_factory.mktemp("mlflow")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
        patch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        patch.setenv("MLFLOW_TRACKING_URI", (folder / "runs").as_uri())
        patch.setenv("MLFLOW_DFS_TMP", str(folder / "tmp"))
        import sparkcls.mlflow

        yield sparkcls.mlflow


@pytest.fixture
def run(flavor):
    """A run that models are logged to."""
    import mlflow

    with mlflow.start_run() as started:
        yield started


def loaded(uri):
    import mlflow

    return mlflow.pyfunc.load_model(str(uri))


def rows_of(frame):
    return frame.to_dict("records")


def test_pyfunc_says_what_the_pipeline_says(spark, run, flavor, bundled):
    model = pipeline_of(bundled)
    info = flavor.log_pyfunc(model, input_example=["I liked it"], registered_model_name="sentiment")
    found = rows_of(loaded("models:/sentiment/1").predict(pd.DataFrame({"text": TEXTS})))
    assert found[1] == dict.fromkeys(FIELDS), "all of a null is None"
    nothing = {"label": None, "score": None, "labels": [], "scores": {}, "truncated": 0, "error": None}
    assert [found[i] for i in (3, 4)] == [nothing, nothing]
    again = flavor.load_model(info.model_uri)
    # In one job, which loads the model once.
    both = again.transform(model.transform(texts_frame(spark, TEXTS)).withColumnRenamed("class", "first"))
    both = sorted(both.select("id", "first", "class").collect(), key=lambda row: row["id"])
    for column in ("first", "class"):
        expected = [row[column] for row in both]
        for row, answer in zip(expected, found, strict=True):
            assert (answer["labels"] or []) == [a["result"] for a in row]
            for annotation in row:
                assert answer["truncated"] == int(annotation["metadata"].get("truncated", 0))
                assert answer["score"] == pytest.approx(float(annotation["metadata"][answer["label"]]), abs=5e-6)
                assert answer["scores"] == pytest.approx(
                    {label: float(annotation["metadata"][label]) for label in bundled.getClasses()}, abs=5e-6
                )
    assert found[6]["truncated"] > 0


class Other(Transformer):
    """A stage that is not of sparkcls."""

    def _transform(self, dataset):
        return dataset


def test_a_spark_model_comes_back(spark, run, flavor, bundled, is_connect, tmp_path):
    """With a stage of Spark, which only Spark can read, and without."""
    model = pipeline_of(bundled)
    if is_connect:
        with pytest.raises(ParamError, match=r"log_model: .* JVM, .* Spark Connect does not have; use log_pyfunc"):
            flavor.log_model(model)
        with pytest.raises(ParamError, match="use save_pyfunc"):
            flavor.save_model(model, tmp_path / "m")
        return
    info = flavor.log_model(model, "sentiment", registered_model_name="spark_sentiment")
    assert info.model_uri.endswith("/sentiment")
    assert "spark" in info.flavors
    assert info.signature == flavor._spark_signature(model)
    again = flavor.load_model("models:/spark_sentiment/1")
    found, expected = (LightPipeline(m).fullAnnotate(TEXTS) for m in (again, model))
    for one, other in zip(found, expected, strict=True):
        assert one.keys() == other.keys()
        for column in other:
            assert_same(one[column], other[column])
    upper = SQLTransformer(statement="SELECT *, upper(text) AS loud FROM __THIS__")
    loud = PipelineModel([upper, pipeline_of(bundled, assembler=DocumentAssembler(inputCol="loud"))])
    flavor.save_model(loud, tmp_path / "m", extra_pip_requirements=["scipy"])
    frame = texts_frame(spark, ["I liked it", None])
    assert classes(flavor.load_model(tmp_path / "m"), frame) == classes(model, frame), "its model is uncased"
    requirements = (tmp_path / "m" / "requirements.txt").read_text().splitlines()
    assert set(requirements) == {*flavor.get_default_pip_requirements(), "scipy"}


def test_signatures(run, flavor, tiny_model):
    model = pipeline_of(classifier_of(tiny_model), assembler=DocumentAssembler(inputCol="review"))
    review = ["'review': string (required)"]
    for stages, inputs, outputs in [
        ([model], review, [f"'class': {ANNOTATIONS} (required)"]),
        ([model, Finisher(inputCols=["class"])], review, ["'finished_class': Array(string) (required)"]),
        (
            [model, Finisher(inputCols=["class"], outputAsArray=False)],
            review,
            ["'finished_class': string (required)"],
        ),
        (
            [model, Finisher(inputCols=["class"], includeMetadata=True)],
            review,
            [
                "'finished_class': Array(string) (required)",
                "'finished_class_metadata': Map(str -> DataType.string) (required)",
            ],
        ),
        ([model, Other()], None, None),
        ([Other(), model], None, [f"'class': {ANNOTATIONS} (required)"]),
    ]:
        signature = flavor._spark_signature(PipelineModel(stages))
        if inputs is outputs is None:
            assert signature is None
            continue
        assert (signature.inputs and [repr(column) for column in signature.inputs]) == inputs
        assert (signature.outputs and [repr(column) for column in signature.outputs]) == outputs
    signature = flavor.log_pyfunc(model).signature
    assert [repr(column) for column in signature.inputs] == ["string (required)"]
    assert signature.outputs.input_names() == FIELDS
    named = signature.from_dict({"inputs": '[{"type": "string", "name": "review"}]', "outputs": None})
    assert flavor.log_pyfunc(model, "named", signature=named).signature.inputs.input_names() == ["review"]


def test_requirements(flavor, tiny_model, tmp_path):
    model = pipeline_of(classifier_of(tiny_model))
    flavor.save_pyfunc(model, tmp_path / "m")
    lines = (tmp_path / "m" / "requirements.txt").read_text().splitlines()
    found = {Requirement(line).name: str(Requirement(line).specifier) for line in lines}
    assert found["sparkcls"] == f"=={__version__}"
    assert found["pyspark"] == f"=={pyspark.__version__}"
    assert found["torch"] == "==" + importlib.metadata.version("torch").partition("+")[0]
    assert "mlflow" not in found, "all of mlflow would not go with the newest pyarrow"
    declared = [Requirement(line) for line in importlib.metadata.requires("sparkcls")]
    own = {r.name for r in declared if "extra" not in str(r.marker)} | {"sparkcls", "pyspark", "mlflow-skinny"}
    assert {name.replace("_", "-") for name in found} == {name.replace("_", "-") for name in own}
    (tmp_path / "more.txt").write_text("six\n")
    for arguments, more, default in [
        ({"extra_pip_requirements": ["scipy", "six>=1"]}, {"scipy", "six>=1"}, True),
        ({"extra_pip_requirements": str(tmp_path / "more.txt")}, {"six"}, True),
        ({"pip_requirements": ["sparkcls @ file:///wheel.whl"]}, {"sparkcls @ file:///wheel.whl"}, False),
        ({"conda_env": {"dependencies": [{"pip": ["sparkcls==1"]}]}}, {"sparkcls==1"}, False),
    ]:
        shutil.rmtree(tmp_path / "m")
        flavor.save_pyfunc(model, tmp_path / "m", **arguments)
        lines = set((tmp_path / "m" / "requirements.txt").read_text().splitlines())
        assert more <= lines
        assert (f"sparkcls=={__version__}" in lines) == default


def test_served_without_spark_and_java(flavor, tmp_path):
    """In another process with an empty cache, after the model's folder has gone."""
    folder = save_tiny_model(tmp_path / "tiny", ["red", "green"], seed=3)
    model = pipeline_of(classifier_of(folder))
    (expected,) = LightPipeline(model).fullAnnotate("good movie")
    flavor.save_pyfunc(model, tmp_path / "m")
    assert not [file for file in (tmp_path / "m").rglob("*") if "pkl" in file.name or "pickle" in file.name]
    shutil.rmtree(folder)
    code = (
        "import json, sys, mlflow, pyspark\nfrom pyspark.sql import SparkSession\n"
        "found = mlflow.pyfunc.load_model(sys.argv[1]).predict('good movie')\n"
        "assert pyspark.SparkContext._gateway is None and SparkSession.getActiveSession() is None\n"
        "print(json.dumps(found.to_dict('records')))"
    )
    with without_java():
        environment = {**os.environ, "SPARKCLS_CACHE": str(tmp_path / "cache")}
        command = [sys.executable, "-c", code, str(tmp_path / "m")]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    assert found["labels"] == [a.result for a in expected["class"]]
    for label in ("red", "green"):
        assert found["scores"][label] == pytest.approx(float(expected["class"][0].metadata[label]), abs=5e-6)
    assert list((tmp_path / "cache").iterdir()), "the weights came with the model"


@pytest.fixture(scope="module")
def served(flavor, tiny_model, tmp_path_factory):
    """A model as MLflow loads it."""
    path = tmp_path_factory.mktemp("served") / "m"
    flavor.save_pyfunc(pipeline_of(classifier_of(tiny_model)), path)
    return loaded(path)


def test_all_forms_of_texts(served):
    from mlflow.pyfunc.scoring_server import infer_and_parse_data, predictions_to_json

    (one,) = rows_of(served.predict("good movie"))
    assert one["label"] in ("red", "green", "blue")
    assert one["score"] == max(one["scores"].values())
    texts = ["good movie", None]
    frame = pd.DataFrame({"text": texts}, index=[7, 3])
    for form in (
        texts,
        pd.Series(texts),
        frame,
        frame.assign(id=[1, 2]),
        pd.DataFrame({"text": ["good movie", pd.NA]}),
    ):
        first, null = rows_of(served.predict(form))
        assert first["scores"] == pytest.approx(one["scores"], abs=5e-6)
        assert null == dict.fromkeys(FIELDS)
    assert list(served.predict(frame).index) == [7, 3]
    empty = served.predict(pd.DataFrame({"text": pd.Series([], dtype=str)}))
    assert (len(empty), list(empty.columns)) == (0, FIELDS)
    schema = served.metadata.get_input_schema()
    for body in ({"inputs": texts[:1]}, {"dataframe_split": {"columns": ["text"], "data": [["good movie"], [None]]}}):
        answer = served.predict(infer_and_parse_data(body, schema))
        sink = io.StringIO()
        predictions_to_json(answer, sink)
        said = json.loads(sink.getvalue())["predictions"]
        assert said[0]["scores"] == pytest.approx(one["scores"], abs=5e-6)
        assert said[1:] == [dict.fromkeys(FIELDS)] * (len(said) - 1)


def test_forms_that_are_refused(flavor, served, tmp_path, tiny_model):
    raw = served._model_impl
    for form, kind, message in [
        (pd.DataFrame({"review": ["good"]}), ColumnError, r"with the column 'text'; this one has \['review'\]"),
        (pd.DataFrame({"id": ["a"], "text": ["good"]}), ColumnError, r"has \['id'\]. MLflow hands on the first column"),
        (pd.DataFrame({"text": [1]}), Exception, "Incompatible input types for column text"),
        (7, Exception, "Incompatible input types"),
    ]:
        with pytest.raises(kind, match=message):
            served.predict(form)
    for form, kind, message in [
        (pd.DataFrame(), ColumnError, r"with the column 'text'; this one has \[\]"),
        (pd.DataFrame({0: ["a"], "b": ["c"]}), ColumnError, "with the column 'text'"),
        (["good", 7], ParamTypeError, "row 1 is '7' of type int"),
        (None, ParamTypeError, "a DataFrame, a list of str, or a str; got NoneType"),
        ({"text": "good"}, ParamTypeError, "got dict"),
    ]:
        with pytest.raises(kind, match=message):
            raw.predict(form)
    assert rows_of(raw.predict([])) == []


def test_labels_sentences_and_bad_rows(flavor, tmp_path):
    """With several sentences, a Finisher, a lazy stage and a row that cannot be processed."""
    folder = save_tiny_model(tmp_path / "tiny", ["a", "b"], change=poisonous("poison"))
    stages = [
        DocumentAssembler(inputCol="text"),
        SentenceDetector(inputCols=["document"]),
        Tokenizer(inputCols=["sentence"]),
        Normalizer(inputCols=["token"], outputCol="normal", lazyAnnotator=True),
        classifier_of(folder, multilabel=True, threshold=0.0).setInputCols("sentence", "normal"),
        Finisher(inputCols=["class"]),
    ]
    flavor.save_pyfunc(PipelineModel([PipelineModel(stages[:2]), *stages[2:]]), tmp_path / "m")
    good, bad = rows_of(loaded(tmp_path / "m").predict(["Good movie. Bad plot.", "the poison story"]))
    assert good["labels"] == ["a", "b", "a", "b"]
    assert good["error"] is None
    assert bad["error"] == "ArithmeticError: the model's scores are not finite numbers"
    assert (bad["label"], bad["labels"], bad["scores"]) == (None, [], {})


def test_models_that_are_refused(flavor, tiny_model, tmp_path):
    document, token = DocumentAssembler(inputCol="text"), Tokenizer(inputCols=["document"])
    stage = classifier_of(tiny_model)
    for model, kind, message in [
        (stage, ParamTypeError, "save_pyfunc takes a fitted PipelineModel, got DistilBertForSequenceClassification"),
        (Pipeline(stages=[document, token, stage]), ParamTypeError, "got Pipeline; call fit first"),
        (PipelineModel([]), ParamTypeError, "this one ends in nothing"),
        (PipelineModel([document, token]), ParamTypeError, "this one ends in Tokenizer"),
        (
            PipelineModel([Other(), pipeline_of(stage)]),
            ParamTypeError,
            "Other works on DataFrames, not on single texts",
        ),
        (PipelineModel([token, stage]), ColumnError, "there is no column 'document'"),
        (
            PipelineModel([document, DocumentAssembler(inputCol="title", outputCol="t"), token, stage]),
            ParamTypeError,
            "reads the columns text, title; it must read one",
        ),
        (pipeline_of(DistilBertForSequenceClassification(inputCols=["token", "document"])), ParamError, "has no model"),
    ]:
        with pytest.raises(kind, match=message):
            flavor.save_pyfunc(model, tmp_path / "m")
        assert not (tmp_path / "m").exists()
    with pytest.raises(ParamTypeError, match="Other is no stage of sparkcls"):
        write_pipeline(PipelineModel([Other()]), tmp_path / "p")
    with pytest.raises(ParamTypeError, match="log_model takes a fitted PipelineModel, got str"):
        flavor.log_model("model")


def test_other_models_are_refused(flavor, tmp_path):
    import mlflow

    (tmp_path / "data").mkdir()
    mlflow.pyfunc.save_model(tmp_path / "m", loader_module="mine", data_path=tmp_path / "data", pip_requirements=[])
    with pytest.raises(ModelFormatError, match="has the flavors python_function, and was not made by sparkcls.mlflow"):
        flavor.load_model(tmp_path / "m")


def test_what_is_written_without_spark_is_what_spark_writes(spark, tiny_model, tmp_path):
    model = PipelineModel([PipelineModel([DocumentAssembler(inputCol="text")]), classifier_of(tiny_model)])
    model.write().overwrite().save(str(tmp_path / "spark"))
    write_pipeline(model, tmp_path / "local")

    def content(folder):
        metadata = {str(m.parent.relative_to(folder)): light_metadata(m.parent) for m in folder.rglob("metadata")}
        files = {}
        for part in folder.rglob("files"):
            for name, offset, data in light_pieces(part.parent):
                files[str(part.parent.relative_to(folder)), name, offset] = data
        return [{path: line | {"timestamp": 0} for path, line in metadata.items()}, files]

    assert content(tmp_path / "local") == content(tmp_path / "spark")
    again = PipelineModel.load(str(tmp_path / "local"))
    assert again.stages[1].getClasses() == model.stages[1].getClasses()


def test_without_mlflow_the_error_names_the_extra():
    code = "import sys; sys.modules['mlflow'] = None\nimport sparkcls.mlflow"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'pip install "sparkcls[mlflow]"' in done.stderr


@pytest.mark.parametrize("data", ["../other", "/etc", "link", 5])
def test_data_outside_of_the_models_folder(flavor, bundled, tmp_path, data):
    flavor.save_pyfunc(pipeline_of(bundled), tmp_path / "m")
    file = tmp_path / "m" / "MLmodel"
    found = re.search(r"(?m)^    data: (.+)$", file.read_text())
    shutil.copytree(tmp_path / "m" / found[1], tmp_path / "other")
    (tmp_path / "m" / "link").symlink_to(tmp_path / "other")
    file.write_text(file.read_text().replace(found[0], f"    data: {data}"))
    # MLflow itself copies what a link in a local folder leads to, and hands on no number.
    for load in {"link": [loaded], 5: [flavor.load_model]}.get(data, [flavor.load_model, loaded]):
        with pytest.raises(ModelFormatError, match=r"MLmodel|outside of the model's folder"):
            load(tmp_path / "m")
    file.write_text("flavors: 3")
    with pytest.raises(ModelFormatError, match="is damaged"):
        flavor.load_model(tmp_path / "m")


def test_a_relative_path_with_dots(flavor, bundled, tmp_path, monkeypatch):
    flavor.save_pyfunc(pipeline_of(bundled), tmp_path / "m")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert rows_of(loaded("../m").predict(["good fun"]))[0]["label"] == "POSITIVE"
