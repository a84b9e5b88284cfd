"""Saved stages and pipelines: they carry their model, on every kind of session."""

import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from pyspark.ml import Pipeline, PipelineModel

from sparkcls.annotation import Annotation
from sparkcls.annotator import DistilBertForSequenceClassification, Tokenizer
from sparkcls.base import DocumentAssembler
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.light import LightPipeline
from sparkcls.models.bundled import BUNDLED_DEFAULT, bundled_folder
from sparkcls.models.ref import ModelRef
from sparkcls.saving import stage_files as saving
from sparkcls.saving.reading import put_together
from tests.models import save_tiny_model
from tests.pipelines import assert_same, classes, classifier_of, pipeline_of, results, texts_frame

TEXTS = ["good", "bad movie", None, "the film was good and bad"]
DATA = Path(__file__).parents[1] / "data" / "saved"


@pytest.fixture
def folder(tmp_path):
    """A model that exists nowhere else, so that nothing finds it but by what was saved."""
    return save_tiny_model(tmp_path / "model", ["x", "y", "z"], seed=sum(tmp_path.name.encode()))


@pytest.fixture
def elsewhere(folder, tmp_path, monkeypatch):
    """Makes this another machine: the model's folder is gone, and the cache is empty."""

    def leave():
        shutil.rmtree(folder)
        monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "other cache"))

    return leave


def scores(rows):
    return [[{k: float(v) for k, v in a["metadata"].items() if k in "xyz"} for a in row] for row in rows]


def assert_equal(actual, expected):
    assert results(actual) == results(expected)
    for a, b in zip(scores(actual), scores(expected), strict=True):
        assert [pytest.approx(x, abs=5e-6) for x in b] == a


@pytest.mark.parametrize("name", ["plain", "with blanks", "übergröße 模型"])
def test_a_pipeline_carries_its_model(spark, folder, elsewhere, tmp_path, name):
    model = pipeline_of(classifier_of(folder, maxSentenceLength=4))
    expected = classes(model, texts_frame(spark, TEXTS))
    path = str(tmp_path / name)
    model.save(path)
    elsewhere()
    loaded = PipelineModel.load(path)
    assert_equal(classes(loaded, texts_frame(spark, TEXTS)), expected)
    assert [s.uid for s in loaded.stages] == [s.uid for s in model.stages]
    assert loaded.stages[2].getMaxSentenceLength() == 4


def test_overwrite_of_a_stage_and_of_a_pipeline(spark, folder, tmp_path):
    first = classifier_of(save_tiny_model(tmp_path / "first", ["a", "b"], seed=5))
    second = classifier_of(folder)
    path = str(tmp_path / "stage")
    first.save(path)
    with pytest.raises(Exception, match="holds a stage; to replace it"):
        second.save(path)
    assert DistilBertForSequenceClassification.load(path).getClasses() == ["a", "b"]
    second.write().overwrite().save(path)
    assert DistilBertForSequenceClassification.load(path).getClasses() == ["x", "y", "z"]

    path = str(tmp_path / "pipeline")
    for stage in (first, second):
        pipeline_of(stage).write().overwrite().save(path)
    assert PipelineModel.load(path).stages[2].getClasses() == ["x", "y", "z"]
    # What was loaded does not depend on the files that are overwritten now.
    shutil.rmtree(folder)
    loaded = PipelineModel.load(path)
    loaded.write().overwrite().save(path)
    assert PipelineModel.load(path).stages[2].getClasses() == ["x", "y", "z"]


def test_a_comma_in_a_stages_path(spark, folder, elsewhere, tmp_path):
    """In a pipeline's, pyspark 3.5 reads it as two paths."""
    path = str(tmp_path / "a, b")
    classifier_of(folder).save(path)
    elsewhere()
    assert DistilBertForSequenceClassification.load(path).getClasses() == ["x", "y", "z"]


def test_an_unfitted_pipeline_and_nested_ones(spark, folder, elsewhere, tmp_path):
    model = pipeline_of(classifier_of(folder))
    expected = classes(model, texts_frame(spark, TEXTS))
    nested = PipelineModel([PipelineModel(model.stages[:2]), PipelineModel([model.stages[2]])])
    nested.save(str(tmp_path / "nested"))
    Pipeline(stages=[Pipeline(stages=model.stages)]).save(str(tmp_path / "unfitted"))
    elsewhere()
    frame = texts_frame(spark, TEXTS)
    assert_equal(classes(PipelineModel.load(str(tmp_path / "nested")), frame), expected)
    assert_equal(classes(Pipeline.load(str(tmp_path / "unfitted")).fit(frame), frame), expected)


def test_in_a_cross_validator_model(spark, folder, elsewhere, tmp_path):
    from pyspark.ml.classification import LogisticRegression
    from pyspark.ml.evaluation import MulticlassClassificationEvaluator
    from pyspark.ml.feature import SQLTransformer, VectorAssembler
    from pyspark.ml.tuning import CrossValidator, CrossValidatorModel, ParamGridBuilder

    frame = texts_frame(spark, ["good", "bad", "good movie", "bad film"] * 6).selectExpr(
        "id", "text", "double(id % 2) label"
    )
    statement = (
        "SELECT id, label, float(class[0].metadata.x) AS x, float(class[0].metadata.y) AS y, class[0].result AS result "
        "FROM __THIS__"
    )
    regression = LogisticRegression(maxIter=2)
    pipeline = Pipeline(
        stages=[
            *pipeline_of(classifier_of(folder)).stages,
            SQLTransformer(statement=statement),
            VectorAssembler(inputCols=["x", "y"], outputCol="features"),
            regression,
        ]
    )
    grid = ParamGridBuilder().addGrid(regression.regParam, [0.1, 0.5]).build()
    validator = CrossValidator(
        estimator=pipeline, estimatorParamMaps=grid, evaluator=MulticlassClassificationEvaluator(), numFolds=2, seed=1
    )
    model = validator.fit(frame)
    columns = ("id", "result", "prediction")
    expected = sorted(model.transform(frame).select(*columns).collect())
    model.write().overwrite().save(str(tmp_path / "cv"))
    elsewhere()
    loaded = CrossValidatorModel.load(str(tmp_path / "cv"))
    assert sorted(loaded.transform(frame).select(*columns).collect()) == expected


def test_on_another_filesystem_of_hadoop(spark, folder, elsewhere, tmp_path):
    """A path that only Spark can resolve, through a mount table that this process knows nothing of."""
    spark.conf.set("fs.viewfs.mounttable.cluster.link./models", f"file://{tmp_path}/behind")
    (tmp_path / "behind").mkdir()
    path = "viewfs://cluster/models/saved pipeline"
    model = pipeline_of(classifier_of(folder))
    expected = classes(model, texts_frame(spark, TEXTS))
    model.write().overwrite().save(path)
    model.write().overwrite().save(path)
    elsewhere()
    assert_equal(classes(PipelineModel.load(path), texts_frame(spark, TEXTS)), expected)
    assert list((tmp_path / "behind").glob("saved pipeline/stages/*/files/*.parquet"))


def test_a_reference_on_request(spark, folder, tmp_path, monkeypatch):
    path = str(tmp_path / "stage")
    stage = classifier_of(folder).setSaveWeights(False)
    stage.save(path)
    assert not (tmp_path / "stage" / "files").exists()
    loaded = DistilBertForSequenceClassification.load(path)
    assert loaded.getClasses() == ["x", "y", "z"]
    assert loaded.getSaveWeights() is False
    shutil.move(folder, tmp_path / "moved")
    with pytest.raises(ModelNotFoundError, match="is not on host"):
        loaded.getClasses()
    cache = tmp_path / "cache" / ".digests"
    cache.mkdir(parents=True)
    shutil.copytree(tmp_path / "moved", cache / loaded._ref().digest.replace(":", "-"))
    monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "cache"))
    assert loaded.getClasses() == ["x", "y", "z"], "the cache may have it, by digest"


def test_what_is_known_is_not_read_again(spark, folder, tmp_path):
    path = tmp_path / "stage"
    classifier_of(folder).save(str(path))
    shutil.rmtree(path / "files")
    assert DistilBertForSequenceClassification.load(str(path)).getClasses() == ["x", "y", "z"]


def damage(path, how):
    metadata = next((path / "metadata").glob("part-*"))
    content = json.loads(metadata.read_text())
    if how == "gone":
        shutil.rmtree(path / "files")
    elif how == "a part is gone":
        content["sparkcls"]["files"]["assets/labels.txt"] = {"bytes": 1, "sha256": "0" * 64}
    elif how == "outside":
        content["sparkcls"]["files"]["../../outside.txt"] = {"bytes": 1, "sha256": "0" * 64}
    elif how == "changed":
        content["sparkcls"]["files"]["config.json"]["sha256"] = "0" * 64
    elif how == "newer":
        content["sparkcls"] |= {"format": 99, "version": "9.9"}
    elif how == "class":
        content["class"] = "sparkcls.stages.distilbert.Gone"
    for checksum in metadata.parent.glob(".*.crc"):
        checksum.unlink()
    metadata.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("a part is gone", r"is damaged: its file assets/labels\.txt is missing, cut or changed"),
        ("outside", r"lists files that are not part of a model: \.\./\.\./outside\.txt"),
        ("changed", r"is damaged: its file config\.json is missing, cut or changed"),
        ("newer", r"was saved by sparkcls 9\.9 in format 99; .* Install sparkcls 9\.9 or newer"),
    ],
)
def test_what_cannot_be_loaded_says_why(spark, folder, elsewhere, tmp_path, how, message):
    path = tmp_path / "pipeline"
    pipeline_of(classifier_of(folder)).save(str(path))
    elsewhere()
    damage(next(path.glob("stages/2_*")), how)
    for load in (PipelineModel.load, LightPipeline.load):
        with pytest.raises(ModelFormatError, match=message):
            load(str(path))
    cache = Path(os.environ["SPARKCLS_CACHE"])
    assert not list(cache.glob(".digests/*")), "a half model is never kept"


def test_a_class_that_is_not_there(spark, tmp_path):
    path = tmp_path / "stage"
    Tokenizer(inputCols=["document"], outputCol="token").save(str(path))
    damage(path, "class")
    with pytest.raises(ModelFormatError, match="holds a .*Gone, which is not a stage of sparkcls"):
        Tokenizer.load(str(path))


def test_damage_is_told_through_spark_too(spark, folder, tmp_path, cache):
    """The same checks as for a LightPipeline, see tests/pipelines/test_saved.py; here Spark reads."""
    path = tmp_path / "a stage"
    classifier_of(folder).save(path)
    shutil.rmtree(folder)
    original = next((path / "metadata").glob("part-*")).read_text()
    load = DistilBertForSequenceClassification.load
    for damaged in (
        original.replace('"class":', '"klasse":'),
        re.sub(r'"format": ?(\d)', r'"format": "\1"', original),
        "[" * 50_000,
        "",
    ):
        shutil.rmtree(path / "metadata")
        (path / "metadata").mkdir()
        (path / "metadata" / "part-0").write_text(damaged)
        with pytest.raises(ModelFormatError, match="metadata is damaged"):
            load(path)
    (path / "metadata" / "part-0").write_text(original)
    (part,) = (path / "files").glob("part-*")
    content = part.read_bytes()
    (path / "files" / f".{part.name}.crc").unlink()
    for damaged in (content[:1000], content[: len(content) // 2] + b"x" * 50 + content[len(content) // 2 + 50 :], b"x"):
        part.write_bytes(damaged)
        with pytest.raises(ModelFormatError, match="is damaged"):
            load(path)
    with pytest.raises(ModelNotFoundError, match="No saved stage at"):
        load(tmp_path / "nowhere")
    with pytest.raises(ParamTypeError, match="takes a path as str, got 3"):
        load(3)


class Louder(Tokenizer):
    """A user's own stage."""


def test_a_users_own_class(spark, tmp_path):
    """Its module is imported by the user, or by pyspark's PipelineModel.load; here it is this test's."""
    own = Louder(inputCols=["document"], outputCol="token")
    own.save(tmp_path / "stage")
    assert type(Louder.load(tmp_path / "stage")) is Louder
    PipelineModel([own]).save(str(tmp_path / "pipeline"))
    assert type(PipelineModel.load(str(tmp_path / "pipeline")).stages[0]) is Louder


def test_a_refused_save_leaves_what_was_there(spark, folder, tmp_path):
    path = tmp_path / "stage"
    Tokenizer(inputCols=["document"], outputCol="token").save(str(path))
    with pytest.raises(ParamError, match=r"holds a stage; to replace it call write\(\)\.overwrite\(\)"):
        classifier_of(folder).save(str(path))
    assert [p.name for p in path.iterdir()] == ["metadata"]


def test_files_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(saving, "PIECE", 4)
    monkeypatch.setattr(saving, "LOAD", 8)
    contents = {"config.json": b"0123456789", "vocab.txt": b"", "sparkcls.json": b"abcd"}
    files = {name: tmp_path / name for name in contents}
    for name, file in files.items():
        file.write_bytes(contents[name])
    pieces = [piece for load in saving.loads(files) for piece in load]
    facts = saving.our_metadata(DocumentAssembler(), files)["sparkcls"]["files"]
    put_together(reversed(pieces), facts, tmp_path / "copy", "here")
    assert {name: (tmp_path / "copy" / name).read_bytes() for name in contents} == contents
    assert max(len(content) for _, _, content in pieces) == 4


def test_interrupted_writing_leaves_no_stage(spark, folder, tmp_path, monkeypatch):
    path = str(tmp_path / "stage")
    stage = classifier_of(folder)
    stage.save(path)
    old = saving._write_files

    def fail(*arguments):
        old(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(saving, "_write_files", fail)
    with pytest.raises(KeyboardInterrupt):
        stage.save(str(tmp_path / "new"))
    assert not (tmp_path / "new" / "metadata").exists()


def test_light_pipeline_reads_what_was_saved(spark, folder, elsewhere, tmp_path):
    path = str(tmp_path / "pipeline")
    pipeline_of(classifier_of(folder)).save(path)
    expected = LightPipeline(pipeline_of(classifier_of(folder))).fullAnnotate("good movie")
    elsewhere()
    code = (
        "import sys, json\n"
        "from sparkcls.base import LightPipeline\n"
        "result = LightPipeline.load(sys.argv[1]).fullAnnotate('good movie')[0]['class'][0]\n"
        "from pyspark.sql import SparkSession\n"
        "assert SparkSession.getActiveSession() is None\n"
        "print(json.dumps(result.as_dict()))"
    )
    environment = {**os.environ, "JAVA_HOME": "/absent", "PATH": "/absent", "SPARKCLS_CACHE": str(tmp_path / "third")}
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert_same([Annotation(**json.loads(done.stdout))], expected[0]["class"])


def test_light_pipeline_refuses_what_is_none(spark, tmp_path):
    with pytest.raises(ModelNotFoundError, match="No saved pipeline"):
        LightPipeline.load(tmp_path)
    with pytest.raises(ParamTypeError, match="takes a path as str, got 3"):
        LightPipeline.load(3)
    Tokenizer(inputCols=["document"], outputCol="token").save(str(tmp_path / "stage"))
    with pytest.raises(ModelFormatError, match="holds a Tokenizer; expected a fitted pipeline"):
        LightPipeline.load(tmp_path / "stage")


def test_light_pipeline_leaves_out_stages_of_spark(spark, folder, tmp_path):
    from pyspark.ml.feature import SQLTransformer

    model = PipelineModel([*pipeline_of(classifier_of(folder)).stages, SQLTransformer(statement="SELECT 1")])
    model.save(str(tmp_path / "p"))
    assert set(LightPipeline.load(tmp_path / "p").annotate("good")) == {"document", "token", "class"}


@pytest.mark.parametrize("release", sorted(p.parent.name for p in DATA.glob("*/expected.json")))
def test_what_every_release_saved_still_loads(spark, cache, release):
    """The answers were written beside each pipeline when it was saved, see tests/data/saved/README.md."""
    expected = json.loads((DATA / release / "expected.json").read_text(encoding="utf-8"))
    path = str(DATA / release / "pipeline")
    frame = spark.createDataFrame(list(enumerate(expected["texts"])), "id int, text string").coalesce(1)
    if release == "0.1.0":
        # It has no weights in it, and names the bundled model of then.
        with pytest.warns(UserWarning, match="saved without its model.*another model for the same task"):
            model = PipelineModel.load(path)
        successor = classifier_of(bundled_folder(BUNDLED_DEFAULT))
        assert model.stages[2].getClasses() == successor.getClasses()
        found = classes(model, frame)
        assert_equal(found, classes(pipeline_of(successor), frame))
        assert results(found)[:2] == expected["labels"][:2]
        return
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model = PipelineModel.load(path)
    found = classes(model, frame)
    assert results(found) == expected["labels"]
    for row, answers in zip(found, expected["scores"], strict=True):
        assert [pytest.approx(a, abs=5e-6) for a in answers] == [
            {k: float(a["metadata"][k]) for k in answers[0]} for a in row
        ]


def test_refs_of_saved_stages_stay_readable():
    """`model` is JSON inside the metadata: its fields are part of the format."""
    text = '{"name": "n", "digest": "sha256:0", "places": ["/a"], "lang": "en"}'
    assert ModelRef.from_json(text) == ModelRef("n", "sha256:0", ("/a",), "en")
