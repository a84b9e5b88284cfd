import json
import shutil

import pytest

from sparkcls.annotator import DistilBertForSequenceClassification
from sparkcls.base import DocumentAssembler, PipelineModel
from sparkcls.catalogue.sources import forget_indexes
from sparkcls.cli import main
from sparkcls.errors import ColumnError, ModelFormatError, ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.pipelines.disk import load_pipeline
from sparkcls.pretrained import LightPipeline, PretrainedPipeline, ResourceDownloader
from sparkcls.stages.tokenizer import Tokenizer
from tests.models import save_tiny_model
from tests.pipelines import classifier_of, pipeline_of
from tests.server import serve

BUNDLED = "distilbert_mini_sequence_classifier_sst2"
COMMON = {
    "language": "en",
    "libVersion": {"parts": [3, 3, 3]},
    "sparkVersion": {"parts": [3, 0]},
    "readyToUse": True,
    "isZipped": True,
    "time": "2021-11-21T13:51:09.757Z",
}
KEY = "some_classifier_en_3.3.3_3.0_1637502669757"


@pytest.fixture
def mirror(tmp_path, monkeypatch, cache):
    folder = tmp_path / "mirror"
    folder.mkdir()
    lines = [
        {"name": "some_classifier", "category": "ml", "annotator": "DistilBertForSequenceClassification"},
        {"name": "a_model_with_a_rather_long_name", "category": "ml", "annotator": "NerDLModel", "language": "fr"},
        {"name": "newer", "category": "ml", "annotator": "NerDLModel", "libVersion": {"parts": [4, 0, 0]}},
        {"name": "explain", "category": "pl"},
        {"name": "odd"},
    ]
    (folder / "metadata.json").write_text("".join(json.dumps(COMMON | line) + "\n" for line in lines))
    model = save_tiny_model(tmp_path / "model", ["a", "b"])
    shutil.make_archive(str(folder / KEY), "zip", model)
    monkeypatch.setenv("SPARKCLS_MIRROR", str(folder))
    forget_indexes()
    return folder


def test_tables(capsys, mirror):
    ResourceDownloader.showPublicModels(annotator="nerdlmodel", lang="FR")
    assert capsys.readouterr().out.splitlines() == [
        "+---------------------------------+------+---------+",
        "| Model                           | lang | version |",
        "+---------------------------------+------+---------+",
        "| a_model_with_a_rather_long_name |  fr  | 3.3.3   |",
        "+---------------------------------+------+---------+",
    ]
    ResourceDownloader.showPublicPipelines()
    assert capsys.readouterr().out.splitlines()[1:4:2] == [
        "| Pipeline       | lang | version |",
        "| explain        |  en  | 3.3.3   |",
    ]
    ResourceDownloader.showUnCategorizedResources()
    assert "| odd            |  en  | 3.3.3   |" in capsys.readouterr().out
    ResourceDownloader.showPublicModels(version="3.4.0")
    assert "newer" not in capsys.readouterr().out
    ResourceDownloader.showPublicModels()
    assert "newer" in capsys.readouterr().out
    ResourceDownloader.showAvailableAnnotators()
    assert capsys.readouterr().out.splitlines() == ["DistilBertForSequenceClassification", "NerDLModel"]
    with pytest.raises(ParamError, match="expected a version"):
        ResourceDownloader.showPublicModels(version="new")


def test_tables_without_a_store(mirror):
    (mirror / "metadata.json").unlink()
    with pytest.raises(ModelNotFoundError, match=r"metadata.json cannot be read.*SPARKCLS_MIRROR"):
        ResourceDownloader.showPublicModels()


@pytest.mark.parametrize("reader", [DistilBertForSequenceClassification, "DistilBertForSequenceClassification"])
def test_download_and_clear(mirror, cache, reader):
    stage = ResourceDownloader.downloadModel(reader, "some_classifier", "en")
    assert stage.getClasses() == ["a", "b"]
    assert (cache / "some_classifier_en").is_dir()
    (cache / ".partial" / "some_classifier_en").mkdir(parents=True)
    for _ in range(2):
        ResourceDownloader.clearCache("some_classifier", "en")
    assert not [p for p in cache.rglob("some_classifier*") if p.suffix != ".lock"]


def test_readers_without_models(mirror):
    for reader in ("NerDLModel", Tokenizer, 3):
        with pytest.raises(ParamTypeError, match="expected a class with models: AlbertFor.*, DistilBertFor"):
            ResourceDownloader.downloadModel(reader, "some_classifier", "en")


def test_archives_as_they_are(mirror, cache):
    folder = ResourceDownloader.downloadModelDirectly(f"{KEY}.zip")
    assert folder == str(cache / KEY)
    assert DistilBertForSequenceClassification.loadSavedModel(folder).getClasses() == ["a", "b"]
    archive = ResourceDownloader.downloadModelDirectly(f"{mirror.as_uri()}/{KEY}.zip", unzip=False)
    assert archive == str(cache / f"{KEY}.zip")
    (mirror / f"{KEY}.zip").unlink()
    assert ResourceDownloader.downloadModelDirectly(KEY) == folder
    ResourceDownloader.clearCache("some_classifier", "en")
    assert not [p for p in cache.rglob("some_classifier*") if p.suffix != ".lock"]
    with pytest.raises(ModelNotFoundError, match=f"{KEY}.zip cannot be read"):
        ResourceDownloader.downloadModelDirectly(KEY)
    assert not [p for p in cache.rglob("some_classifier*") if p.suffix != ".lock"]


def test_a_cache_that_cannot_be_written(mirror, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ParamError, match=r"cannot be written .* \$SPARKCLS_CACHE"):
        ResourceDownloader.downloadModelDirectly(KEY)


def test_a_signed_address_leaves_no_trace_in_the_cache(mirror, cache):
    with serve(mirror) as state:
        folder = ResourceDownloader.downloadModelDirectly(f"{state.url}/{KEY}.zip?sig=s3cret")
        assert state.queries == ["sig=s3cret"]
        with pytest.raises(ModelNotFoundError) as caught:
            ResourceDownloader.downloadModelDirectly(f"{state.url}/absent.zip?sig=s3cret")
    assert folder == str(cache / KEY)
    assert "s3cret" not in str(caught.value)
    assert not [p for p in cache.rglob("*") if "s3cret" in p.name]


def test_pipelines_that_are_not_there(mirror):
    with pytest.raises(ModelNotFoundError, match="no pipeline 'some_classifier'"):
        ResourceDownloader.downloadPipeline("some_classifier", "en")
    with pytest.raises(ModelNotFoundError, match="explain_en_3.3.3_3.0_1637502669757.zip cannot be read"):
        PretrainedPipeline("explain", "en")
    with pytest.raises(ModelNotFoundError, match="No model 'nothing'"):
        PretrainedPipeline("nothing", "en")


@pytest.mark.parametrize("name", [BUNDLED, "some_classifier"])
def test_a_classifiers_name_gives_the_usual_pipeline(mirror, name):
    pipeline = PretrainedPipeline(name, lang="en")
    assert isinstance(pipeline.model, PipelineModel)
    assert isinstance(pipeline.light_model, LightPipeline)
    result = pipeline.annotate("good movie")
    assert list(result) == ["document", "token", "class"]
    assert result["token"] == ["good", "movie"]
    assert len(pipeline.annotate(["good movie", "bad plot"])) == 2
    assert pipeline.fullAnnotate("good movie")[0]["class"][0].end == 9


def test_from_disk_and_transform(spark, mirror, tmp_path):
    pipeline = PretrainedPipeline(BUNDLED)
    frame = spark.createDataFrame([("good movie",)], "text string")
    expected = pipeline.transform(frame).collect()
    path = str(tmp_path / "saved")
    pipeline.model.write().overwrite().save(path)
    loaded = PretrainedPipeline.from_disk(path)
    assert loaded.transform(frame).collect() == expected
    assert PretrainedPipeline("any", disk_location=path).annotate("good movie") == pipeline.annotate("good movie")
    renamed = frame.withColumnRenamed("text", "body")
    assert loaded.annotate(renamed, "body").collect() == expected
    with pytest.raises(ParamTypeError, match="column of texts"):
        loaded.annotate(renamed)
    with pytest.raises(ColumnError, match="there is no column 'boyd'; the columns are"):
        loaded.annotate(renamed, "boyd")
    with pytest.raises(ColumnError, match="'body' would be called 'text', as another column is"):
        loaded.annotate(renamed.withColumn("Text", renamed["body"]), "body")
    assert loaded.annotate(renamed.withColumnRenamed("body", "Text"), "text").collect() == expected
    assert loaded.fullAnnotate(["good movie"], ["a context"]) == loaded.fullAnnotate(["good movie"])
    with pytest.raises(ParamTypeError, match="takes a path"):
        PretrainedPipeline.from_disk(3)


def test_what_was_pulled_is_a_store(capsys, tmp_path, cache, monkeypatch):
    assert main(["pull", BUNDLED, "--to", str(tmp_path / "layer")]) == 0
    monkeypatch.setenv("SPARKCLS_MIRROR", str(tmp_path / "layer"))
    capsys.readouterr()
    ResourceDownloader.showPublicModels("DistilBertForSequenceClassification", "en")
    assert BUNDLED in capsys.readouterr().out


def test_stars():
    scope = {}
    exec("from sparkcls.pretrained import *", scope)
    assert scope["PretrainedPipeline"] is PretrainedPipeline
    assert {"ResourceDownloader", "LightPipeline", "PipelineModel"} <= set(scope)
    assert DocumentAssembler


def uri_of(folder):
    return f"file://{folder}".replace(" ", "%20")


def test_paths_and_uris_of_pipelines(tiny_model, tmp_path, cache):
    """One meaning of a path, a `Path` and a URI, whoever reads the folder."""
    from sparkcls import nlu
    from sparkcls.pipelines.saved import write_pipeline

    folder = tmp_path / "my pipelines"
    write_pipeline(pipeline_of(classifier_of(tiny_model)), folder)
    for where in (folder, str(folder), uri_of(folder)):
        for read in (
            LightPipeline.load,
            lambda w: PretrainedPipeline.from_disk(w).light_model,
            lambda w: LightPipeline(load_pipeline(w)),
        ):
            assert read(where).annotate("good")["class"]
        assert len(nlu.load(path=where).predict("good")) == 1
    model = shutil.copytree(tiny_model, tmp_path / "my model")
    for where in (model, uri_of(model)):
        assert DistilBertForSequenceClassification.loadSavedModel(where).getClasses() == ["red", "green", "blue"]
        assert len(nlu.load(path=where).predict("good")) == 1


def test_paths_and_uris_of_stores_and_files(mirror, cache, tmp_path):
    spaced = shutil.copytree(mirror, tmp_path / "my mirror")
    (tmp_path / "my words.txt").write_text("New York\n")
    for where in (spaced, uri_of(spaced)):
        assert DistilBertForSequenceClassification.pretrained("some_classifier", "en", where).getClasses() == ["a", "b"]
        shutil.rmtree(cache)
    for where in (tmp_path / "my words.txt", uri_of(tmp_path / "my words.txt")):
        assert (
            Tokenizer().setExceptionsPath(where).getExceptions()
            == Tokenizer().setExceptionsPath(str(where)).getExceptions()
        )


def test_a_strangers_stage_is_not_imported(tiny_model, tmp_path, monkeypatch, cache):
    """Where Spark would read a pipeline, its reader imports what the pipeline names."""
    from sparkcls import nlu
    from sparkcls.pipelines.saved import write_pipeline

    write_pipeline(pipeline_of(classifier_of(tiny_model)), tmp_path / "p")
    (file,) = tmp_path.glob("p/stages/1_*/metadata/part-*")
    file.write_text(file.read_text().replace("sparkcls.stages.tokenizer.Tokenizer", "evil.Stage"))
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'was here')!r}, 'w').close()")
    monkeypatch.syspath_prepend(tmp_path)
    for read in (load_pipeline, PretrainedPipeline.from_disk, lambda p: nlu.load(path=p)):
        with pytest.raises(ModelFormatError, match="neither of sparkcls nor of Spark: evil.Stage"):
            read(tmp_path / "p")
    assert not (tmp_path / "was here").exists()
