import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from sparkcls.errors import ModelFormatError, ModelNotFoundError
from sparkcls.models.layout import read_model_folder
from sparkcls.models.vocabulary import find_vocabulary
from tests.models import save_tiny_model


@pytest.fixture
def folder(tiny_model, tmp_path):
    """A copy that a test may damage."""
    return shutil.copytree(tiny_model, tmp_path / "copy")


def change_config(folder, **values):
    config = json.loads((folder / "config.json").read_text())
    config.update(values)
    (folder / "config.json").write_text(json.dumps(config))


def test_reads_labels_in_the_order_of_the_outputs(tiny_model):
    folder = read_model_folder(tiny_model)
    assert folder.labels == ("red", "green", "blue")
    assert folder.positions == 512
    assert folder.params == {}


def test_order_of_ids_not_of_the_file(folder):
    change_config(folder, id2label={"2": "c", "0": "a", "1": "b"})
    assert read_model_folder(folder).labels == ("a", "b", "c")


def test_labels_without_names(folder):
    change_config(folder, id2label=None)
    assert read_model_folder(folder).labels == ("LABEL_0", "LABEL_1", "LABEL_2")


def test_export_layout(folder):
    (folder / "assets").mkdir()
    (folder / "vocab.txt").rename(folder / "assets" / "vocab.txt")
    (folder / "tokenizer.json").unlink()
    (folder / "assets" / "labels.txt").write_text("x\ny\nz\n")
    with pytest.raises(
        ModelFormatError, match=r"labels.txt says x, y, z, id2label in config.json says red, green, blue"
    ):
        read_model_folder(folder)
    change_config(folder, id2label=None)
    read = read_model_folder(folder)
    assert read.labels == ("x", "y", "z")
    assert find_vocabulary(folder) == folder / "assets" / "vocab.txt"


def test_two_vocabularies_that_differ(folder):
    (folder / "tokenizer.json").unlink()
    (folder / "assets").mkdir()
    shutil.copy(folder / "vocab.txt", folder / "assets" / "vocab.txt")
    read_model_folder(folder)
    (folder / "assets" / "vocab.txt").write_text("a\nb\n")
    with pytest.raises(ModelFormatError, match=r"vocab.txt and .*assets/vocab.txt differ; which is the model's"):
        read_model_folder(folder)


def test_published_params(folder):
    (folder / "sparkcls.json").write_text('{"params": {"maxSentenceLength": 64}}')
    assert read_model_folder(folder).params == {"maxSentenceLength": 64}


def test_no_folder(tmp_path):
    with pytest.raises(ModelNotFoundError, match="No model folder at .*absent"):
        read_model_folder(tmp_path / "absent")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "config.json").unlink(), "has no config.json"),
        (lambda f: (f / "config.json").write_text("{"), "cannot be read as JSON"),
        (lambda f: (f / "config.json").write_text("[]"), "expected an object"),
        (lambda f: (f / "model.safetensors").unlink(), "has no model.safetensors"),
        (
            lambda f: change_config(f, model_type="gpt2"),
            "model_type is 'gpt2'; sparkcls has classifiers of the types distilbert",
        ),
        (lambda f: change_config(f, activation="laplace"), "activation is 'laplace'"),
        (lambda f: change_config(f, id2label={"0": "a", "1": "b"}), "names 2 labels .* but the head has 3 outputs"),
        (lambda f: change_config(f, id2label={"0": "a", "1": "a", "2": "b"}), "names a label twice"),
        (lambda f: change_config(f, id2label={"0": "a", "1": "b", "7": "c"}), "must number its labels 0 to 2"),
        (lambda f: change_config(f, id2label={"zero": "a"}), "id2label must map numbers to labels"),
        (lambda f: change_config(f, dim=64), "has shape .*, config.json says"),
        (lambda f: change_config(f, n_layers=3), "lacks 16 weights"),
        (lambda f: change_config(f, n_layers=1), r"has layers that config.json \(n_layers 1\) leaves out"),
        (lambda f: (f / "sparkcls.json").write_text('{"params": []}'), "params must be an object"),
        (lambda f: [p.unlink() for p in (f / "tokenizer.json", f / "vocab.txt")], "has no tokenizer"),
        (lambda f: (f / "tokenizer_config.json").write_text('{"never_split": ["x"]}'), "never_split is"),
        (lambda f: (f / "added_tokens.json").write_text('{"x": "y"}'), "the id of an added token is 'y'"),
        (lambda f: (f / "special_tokens_map.json").write_text("{"), "special_tokens_map.json cannot be read as JSON"),
    ],
)
def test_damage_is_named(folder, damage, message):
    damage(folder)
    with pytest.raises(ModelFormatError, match=message):
        read_model_folder(folder)


@pytest.mark.parametrize("size", [0, 4, 200, -100])
def test_cut_off_weights(folder, size):
    file = folder / "model.safetensors"
    content = file.read_bytes()
    file.write_bytes(content[:size])
    with pytest.raises(ModelFormatError, match="corrupt or cut off"):
        read_model_folder(folder)


def test_pickles_are_refused(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelFormatError, match=r"weights only as pytorch_model.bin, a pickle.*safe_serialization"):
        read_model_folder(folder)


def test_a_model_without_head(folder):
    weights = load_file(folder / "model.safetensors")
    save_file({k: v for k, v in weights.items() if "classifier" not in k}, folder / "model.safetensors")
    with pytest.raises(ModelFormatError, match="with a classification head"):
        read_model_folder(folder)


def test_one_label_is_enough(tmp_path):
    assert read_model_folder(save_tiny_model(tmp_path / "one", ["only"])).labels == ("only",)


def test_quantized_weights_are_refused(folder):
    weights = load_file(folder / "model.safetensors")
    save_file({k: v.astype(np.int8) for k, v in weights.items()}, folder / "model.safetensors")
    with pytest.raises(ModelFormatError, match="is stored as I8; expected one of F32"):
        read_model_folder(folder)


def test_half_precision_weights_pass(folder):
    weights = load_file(folder / "model.safetensors")
    save_file({k: v.astype(np.float16) for k, v in weights.items()}, folder / "model.safetensors")
    read_model_folder(folder)
