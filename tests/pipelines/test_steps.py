"""LightPipeline makes what a text needs once, and anew for whatever has changed."""

import os
import pickle
import shutil
import sys
import threading
import time
from types import SimpleNamespace

import pytest

from sparkcls.annotator import DistilBertForSequenceClassification, Tokenizer
from sparkcls.base import DocumentAssembler, Finisher, LightPipeline, PipelineModel
from sparkcls.catalogue import located
from sparkcls.errors import ModelFormatError, ModelNotFoundError
from sparkcls.models import checksums
from sparkcls.pipelines.steps import Steps
from sparkcls.settings import configure
from tests.pipelines import classifier_of, pipeline_of

TEXT = "A good movie"


@pytest.fixture
def parts(tiny_model):
    """The stages of a pipeline, and a LightPipeline of them that has been used."""
    assembler = DocumentAssembler(inputCol="text", outputCol="document")
    tokenizer = Tokenizer(inputCols=["document"], outputCol="token")
    classifier = classifier_of(tiny_model, multilabel=True, threshold=0.0)
    light = LightPipeline(pipeline_of(classifier, tokenizer, assembler))
    light.annotate(TEXT)
    return SimpleNamespace(assembler=assembler, tokenizer=tokenizer, classifier=classifier, light=light)


@pytest.fixture
def settled(monkeypatch):
    """Files count as unchanged for long that were made just now."""
    monkeypatch.setattr(checksums, "_TICK", -60)


def calls(function):
    """How many functions a call calls, those in C counted, by itself: other things may be tidied up meanwhile."""
    return min(_calls(function) for _ in range(5))


def _calls(function):
    count = 0

    def note(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    function()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def test_a_text_costs_little_beside_the_models_own_work(parts, settled, monkeypatch):
    (function,) = parts.classifier._in_use
    engine = function._classifier
    parts.light.annotate(TEXT)
    monkeypatch.setattr(located, "locate", lambda ref: pytest.fail("it is looked for again"))
    own = calls(lambda: parts.light.annotate(TEXT)) - calls(
        lambda: engine.classify([TEXT], [0], function._scoring.reading)
    )
    # 410 were counted, most of them of the tokenizer; 4,500 where all was made for every text.
    assert own < 700


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda p: p.classifier.setThreshold(1.0), {"class": []}),
        (lambda p: p.classifier.setOutputCol("kind"), {"kind": ["red", "green", "blue"]}),
        (lambda p: p.classifier.setLazyAnnotator(True), {"class": None}),
        (lambda p: p.tokenizer.setMinLength(2), {"token": ["good", "movie"]}),
        (lambda p: p.tokenizer.setContextChars(["e"]), {"token": ["A", "good", "movi", "e"]}),
        (lambda p: p.assembler.setCleanupMode("delete_full"), {"document": ["A good movie"]}),
        (lambda p: p.light.pipeline_model.stages.pop(), {"class": None}),
        (lambda p: p.light.pipeline_model.stages.append(Finisher(inputCols=["token"])), {"class": None}),
        (
            lambda p: p.light.pipeline_model.stages.__setitem__(2, p.classifier.copy().setThreshold(1.0)),
            {"class": []},
        ),
        (
            lambda p: p.light.pipeline_model.stages.__setitem__(2, PipelineModel([p.classifier.copy()])),
            {"class": ["red", "green", "blue"]},
        ),
        (lambda p: setattr(p.light, "pipeline_model", PipelineModel([p.assembler])), {"class": None, "token": None}),
    ],
)
def test_what_is_changed_counts_from_the_next_text_on(parts, settled, change, expected):
    assert parts.light.annotate(TEXT)["class"] == ["red", "green", "blue"]
    change(parts)
    found = parts.light.annotate(TEXT)
    assert {column: found.get(column) for column in expected} == expected


def shuffled(folder):
    """Other labels in as many bytes, at the time of the old ones."""
    file = folder / "config.json"
    before = file.stat()
    content = file.read_text()
    file.write_text(content.replace('"red"', '"dry"'))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert content != file.read_text()
    assert file.stat().st_size == before.st_size


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (shuffled, ModelFormatError),
        (lambda folder: (folder / "config.json").unlink(), ModelFormatError),
        (lambda folder: (folder / "added_tokens.json").write_text('{"good movie": 7}'), ModelFormatError),
        (
            lambda folder: (folder / "assets").mkdir() or (folder / "assets/labels.txt").write_text("x"),
            ModelFormatError,
        ),
        (shutil.rmtree, ModelNotFoundError),
        (lambda folder: folder.rename(folder.with_name("elsewhere")), ModelNotFoundError),
    ],
)
def test_a_model_that_changes_on_disk_is_found_out_by_the_next_text(tiny_model, tmp_path, settled, change, error):
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    light = LightPipeline(pipeline_of(classifier_of(folder)))
    first = light.annotate(TEXT)
    time.sleep(0.05)
    change(folder)
    for _ in range(2):
        with pytest.raises(error, match="'model' (is not|on host .* is not)"):
            light.annotate(TEXT)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(tiny_model, folder)
    assert light.annotate(TEXT) == first, "the same model again"


def test_files_of_just_now_are_looked_at_again(tiny_model, tmp_path):
    """A second change within a tick of the filesystem's clock would not show."""
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    light = LightPipeline(pipeline_of(classifier_of(folder)))
    light.annotate(TEXT)
    assert not any(known[0] == folder for known in located._known.values())


def test_another_cache_is_asked_again(tiny_model, tmp_path, settled, fresh_settings, monkeypatch):
    light = LightPipeline(pipeline_of(classifier_of(tiny_model)))
    first = light.annotate(TEXT)
    asked = []
    monkeypatch.setattr(located, "locate", lambda ref, locate=located.locate: asked.append(ref) or locate(ref))
    assert light.annotate(TEXT) == first
    assert not asked
    configure(cache=tmp_path)
    assert light.annotate(TEXT) == first
    assert light.annotate(TEXT) == first
    assert len(asked) == 1


class Own(DistilBertForSequenceClassification):
    """A user's class, with something that is no Param."""

    labels_kept = 3

    def annotate_rows(self, metadata, rows):
        return [found[: self.labels_kept] for found in super().annotate_rows(metadata, rows)]


def test_nothing_is_kept_of_a_users_own_stage(tiny_model):
    stage = Own.loadSavedModel(tiny_model).setInputCols("document", "token").setMultilabel(True).setThreshold(0.0)
    light = LightPipeline(pipeline_of(stage))
    assert len(light.annotate(TEXT)["class"]) == 3
    stage.labels_kept = 1
    assert len(light.annotate(TEXT)["class"]) == 1


class Loud(DocumentAssembler):
    """A user's class for documents."""

    def assemble(self, value, metadata=None):
        return super().assemble(value.upper(), metadata)


def test_a_users_own_assembler_assembles():
    light = LightPipeline(PipelineModel([Loud(inputCol="text")]))
    assert light.annotate(TEXT) == {"document": [TEXT.upper()]}


def test_a_users_own_stage_may_have_what_cannot_be_copied():
    stage = Loud(inputCol="text")
    stage._paramMap[stage.metadataCol] = threading.Lock()
    light = LightPipeline(PipelineModel([stage]))
    for _ in range(2):
        assert light.annotate(TEXT) == {"document": [TEXT.upper()]}


def test_threads_while_a_param_is_set(parts, settled):
    stop = threading.Event()
    found, errors = [], []

    def annotate():
        try:
            while not stop.is_set():
                found.append(tuple(parts.light.annotate(TEXT)["class"]))
        except Exception as e:
            errors.append(e)

    threads = [threading.Thread(target=annotate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        for threshold in (1.0, 0.0):
            parts.classifier.setThreshold(threshold)
            time.sleep(0.002)
    stop.set()
    for thread in threads:
        thread.join()
    assert not errors
    assert {*found} <= {(), ("red", "green", "blue")}
    assert parts.light.annotate(TEXT)["class"] == ["red", "green", "blue"]


def test_a_param_that_is_set_and_set_back_while_steps_are_made(parts, monkeypatch):
    """By another thread, unseen: what is kept must be made of the Params that it is compared with."""
    make = Steps._annotating

    def annotating(self, stage, metadata):
        parts.classifier.setThreshold(1.0)
        try:
            return make(self, stage, metadata)
        finally:
            parts.classifier.setThreshold(0.0)

    monkeypatch.setattr(Steps, "_annotating", annotating)
    assert LightPipeline(parts.light.pipeline_model).annotate(TEXT)["class"] == ["red", "green", "blue"]


def test_pickled_without_what_belongs_to_the_process(parts):
    again = pickle.loads(pickle.dumps(parts.light))
    assert again._steps is None
    assert again.annotate(TEXT) == parts.light.annotate(TEXT)
