"""Reading what the real Spark NLP wrote: `tests/data/sparknlp`, see its README."""

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from sparkcls.annotator import DistilBertForSequenceClassification, Tokenizer
from sparkcls.base import DocumentAssembler, LightPipeline, PipelineModel
from sparkcls.engine.encoder import TextEncoder
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError
from sparkcls.formats.archive import extract
from sparkcls.formats.convert import convert_folder
from sparkcls.formats.tensorflow.graphdef import variable_names
from sparkcls.formats.tensorflow.tensorbundle import TensorBundle
from sparkcls.models.layout import PARAMS, read_model_folder
from sparkcls.models.ref import folder_digest
from sparkcls.pretrained import PretrainedPipeline, importPipeline
from tests.foreign import (
    DATA,
    FIXTURES,
    expected_shapes,
    random_state,
    write_bundle,
    write_saved_model,
    write_saved_tensorflow,
)
from tests.models import save_tiny_model, vocabulary
from tests.server import add_entry
from tests.tf_graph import Build

TEXTS = json.loads((DATA / "texts.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    root = tmp_path_factory.mktemp("sparknlp")
    for name in [*FIXTURES, "pipeline_onnx_2_cased"]:
        extract(DATA / f"{name}.zip", root / name)
    return root


def pipeline_of(stage):
    return PipelineModel(
        [
            DocumentAssembler().setInputCol("text").setOutputCol("document"),
            Tokenizer().setInputCols(["document"]).setOutputCol("token"),
            stage.setInputCols(["document", "token"]).setOutputCol("class"),
        ]
    )


def scores(model, labels):
    rows = LightPipeline(model).fullAnnotate(TEXTS)
    return np.array([[float(row["class"][0].metadata[label]) for label in labels] for row in rows])


@pytest.mark.parametrize("name", FIXTURES)
def test_scores_are_those_of_the_original(cache, unpacked, name):
    stage = DistilBertForSequenceClassification.load(str(unpacked / name))
    record = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    assert stage.getClasses() == record["labels"], "the order is the file's"
    assert stage.getCaseSensitive() == ("uncased" not in name)
    assert stage.getMaxSentenceLength() == 128
    assert stage.getInputCols() == ["document", "token"]
    model = pipeline_of(stage.setTokenization("sparknlp"))
    assert np.abs(scores(model, record["labels"]) - record["sparknlp"]).max() <= 1e-4
    stage.setTokenization("huggingface")
    assert np.abs(scores(model, record["labels"]) - record["transformers"]).max() <= 1e-4
    assert np.abs(np.array(record["sparknlp"]) - record["transformers"]).max() > 0.01, "the two do differ"


@pytest.mark.parametrize("name", FIXTURES)
def test_converting_twice_gives_the_same_bytes(unpacked, tmp_path, name):
    for target in ("a", "b"):
        convert_folder(unpacked / name, tmp_path / target)
    assert folder_digest(tmp_path / "a") == folder_digest(tmp_path / "b")
    assert json.loads((tmp_path / "a" / PARAMS).read_text())["params"]["maxSentenceLength"] == 128


@pytest.mark.parametrize("name", ["tensorflow_2_uncased", "tensorflow_7_cased"])
def test_the_bundle_and_the_graph_tell_the_same_names(unpacked, tmp_path, name):
    extract(unpacked / name / "distilbert_classification_tensorflow", tmp_path / "inner")
    by_graph = variable_names((tmp_path / "inner" / "saved_model.pb").read_bytes(), "graph")
    layers = 2 if "2" in name else 1
    assert len(by_graph) == 8 + 16 * layers
    by_bundle = TensorBundle(tmp_path / "inner" / "variables").variable_names()
    if by_bundle:
        assert {k: n.partition(":")[0] for k, n in by_bundle.items() if k in by_graph} == by_graph


def test_a_saved_pipeline(cache, unpacked):
    model = importPipeline(unpacked / "pipeline_onnx_2_cased")
    assert [type(s).__name__ for s in model.stages] == [
        "DocumentAssembler",
        "Tokenizer",
        "DistilBertForSequenceClassification",
    ]
    assert model.stages[2].uid.startswith("DistilBertForSequenceClassification_")
    record = json.loads((DATA / "onnx_2_cased.json").read_text(encoding="utf-8"))
    model.stages[2].setTokenization("sparknlp")
    assert np.abs(scores(model, record["labels"]) - record["sparknlp"]).max() <= 1e-4


def test_a_saved_pipeline_in_spark(spark, cache, unpacked):
    frame = spark.createDataFrame([(t,) for t in TEXTS[:4]], "text string")
    rows = importPipeline(unpacked / "pipeline_onnx_2_cased").transform(frame).select("class.result").collect()
    assert all(row["result"][0] in ("negative", "positive") for row in rows)


def test_pipelines_and_stages_that_cannot_be_read(cache, unpacked, tmp_path):
    with pytest.raises(ModelNotFoundError, match="No saved pipeline"):
        importPipeline(tmp_path / "absent")
    with pytest.raises(ModelFormatError, match="holds a single stage"):
        importPipeline(unpacked / "onnx_2_cased")
    with pytest.raises(ModelFormatError, match="importPipeline"):
        DistilBertForSequenceClassification.loadSavedModel(unpacked / "pipeline_onnx_2_cased")
    other = shutil.copytree(unpacked / "onnx_2_cased", tmp_path / "other")
    part = other / "metadata" / "part-00000"
    part.write_text(part.read_text().replace("DistilBertForSeq", "GptForSeq"))
    with pytest.raises(ModelFormatError, match="only DistilBertForSequenceClassification.* can be read"):
        DistilBertForSequenceClassification.load(str(other))
    for missing, message in (("fields/labels", "labels is missing"), ("distilbert_classification_onnx", "has no file")):
        broken = shutil.copytree(unpacked / "onnx_2_cased", tmp_path / message)
        shutil.rmtree(broken / missing) if (broken / missing).is_dir() else (broken / missing).unlink()
        with pytest.raises(ModelFormatError, match=message):
            DistilBertForSequenceClassification.loadSavedModel(broken)


def exporter_folder(folder: Path) -> Path:
    (folder / "assets").mkdir(parents=True)
    (folder / "assets" / "vocab.txt").write_text("\n".join(vocabulary(True)) + "\n", encoding="utf-8")
    return folder


def test_exporter_folders(cache, unpacked, tmp_path):
    folder = exporter_folder(tmp_path / "onnx")
    with zipfile.ZipFile(unpacked / "onnx_2_cased" / "distilbert_classification_onnx") as inner:
        (folder / "model.onnx").write_bytes(inner.read(inner.namelist()[0]))
    with pytest.raises(ModelFormatError, match=r"has no assets/labels.txt"):
        DistilBertForSequenceClassification.loadSavedModel(folder)
    (folder / "assets" / "labels.txt").write_text("negative\npositive\n")
    stage = DistilBertForSequenceClassification.loadSavedModel(str(folder), None)
    record = json.loads((DATA / "onnx_2_cased.json").read_text(encoding="utf-8"))
    assert np.abs(scores(pipeline_of(stage), record["labels"]) - record["transformers"]).max() <= 1e-4

    saved_model = exporter_folder(tmp_path / "tf")
    (saved_model / "assets" / "labels.txt").write_text("a\nb\nc\n")
    state = random_state(dim=64, labels=3, vocabulary=len(vocabulary(True)))
    write_saved_model(saved_model, state)
    convert_folder(saved_model, tmp_path / "out")
    out = load_file(tmp_path / "out" / "model.safetensors")
    assert all(np.array_equal(out[name], state[name]) for name in state)


def test_heads(tmp_path):
    state = random_state(dim=96, labels=2, vocabulary=400)
    source = write_saved_tensorflow(tmp_path / "m", state, ["a", "b"], vocabulary(), build=Build(heads=3))
    with pytest.raises(ModelFormatError, match="does not divide"):
        convert_folder(source, tmp_path / "out", heads=5)
    with pytest.raises(ModelFormatError, match="has 3 attention heads, 4 are asked for"):
        convert_folder(source, tmp_path / "out", heads=4)
    convert_folder(source, tmp_path / "out")
    assert read_model_folder(tmp_path / "out").config["n_heads"] == 3
    with pytest.raises(ParamError, match="exists"):
        convert_folder(source, tmp_path / "out", heads=3)
    (tmp_path / "nothing").mkdir()
    with pytest.raises(ModelFormatError, match="no model that sparkcls knows"):
        convert_folder(tmp_path / "nothing", tmp_path / "out2")


@pytest.mark.newest
def test_the_written_tokenizer_is_that_of_transformers(cache, tmp_path):
    from transformers import DistilBertTokenizer

    for cased in (False, True):
        pieces = vocabulary(cased)
        state = random_state(dim=64, labels=2, vocabulary=len(pieces))
        source = write_saved_tensorflow(tmp_path / f"m{cased}", state, ["a", "b"], pieces)
        convert_folder(source, tmp_path / f"out{cased}")
        ours = TextEncoder(read_model_folder(tmp_path / f"out{cased}"))
        theirs = DistilBertTokenizer(vocab={p: i for i, p in enumerate(pieces)}, do_lower_case=not cased)
        for text in TEXTS:
            ids = ours.finish(ours.encode([text], "huggingface", True)[0], 512)[0]
            assert ids == theirs(text)["input_ids"], text


# Linux hands the parent's peak on through exec in ru_maxrss; VmHWM belongs to the new program alone.
PEAK = """
def peak():
    try:
        return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) * 1024
    except FileNotFoundError:
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
"""


def test_a_base_sized_model_converts_fast_and_in_little_memory(tmp_path):
    config = {"vocab_size": 30522, "max_position_embeddings": 512, "dim": 768, "hidden_dim": 3072, "n_layers": 6}
    generator = np.random.default_rng(0)
    state = {n: generator.standard_normal(s, dtype=np.float32) for n, s in expected_shapes(config, 2).items()}
    assert sum(a.size for a in state.values()) > 66e6
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"w{i}" for i in range(30517))]
    source = write_saved_tensorflow(tmp_path / "m", state, ["neg", "pos"], pieces)
    code = (
        "import sys, time; from pathlib import Path\n"
        "from sparkcls.formats.convert import convert_folder\n"
        "convert_folder(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "print(time.process_time(), peak())"
    )
    command = [sys.executable, "-c", PEAK + code, str(source), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds, memory = map(float, done.stdout.split())
    assert seconds < 60
    assert memory < 1.5e9
    name = "distilbert.transformer.layer.3.attention.q_lin.weight"
    assert np.array_equal(load_file(tmp_path / "out" / "model.safetensors")[name], state[name])


def test_hugging_face_folders_are_copied(tmp_path):
    folder = save_tiny_model(tmp_path / "hf", ["a", "b"])
    convert_folder(folder, tmp_path / "out")
    assert folder_digest(tmp_path / "out") == folder_digest(folder)


@pytest.mark.parametrize("half", [False, True])
def test_openvino(cache, unpacked, tmp_path, half):
    import openvino

    with zipfile.ZipFile(unpacked / "onnx_7_uncased" / "distilbert_classification_onnx") as inner:
        (tmp_path / "model.onnx").write_bytes(inner.read(inner.namelist()[0]))
    folder = tmp_path / "ov"
    model = openvino.convert_model(str(tmp_path / "model.onnx"))
    openvino.save_model(model, str(folder / "openvino_model.xml"), compress_to_fp16=half)
    (folder / "assets").mkdir()
    (folder / "assets" / "vocab.txt").write_text("\n".join(vocabulary()) + "\n", encoding="utf-8")
    record = json.loads((DATA / "onnx_7_uncased.json").read_text(encoding="utf-8"))
    (folder / "assets" / "labels.txt").write_text("\n".join(record["labels"]) + "\n")
    stage = DistilBertForSequenceClassification.loadSavedModel(folder)
    difference = np.abs(scores(pipeline_of(stage), record["labels"]) - record["transformers"]).max()
    assert difference <= (0.02 if half else 1e-4)

    # As Spark NLP lays it out: a zip of both files beside metadata and fields.
    saved = shutil.copytree(unpacked / "onnx_7_uncased", tmp_path / "saved")
    (saved / "distilbert_classification_onnx").unlink()
    with zipfile.ZipFile(saved / "distilbert_classification_openvino", "w") as archive:
        for name in ("openvino_model.xml", "openvino_model.bin"):
            archive.write(folder / name, name)
    assert DistilBertForSequenceClassification.load(str(saved)).getClasses() == record["labels"]
    (folder / "openvino_model.xml").write_text("<net/>")
    with pytest.raises(ModelFormatError, match="cannot be read by OpenVINO"):
        DistilBertForSequenceClassification.loadSavedModel(folder)
    (folder / "openvino_model.bin").unlink()
    with pytest.raises(ModelFormatError, match=r"one .xml and the .bin"):
        DistilBertForSequenceClassification.loadSavedModel(folder)


def test_openvino_without_its_package(unpacked, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    for name in ("openvino_model.xml", "openvino_model.bin", "assets/vocab.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    with pytest.raises(ModelFormatError, match=r"sparkcls\[openvino\]"):
        convert_folder(tmp_path, tmp_path.with_name("out"))


def test_a_changed_byte_of_a_weight_is_seen(tmp_path):
    prefix = tmp_path / "variables"
    write_bundle(prefix, {"w": np.arange(8, dtype=np.float32)})
    assert TensorBundle(prefix).array("w").tolist() == list(range(8))
    data = tmp_path / "variables.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ModelFormatError, match="fails its checksum"):
        TensorBundle(prefix).array("w")
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(ModelFormatError, match="cut off"):
        TensorBundle(prefix).array("w")


def test_pretrained_pipeline_of_a_saved_one(cache, unpacked):
    pipeline = PretrainedPipeline("any", disk_location=str(unpacked / "pipeline_onnx_2_cased"))
    assert pipeline.annotate("I really liked that movie!")["class"][0] in ("negative", "positive")


def test_a_pipeline_of_the_store(cache, tmp_path, monkeypatch):
    store = tmp_path / "store"
    add_entry(store, name="analyze", category="pl", annotator="PipelineModel")
    shutil.copy(DATA / "pipeline_onnx_2_cased.zip", store / "analyze_en_3.3.3_3.0_1637502669757.zip")
    monkeypatch.setenv("SPARKCLS_MIRROR", str(store))
    pipeline = PretrainedPipeline("analyze", "en")
    assert pipeline.annotate("I really liked that movie!")["class"][0] in ("negative", "positive")
