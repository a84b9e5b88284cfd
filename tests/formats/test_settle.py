"""Heads, activation and the rest, from what a network's graph computes."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from sparkcls.annotator import DistilBertForSequenceClassification
from sparkcls.catalogue.consent import may_ask
from sparkcls.catalogue.imported import import_again, import_folder
from sparkcls.engine.network import Network
from sparkcls.errors import ModelFormatError, ParamError
from sparkcls.formats.archive import extract
from sparkcls.formats.convert import convert_folder
from sparkcls.formats.messages import message
from sparkcls.models.layout import read_model_folder
from sparkcls.models.ref import folder_digest
from tests.foreign import random_state, write_field, write_saved_model, write_saved_tensorflow
from tests.models import save_tiny_model, vocabulary
from tests.tf_graph import Build

EXPORTED = Path(__file__).parents[1] / "data" / "exported"
NAMES = [
    "onnx_legacy_relu_4",
    "onnx_legacy_gelu_6",
    "onnx_dynamo_relu_3",
    "onnx_dynamo_gelu_12",
    "tensorflow_relu_4",
    "tensorflow_bert",
]


def exported(name, folder):
    """The exporter's folder of this name, and its record."""
    extract(EXPORTED / f"{name}.zip", folder)
    return with_assets(folder), json.loads((EXPORTED / f"{name}.json").read_text(encoding="utf-8"))


def with_assets(folder):
    (folder / "assets").mkdir(parents=True)
    (folder / "assets" / "vocab.txt").write_text("\n".join(vocabulary()) + "\n", encoding="utf-8")
    (folder / "assets" / "labels.txt").write_text("a\nb\nc\n")
    return folder


def check(folder, record):
    """The converted folder has the record's configuration and gives its logits."""
    model = read_model_folder(folder)
    assert {key: model.config[key] for key in record["config"]} == record["config"]
    logits = Network(model, "cpu", "float32").start(record["texts"])()
    assert np.abs(logits - np.array(record["logits"])).max() < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_exported_networks_answer_as_in_their_own_runtime(cache, tmp_path, name):
    folder, record = exported(name, tmp_path / "m")
    convert_folder(folder, tmp_path / "out")
    check(tmp_path / "out", record)


@pytest.mark.parametrize("name", ["onnx_legacy_relu_4", "onnx_dynamo_relu_3", "tensorflow_relu_4"])
def test_as_spark_nlp_saves_them(cache, tmp_path, name):
    """The graph alone in a zip; weights of ONNX that lie outside of it inside the zip or beside it."""
    folder, record = exported(name, tmp_path / "m")
    saved = write_saved_tensorflow(tmp_path / "saved", random_state(64, 3, 201), ["a", "b", "c"], vocabulary())
    (saved / "distilbert_classification_tensorflow").unlink()
    engine = name.partition("_")[0]
    with zipfile.ZipFile(saved / f"distilbert_classification_{engine}", "w") as archive:
        if engine == "onnx":
            archive.write(folder / "model.onnx", "distilbert_classification_onnx")
            for data in folder.glob("*.data"):
                archive.write(data, data.name)
        else:
            whole = message("TfSavedModel").FromString((folder / "saved_model.pb").read_bytes())
            archive.writestr("saved_model.pb", whole.meta_graphs[0].graph_def.SerializeToString())
            for file in (folder / "variables").iterdir():
                archive.write(file, file.name)
    convert_folder(saved, tmp_path / "out")
    check(tmp_path / "out", record)
    if name == "onnx_dynamo_relu_3":
        with zipfile.ZipFile(saved / "distilbert_classification_onnx", "w") as archive:
            archive.write(folder / "model.onnx", "distilbert_classification_onnx")
        with pytest.raises(ModelFormatError, match="not beside the model"):
            convert_folder(saved, tmp_path / "out2")
        shutil.copy(folder / "model.onnx.data", saved / "distilbert_classification_onnx_model.onnx.data")
        convert_folder(saved, tmp_path / "out2")
        check(tmp_path / "out2", record)
        moved = tmp_path / "elsewhere"
        shutil.move(saved / "distilbert_classification_onnx_model.onnx.data", moved)
        (saved / "model.onnx.data").symlink_to(moved)
        with pytest.raises(ModelFormatError, match="not beside the model"):
            convert_folder(saved, tmp_path / "out3")


@pytest.mark.parametrize("name", ["onnx_legacy_relu_4", "onnx_legacy_gelu_6"])
def test_openvino_is_run_itself(cache, tmp_path, name):
    folder, record = exported(name, tmp_path / "m")
    as_openvino(folder)
    convert_folder(folder, tmp_path / "out")
    check(tmp_path / "out", record)


def in_half(file, epsilon):
    """Keep the floats of an ONNX file in half precision, as its converters do, with this epsilon in its layer norms."""
    model = message("OnnxModel").FromString(file.read_bytes())
    constants = [a.t for node in model.graph.node if node.op_type == "Constant" for a in node.attribute]
    for tensor in [*model.graph.initializer, *constants]:
        if tensor.data_type == 1:
            values = np.frombuffer(tensor.raw_data, np.float32)
            if values.size == 1 and 0 < values[0] < 1e-9:
                values = np.array([epsilon])
            tensor.data_type, tensor.raw_data = 10, values.clip(-65504, 65504).astype(np.float16).tobytes()
    for node in model.graph.node:
        for a in node.attribute:
            if a.name == "epsilon":
                a.f = epsilon
    file.write_bytes(model.SerializeToString())


@pytest.mark.parametrize("name", ["onnx_legacy_relu_4", "onnx_legacy_gelu_6"])
def test_half_precision(tmp_path, name):
    """The root of a head's width is rounded there, and the epsilon is the smallest number that there is."""
    folder, record = exported(name, tmp_path / "m")
    in_half(folder / "model.onnx", 5.96e-8)
    convert_folder(folder, tmp_path / "out")
    model = read_model_folder(tmp_path / "out")
    assert {key: model.config[key] for key in record["config"]} == record["config"]
    logits = Network(model, "cpu", "float32").start(record["texts"])()
    assert np.abs(logits - np.array(record["logits"])).max() < 0.02
    in_half(exported(name, tmp_path / "other")[0] / "model.onnx", 1e-5)
    with pytest.raises(ModelFormatError, match="have the epsilon 1.*e-05"):
        convert_folder(tmp_path / "other", tmp_path / "out2")


def as_openvino(folder):
    """Leave the network of an ONNX folder as OpenVINO's converter writes it."""
    import openvino

    openvino.save_model(openvino.convert_model(str(folder / "model.onnx")), str(folder / "openvino_model.xml"))
    (folder / "model.onnx").unlink()


def test_openvino_with_one_output(tmp_path):
    folder, record = exported("onnx_legacy_relu_4", tmp_path / "m")
    model = message("OnnxModel").FromString((folder / "model.onnx").read_bytes())
    for tensor in model.graph.initializer:
        if tensor.name.startswith("classifier."):
            tensor.dims[0], tensor.raw_data = 1, tensor.raw_data[: len(tensor.raw_data) // 3]
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    as_openvino(folder)
    (folder / "assets" / "labels.txt").write_text("a\n")
    convert_folder(folder, tmp_path / "out")
    found = read_model_folder(tmp_path / "out")
    logits = Network(found, "cpu", "float32").start(record["texts"])()
    assert np.abs(logits - np.array(record["logits"])[:, :1]).max() < 1e-4


def test_an_activation_that_openvino_makes_one_operation(tmp_path):
    """X * sigmoid(1.702 x) becomes Swish, which is not only SiLU."""
    folder, _ = exported("onnx_legacy_relu_4", tmp_path / "m")
    model = message("OnnxModel").FromString((folder / "model.onnx").read_bytes())
    model.graph.initializer.add(name="beta", data_type=1, raw_data=np.float32(1.702).tobytes())
    nodes = list(model.graph.node)
    del model.graph.node[:]
    for node in nodes:
        if node.op_type == "Relu" and "ffn" in node.name:
            x, name = node.input[0], node.name
            model.graph.node.add(op_type="Mul", input=[x, "beta"], output=[name + "m"], name=name + "/m")
            model.graph.node.add(op_type="Sigmoid", input=[name + "m"], output=[name + "s"], name=name + "/s")
            model.graph.node.add(op_type="Mul", input=[x, name + "s"], output=list(node.output), name=name + "/p")
        else:
            model.graph.node.append(node)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    as_openvino(folder)
    convert_folder(folder, tmp_path / "out")
    assert read_model_folder(tmp_path / "out").config["activation"] == "quick_gelu"


def test_dropout_left_in_is_refused(tmp_path):
    folder, _ = exported("tensorflow_training", tmp_path / "m")
    with pytest.raises(ModelFormatError, match="exported for training, with dropout left in"):
        convert_folder(folder, tmp_path / "out")


def built(tmp_path, build, **sizes):
    """A SavedModel whose graph is built so."""
    state = random_state(**{"dim": 48, "labels": 3, "vocabulary": len(vocabulary()), "layers": 2} | sizes)
    write_saved_model(with_assets(tmp_path / "built"), state, build)
    return tmp_path / "built"


@pytest.mark.parametrize("heads", [1, 4, 12])
@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_heads_and_activation_of_a_graph(tmp_path, heads, activation):
    convert_folder(built(tmp_path, Build(heads, activation)), tmp_path / "out")
    config = read_model_folder(tmp_path / "out").config
    assert (config["n_heads"], config["activation"]) == (heads, activation)


@pytest.mark.parametrize(("activation", "ours"), [("gelu_new", "gelu_tanh"), ("tanh", "tanh")])
def test_other_activations_of_a_graph(tmp_path, activation, ours):
    folder = built(tmp_path, Build(4, activation))
    (folder / "config.json").write_text('{"activation": "relu"}')
    with pytest.raises(ModelFormatError, match=f"its graph has activation '{activation}', .* says 'relu'"):
        convert_folder(folder, tmp_path / "out")
    # Another name of the first of them.
    (folder / "config.json").write_text(json.dumps({"activation": activation.replace("new", "pytorch_tanh")}))
    convert_folder(folder, tmp_path / "out")
    assert read_model_folder(tmp_path / "out").shape.activation == ours


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (Build(4, "sigmoid"), "has the activation sigmoid; sparkcls computes gelu, "),
        (Build(4, epsilon=1e-5), "have the epsilon 1e-05"),
        (Build(4, epsilon=1e-7), "have the epsilon 1e-07"),
        (Build(4, head_activation="Tanh"), "its head has the activation tanh"),
        (Build(4, head_activation="Identity"), "no activation after pre_classifier"),
        (Build(4, first_position=2), "its positions begin at 2"),
        (Build(4, masked=False), "pays no heed to the attention mask"),
        (Build(4, causal=True), "causal"),
        (Build(4, end="Softmax"), "ends in softmax"),
        (Build(4, end="Sigmoid"), "ends in sigmoid"),
        (Build(4, end="Relu"), "computes something else"),
        (Build(4, end="RandomUniform"), "dropout left in"),
        (Build(4, end="NoSuchThing"), r"NoSuchThing.*--heads N.*loadSavedModel\(folder, heads=N\)"),
    ],
)
def test_other_networks_are_refused_by_name(tmp_path, build, reason):
    with pytest.raises(ModelFormatError, match=reason):
        convert_folder(built(tmp_path, build), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_heads_of_a_graph_that_cannot_be_run(tmp_path):
    folder = built(tmp_path, Build(4, "relu", end="NoSuchThing"))
    convert_folder(folder, tmp_path / "out", heads=4)
    config = read_model_folder(tmp_path / "out").config
    assert (config["n_heads"], config["activation"]) == (4, "relu")
    with pytest.raises(ModelFormatError, match="does not divide"):
        convert_folder(folder, tmp_path / "out2", heads=5)


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ({"n_heads": 12}, "n_heads 4, .*says 12"),
        ({"activation": "gelu"}, "activation 'relu', .*says 'gelu'"),
        ({"n_heads": "4"}, "n_heads"),
        ({"n_heads": 4, "activation": "relu", "problem_type": "multi_label_classification", "pad_token_id": 1}, None),
    ],
)
def test_a_config_beside_the_network(tmp_path, stated, reason):
    folder = built(tmp_path, Build(4, "relu"))
    (folder / "config.json").write_text(json.dumps(stated))
    if reason:
        with pytest.raises(ModelFormatError, match=reason):
            convert_folder(folder, tmp_path / "out")
    else:
        convert_folder(folder, tmp_path / "out")
        config = read_model_folder(tmp_path / "out").config
        assert {key: config[key] for key in stated} == stated


def test_heads_that_are_asked_for(cache, tmp_path):
    """They are checked, and travel with the stage to machines that convert the folder themselves."""
    folder = built(tmp_path, Build(4, "relu", end="NoSuchThing"))
    with pytest.raises(ModelFormatError, match="heads=N"):
        DistilBertForSequenceClassification.loadSavedModel(folder)
    refs = [import_folder(str(folder), heads) for heads in (4, 6)]
    assert len({ref.digest for ref in refs}) == 2, "another number is another model"
    assert not may_ask("import:heads=6:s3://somewhere/m"), "the URI behind it counts"
    (place,) = (p for p in refs[1].places if p.startswith("import:"))
    again = import_again(refs[1], place, tmp_path / "again")
    assert read_model_folder(again).config["n_heads"] == 6
    stage = DistilBertForSequenceClassification.loadSavedModel(folder, heads=4)
    assert stage.getClasses() == ["a", "b", "c"]
    for heads in (0, True, "4"):
        with pytest.raises(ParamError, match="whole number"):
            DistilBertForSequenceClassification.loadSavedModel(folder, heads=heads)
    hub = save_tiny_model(tmp_path / "hf", ["a", "b"])
    has = read_model_folder(hub).config["n_heads"]
    DistilBertForSequenceClassification.loadSavedModel(hub, heads=has)
    with pytest.raises(ModelFormatError, match=f"says {has} attention heads, 64 are asked for"):
        DistilBertForSequenceClassification.loadSavedModel(hub, heads=64)


def test_saved_signatures_name_the_tensors(tmp_path):
    """Graphs that Spark NLP keeps have no signature; its own file has, and without one the names are the usual ones."""
    source = write_saved_tensorflow(
        tmp_path / "m", random_state(48, 3, 201), ["a", "b", "c"], vocabulary(), build=Build(4, "relu")
    )
    convert_folder(source, tmp_path / "out")
    write_field(source / "fields" / "signatures", {"x": 1})
    convert_folder(source, tmp_path / "out2")
    assert folder_digest(tmp_path / "out") == folder_digest(tmp_path / "out2")


def zipped(saved, engine, files):
    """The saved stage with an engine's zip of these files alone."""
    for other in saved.glob("distilbert_classification_*"):
        other.unlink()
    with zipfile.ZipFile(saved / f"distilbert_classification_{engine}", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)


@pytest.mark.parametrize(
    ("engine", "files", "reason"),
    [
        ("onnx", {}, "holds no ONNX model"),
        ("onnx", {"x.onnx_data": b"x"}, "holds no ONNX model"),
        ("onnx", {"x": b""}, "has no distilbert.embeddings"),
        ("onnx", {"x": b"\xff" * 99}, "corrupt or cut off"),
        ("tensorflow", {}, "variables.index is missing"),
        ("tensorflow", {"variables.index": b""}, "no table of a tensor bundle"),
        ("tensorflow", {"variables.index/x": b""}, "variables.index is missing"),
        ("openvino", {}, "one .xml and the .bin"),
    ],
)
def test_engine_files_that_are_none(tmp_path, engine, files, reason):
    saved = write_saved_tensorflow(tmp_path / "m", random_state(64, 2, 201), ["a", "b"], vocabulary())
    zipped(saved, engine, files)
    with pytest.raises(ModelFormatError, match=reason) as caught:
        convert_folder(saved, tmp_path / "out")
    assert f"distilbert_classification_{engine}" in str(caught.value), "not the folder that it was unpacked into"


@pytest.mark.parametrize("missing", ["saved_model.pb", "variables.data-00000-of-00001"])
@pytest.mark.parametrize("put", [None, "", "folder"])
def test_engine_files_that_are_missing_or_folders(tmp_path, missing, put):
    saved = write_saved_tensorflow(tmp_path / "m", random_state(64, 2, 201), ["a", "b"], vocabulary())
    with zipfile.ZipFile(saved / "distilbert_classification_tensorflow") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    del files[missing]
    if put is not None:
        files[f"{missing}/x" if put else missing] = b""
    zipped(saved, "tensorflow", files)
    with pytest.raises(ModelFormatError, match="saved_model.pb" if "pb" in missing else "variables.data"):
        convert_folder(saved, tmp_path / "out")


def test_half_characters(tmp_path):
    """JSON can escape them, and no file can hold them."""
    folder = built(tmp_path, Build(4))
    (folder / "assets" / "labels.txt").unlink()
    (folder / "config.json").write_text(json.dumps({"id2label": {"0": "\ud800", "1": "b", "2": "c"}}))
    with pytest.raises(ModelFormatError, match="surrogate"):
        convert_folder(folder, tmp_path / "out")
    saved = write_saved_tensorflow(tmp_path / "m", random_state(64, 2, 201), ["a", "b"], vocabulary(), {"x": "\ud800"})
    with pytest.raises(ModelFormatError, match="metadata is damaged: it cannot be read as JSON"):
        convert_folder(saved, tmp_path / "out")


def test_files_that_may_not_be_read(tmp_path, monkeypatch):
    folder = built(tmp_path, Build(4))

    def denied(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", denied)
    with pytest.raises(ModelFormatError, match=r"built cannot be read \(Permission denied\)"):
        convert_folder(folder, tmp_path / "out")
    monkeypatch.undo()
    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(ModelFormatError, match=r"Permission denied"):
        convert_folder(folder, tmp_path / "out")
