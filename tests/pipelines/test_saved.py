"""Saved pipelines of strangers, read without Spark: nothing in them runs, and damage is told in one sentence."""

import json
import shutil
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.ml import PipelineModel

from sparkcls.annotator import Tokenizer
from sparkcls.base import DocumentAssembler, LightPipeline
from sparkcls.errors import ModelFormatError, ModelNotFoundError, SparkclsError
from sparkcls.pipelines.saved import read_pipeline, write_pipeline
from sparkcls.stages.known import STAGES
from sparkcls.stages.stage import SavedTransformer, _descendants
from tests.models import save_tiny_model
from tests.pipelines import classifier_of, pipeline_of


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """A saved pipeline; copy it before changing anything."""
    folder = tmp_path_factory.mktemp("saved")
    model = save_tiny_model(folder / "model", ["x", "y"], seed=77)
    write_pipeline(pipeline_of(classifier_of(model)), folder / "pipeline")
    shutil.rmtree(model)
    return folder / "pipeline"


@pytest.fixture
def pipeline(saved, tmp_path, cache):
    return shutil.copytree(saved, tmp_path / "pipeline")


def stage_of(pipeline, number=2):
    return next((pipeline / "stages").glob(f"{number}_*"))


def change(stage, alter):
    """Let `alter` change the metadata, or give others."""
    (file,) = (stage / "metadata").glob("part-*")
    metadata = json.loads(file.read_text())
    changed = alter(metadata)
    file.write_text(changed if isinstance(changed, str) else json.dumps(metadata))


def test_every_stage_is_in_the_table():
    import sparkcls.annotator

    assert sparkcls.annotator
    found = {f"{c.__module__}.{c.__qualname__}" for c in _descendants(SavedTransformer)}
    abstract = {
        "sparkcls.stages.stage.Stage",
        "sparkcls.stages.stage.AnnotatorStage",
        "sparkcls.stages.annotating.RowStage",
        "sparkcls.stages.classifying.Classifying",
        "sparkcls.stages.sequence_classifier.SequenceClassifier",
        "sparkcls.stages.zero_shot.ZeroShotClassifier",
    }
    assert {name for name in found if name.startswith("sparkcls.")} - abstract == set(STAGES)


@pytest.mark.parametrize("name", ["evil.run.Stage", "evil.Stage", "sparkcls.evil.Stage", "run.Stage"])
def test_a_strangers_module_is_not_imported(pipeline, tmp_path, monkeypatch, name):
    """As in a download that is unpacked where Python looks for modules."""
    for file in (tmp_path / "evil" / "run.py", tmp_path / "evil" / "__init__.py", tmp_path / "run.py"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(
            f"open({str(tmp_path / 'was here')!r}, 'w').close()\n"
            "from sparkcls.annotator import Tokenizer\nclass Stage(Tokenizer): pass\n"
        )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    for number in (0, 2):
        change(stage_of(pipeline, number), lambda m: m.update({"class": name}))
        with pytest.raises(ModelFormatError, match=f"holds a {name}, which is not a stage of sparkcls"):
            LightPipeline.load(pipeline)
    assert not (tmp_path / "was here").exists()
    assert not {"evil", "evil.run", "run"} & set(sys.modules)


@pytest.mark.parametrize(
    "name", ["sparkcls.stages.stage.AnnotatorStage", "sparkcls.saving.stage_files.StageWriter", "", "X"]
)
def test_what_is_no_stage(pipeline, name):
    change(stage_of(pipeline), lambda m: m.update({"class": name}))
    with pytest.raises(ModelFormatError, match="which is not a stage of sparkcls"):
        LightPipeline.load(pipeline)


class Louder(Tokenizer):
    """A user's own stage."""


def test_a_users_own_class_that_is_there(tmp_path):
    document = DocumentAssembler(inputCol="text", outputCol="document")
    own = Louder(inputCols=["document"], outputCol="token")
    write_pipeline(PipelineModel([document, own]), tmp_path / "p")
    (_, found) = read_pipeline(tmp_path / "p").stages
    assert type(found) is Louder
    assert found.uid == own.uid


def long(value):
    return json.dumps(value).replace('"X"', "[" * 100_000 + "]" * 100_000)


DAMAGES = {
    "no object": lambda m: "[]",
    "no JSON": lambda m: "{",
    "deep": lambda m: "[" * 100_000 + "]" * 100_000,
    "a deep Param": lambda m: m["paramMap"].update(outputCol="X") or long(m),
    "digits": lambda m: m["paramMap"].update(batchSize=9) or json.dumps(m).replace(": 9", ": " + "9" * 10_000),
    "no class": lambda m: m.pop("class"),
    "class": lambda m: m.update({"class": 5}),
    "no uid": lambda m: m.pop("uid"),
    "uid": lambda m: m.update(uid=[1]),
    "ours is a str": lambda m: m.update(sparkcls="x"),
    "format is a str": lambda m: m["sparkcls"].update(format="1"),
    "format is negative": lambda m: m["sparkcls"].update(format=-1),
    "no format": lambda m: m["sparkcls"].pop("format"),
    "files is a list": lambda m: m["sparkcls"].update(files=["config.json"]),
    "a file without facts": lambda m: m["sparkcls"]["files"].update({"config.json": 3}),
    "a file without bytes": lambda m: m["sparkcls"]["files"]["config.json"].pop("bytes"),
    "bytes is no number": lambda m: m["sparkcls"]["files"]["config.json"].update(bytes="9"),
    "endless bytes": lambda m: m["sparkcls"]["files"]["config.json"].update(bytes=10**30),
    "infinite bytes": lambda m: m["sparkcls"]["files"]["config.json"].update(bytes=float("inf")),
    "fewer bytes": lambda m: m["sparkcls"]["files"]["config.json"].update(bytes=3),
    "paramMap": lambda m: m.update(paramMap=[1]),
    "defaultParamMap": lambda m: m.update(defaultParamMap="x"),
    "an unknown Param": lambda m: m["paramMap"].update(nope=1),
    "a Param of another type": lambda m: m["paramMap"].update(batchSize="x"),
    "a default of another type": lambda m: m["defaultParamMap"].update(threshold=[]),
    "null": lambda m: m["paramMap"].update(outputCol=None),
    "a lone surrogate": lambda m: m["paramMap"].update(outputCol="\ud800"),
    "a ref's name": lambda m: m["paramMap"].update(model=json.dumps({"name": [], "digest": "sha256:0", "places": []})),
    "a ref's language": lambda m: m["paramMap"].update(
        model=json.dumps({"name": "n", "digest": "sha256:0", "places": [], "lang": {}})
    ),
    "a deep ref": lambda m: m["paramMap"].update(model="[" * 100_000),
    "no ref": lambda m: m["paramMap"].pop("model"),
}


@pytest.mark.parametrize("how", DAMAGES)
def test_damaged_metadata(pipeline, how):
    change(stage_of(pipeline), DAMAGES[how])
    with pytest.raises(SparkclsError) as caught:
        LightPipeline.load(pipeline).annotate("good")
    assert len(str(caught.value)) < 1000


def test_what_older_versions_may_lack(pipeline):
    change(stage_of(pipeline), lambda m: m["sparkcls"].pop("files"))
    change(stage_of(pipeline, 1), lambda m: m.pop("defaultParamMap"))
    assert LightPipeline.load(pipeline)
    assert Tokenizer().getSplitChars() == read_pipeline(pipeline).stages[1].getSplitChars()


@pytest.mark.parametrize(
    "alter",
    [
        lambda m: m["paramMap"].pop("stageUids"),
        lambda m: m["paramMap"].update(stageUids="abc"),
        lambda m: m["paramMap"].update(stageUids=[1, 2, 3]),
        lambda m: m["paramMap"].update(stageUids=["../x", "b", "c"]),
        lambda m: m["paramMap"].update(stageUids=["a\0", "b", "c"]),
        lambda m: m.update(paramMap=None),
    ],
)
def test_damaged_lists_of_stages(pipeline, alter):
    change(pipeline, alter)
    with pytest.raises(ModelFormatError, match="metadata is damaged"):
        LightPipeline.load(pipeline)


@pytest.mark.parametrize("number", [0, 1])
def test_a_pipeline_linked_into_itself(pipeline, number):
    """Else two links a folder would be read some 2 ** 20 times."""
    for i in range(number + 1):
        shutil.rmtree(stage_of(pipeline, i))
        stage_of_name = json.loads(next((pipeline / "metadata").glob("part-*")).read_text())["paramMap"]["stageUids"][i]
        (pipeline / "stages" / f"{i}_{stage_of_name}").symlink_to(pipeline)
    with pytest.raises(ModelFormatError, match="linked into itself"):
        LightPipeline.load(pipeline)


def test_a_stage_that_is_a_link_to_itself(pipeline):
    folder = stage_of(pipeline, 1)
    shutil.rmtree(folder)
    folder.symlink_to(folder)
    with pytest.raises(SparkclsError, match="No saved pipeline or stage|cannot be read"):
        LightPipeline.load(pipeline)


def test_a_name_that_is_too_long(pipeline):
    change(pipeline, lambda m: m["paramMap"].update(stageUids=["x" * 5000]))
    with pytest.raises(SparkclsError, match="No saved pipeline or stage|cannot be read"):
        LightPipeline.load(pipeline)


def test_pipelines_in_pipelines(tmp_path):
    stage = model = PipelineModel([DocumentAssembler(inputCol="text", outputCol="document")])
    for _ in range(60):
        model = PipelineModel([model])
        model._resetUid("p")
    write_pipeline(model, tmp_path / "deep")
    found = read_pipeline(tmp_path / "deep")
    while isinstance(found.stages[0], PipelineModel):
        found = found.stages[0]
    assert found.stages[0].uid == stage.stages[0].uid
    write_pipeline(PipelineModel([PipelineModel([]) for _ in range(201)]), tmp_path / "wide")
    with pytest.raises(ModelFormatError, match="more than 200 stages"):
        read_pipeline(tmp_path / "wide")


def test_metadata_that_cannot_be_read(pipeline):
    (file,) = (stage_of(pipeline) / "metadata").glob("part-*")
    file.write_bytes(b"\xff\xfe{}")
    with pytest.raises(ModelFormatError, match="cannot be read"):
        LightPipeline.load(pipeline)
    file.write_text("")
    with pytest.raises(ModelNotFoundError, match="No saved pipeline"):
        LightPipeline.load(pipeline)
    file.unlink()
    file.mkdir()
    with pytest.raises(ModelFormatError, match="cannot be read"):
        LightPipeline.load(pipeline)


def pieces(stage, **columns):
    """Replace the stage's pieces."""
    for part in (stage / "files").glob("*"):
        part.unlink()
    pq.write_table(pa.table(columns), stage / "files" / "part-0.parquet")


@pytest.mark.parametrize(
    "columns",
    [
        {"file": ["config.json"], "offset": [None], "content": [b"x"]},
        {"file": ["config.json"], "offset": [0], "content": [None]},
        {"file": ["config.json"], "offset": [-1], "content": [b"x"]},
        {"file": ["config.json"], "offset": [1 << 60], "content": [b"x"]},
        {"file": ["config.json"] * 2, "offset": [0, 0], "content": [b"x" * 9000] * 2},
        {"file": [None], "offset": [0], "content": [b"x"]},
        {"file": ["config.json"], "offset": ["a"], "content": ["b"]},
        {"name": ["config.json"]},
    ],
)
def test_pieces_of_another_kind(pipeline, cache, columns):
    pieces(stage_of(pipeline), **columns)
    with pytest.raises(ModelFormatError, match="is damaged"):
        LightPipeline.load(pipeline)
    assert not list(cache.glob(".digests/*")), "a half model is never kept"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"no parquet", b"PAR1" + b"\0" * 100 + b"PAR1"])
def test_damaged_pieces(pipeline, content):
    (part,) = (stage_of(pipeline) / "files").glob("*.parquet")
    part.write_bytes(content)
    with pytest.raises(ModelFormatError, match="is damaged"):
        LightPipeline.load(pipeline)
