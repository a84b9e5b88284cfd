"""Pipelines of text stages that Spark NLP saved; those with a classifier are in tests/formats."""

import json
import shutil

import pytest

from sparkcls.base import DocumentAssembler, LightPipeline, PipelineModel
from sparkcls.errors import ModelFormatError
from sparkcls.formats.archive import extract
from sparkcls.pipelines.saved import write_pipeline
from sparkcls.pretrained import PretrainedPipeline, importPipeline
from tests.foreign import DATA


@pytest.fixture
def saved(tmp_path):
    extract(DATA / "pipeline_text_stages.zip", tmp_path / "saved")
    return tmp_path / "saved"


def test_the_text_stages_are_what_they_were(saved):
    model = importPipeline(saved)
    _, documents, _, normalizer, stop_words, _, assembler = model.stages
    assert [type(stage).__name__ for stage in model.stages[1:]] == [
        *("DocumentNormalizer", "Tokenizer", "Normalizer", "StopWordsCleaner", "Stemmer", "TokenAssembler")
    ]
    assert documents.getPolicy() == "all"
    assert normalizer.uid.startswith("NORMALIZER_")
    assert (normalizer.getCleanupPatterns(), normalizer.getLowercase()) == (["[^a-zA-Z]"], True)
    assert (normalizer.getMinLength(), normalizer.getMaxLength()) == (0, 9)
    assert normalizer.getSlangDictionary() == {"gr8": "great", "idk": "I do not know"}
    assert stop_words.getStopWords() == ["was", "a"]
    assert assembler.getPreservePosition()
    # What Spark NLP printed when it saved them.
    assert LightPipeline(model).annotate("<b>IDK</b> it was gr8 movies")["again"] == ["idonotknow it  greatmovi"]


def test_a_damaged_slang_dictionary(saved):
    (part, *_) = sorted((saved / "stages").glob("*_NORMALIZER_*/fields/slangDict/part-*"))
    part.write_bytes(part.read_bytes()[:60])
    with pytest.raises(ModelFormatError, match="slangDict"):
        importPipeline(saved)


def nest(folder, inner, before=(), python=True):
    """A pipeline around a saved one, as pyspark writes it: stages before, then the one inside."""
    stages = [*before, inner]
    uids = [json.loads(next((s / "metadata").glob("part-*")).read_text())["uid"] for s in stages]
    width = len(str(len(stages)))
    for i, (stage, uid) in enumerate(zip(stages, uids, strict=True)):
        shutil.copytree(stage, folder / "stages" / f"{i:0{width}d}_{uid}")
    (folder / "metadata").mkdir()
    name = "pyspark.ml.pipeline.PipelineModel" if python else "org.apache.spark.ml.PipelineModel"
    line = {"class": name, "uid": f"PipelineModel_{folder.name}", "paramMap": {"stageUids": uids, "language": "Python"}}
    (folder / "metadata" / "part-00000").write_text(json.dumps(line) + "\n")
    return folder


@pytest.mark.parametrize("python", [True, False])
def test_a_pipeline_inside_of_a_pipeline(saved, tmp_path, python):
    flat = importPipeline(saved)
    folder = nest(tmp_path / "outer", nest(tmp_path / "middle", saved, python=python), python=python)
    model = importPipeline(folder)
    assert model.uid == "PipelineModel_outer"
    (middle,) = model.stages
    (inner,) = middle.stages
    assert [stage.uid for stage in inner.stages] == [stage.uid for stage in flat.stages]
    text = "<b>IDK</b> it was gr8 movies"
    assert LightPipeline(model).annotate(text) == LightPipeline(flat).annotate(text)
    # By the other ways in.
    assert PretrainedPipeline("any", disk_location=str(folder)).annotate(text)["again"] == ["idonotknow it  greatmovi"]


def test_a_pipeline_inside_of_itself(saved, tmp_path):
    folder = nest(tmp_path / "outer", saved)
    (inner,) = (folder / "stages").iterdir()
    shutil.rmtree(inner)
    inner.symlink_to(folder)
    with pytest.raises(ModelFormatError, match="inside of itself"):
        importPipeline(folder)
    part = folder / "metadata" / "part-00000"
    for uids in (["../x"], [1], ["absent"], "x", None):
        line = json.loads(part.read_text())
        part.write_text(json.dumps(line | {"paramMap": {"stageUids": uids}}))
        with pytest.raises(ModelFormatError, match=r"lists no stageUids|lacks"):
            importPipeline(folder)


def test_a_pipeline_that_sparkcls_saved(tmp_path):
    write_pipeline(PipelineModel([DocumentAssembler().setInputCol("text")]), tmp_path / "ours")
    with pytest.raises(ModelFormatError, match=r"saved by sparkcls.*PipelineModel.load"):
        importPipeline(tmp_path / "ours")
