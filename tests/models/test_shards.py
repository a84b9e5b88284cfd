"""Weights in several files with an index: read, saved, fetched and refused like one file."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from sparkcls.annotator import DistilBertForSequenceClassification
from sparkcls.catalogue.hub import fetch_from_hub
from sparkcls.cli.mirroring import add_to_mirror
from sparkcls.engine.weights import load_weights
from sparkcls.errors import ModelFormatError
from sparkcls.formats.convert import convert_folder
from sparkcls.models.layout import decisive_files, read_model_folder
from sparkcls.models.ref import ModelRef, folder_digest
from sparkcls.saving.reading import put_together

INDEX = "model.safetensors.index.json"
SHARDS = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]


@pytest.fixture
def folder(tiny_model, tmp_path):
    """The tiny model as `save_pretrained(folder, max_shard_size=...)` writes it."""
    folder = shutil.copytree(tiny_model, tmp_path / "sharded")
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    parts = names[: len(names) // 2], names[len(names) // 2 :]
    for shard, part in zip(SHARDS, parts, strict=True):
        save_file({name: weights[name] for name in part}, folder / shard, {"format": "pt"})
    places = {name: shard for shard, part in zip(SHARDS, parts, strict=True) for name in part}
    (folder / INDEX).write_text(json.dumps({"metadata": {"total_size": 1}, "weight_map": places}))
    return folder


def change_index(folder, **places):
    index = json.loads((folder / INDEX).read_text())
    index["weight_map"].update(places)
    (folder / INDEX).write_text(json.dumps(index))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_weights_are_those_of_one_file(folder, tiny_model, cache, precision):
    parts = load_weights(read_model_folder(folder), torch.device("cpu"), precision)
    (expected,) = load_weights(read_model_folder(tiny_model), torch.device("cpu"), precision)
    found = {role: tensor for part in parts for role, tensor in part.items()}
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in found)


def test_scores_equal_those_of_one_file(folder, tiny_model):
    from tests.engine.test_classifier import classify, load

    found, expected = (classify(load(f), ["the movie was good"])[0].logits for f in (folder, tiny_model))
    # To the last digits, which without AVX-512 depend on where in memory the weights lie.
    assert found == pytest.approx(expected, rel=1e-5)


def test_shards_are_part_of_the_model(folder):
    assert {INDEX, *SHARDS} < decisive_files(folder).keys()
    before = folder_digest(folder)
    (folder / "model-00003-of-00002.safetensors").write_text("a bystander")
    assert folder_digest(folder) == before
    content = bytearray((folder / SHARDS[1]).read_bytes())
    content[-1] ^= 1
    (folder / SHARDS[1]).write_bytes(content)
    assert folder_digest(folder) != before


def test_one_file_wins_over_an_index(folder, tiny_model):
    """As in `transformers`."""
    shutil.copy(tiny_model / "model.safetensors", folder)
    (folder / SHARDS[0]).unlink()
    assert INDEX not in decisive_files(folder)
    read_model_folder(folder)


def test_converted_and_shipped(folder, tmp_path):
    convert_folder(folder, tmp_path / "converted")
    shipped = add_to_mirror(folder, "mine", "en", tmp_path / "store")
    assert folder_digest(tmp_path / "converted") == folder_digest(shipped) == folder_digest(folder)
    (line,) = (tmp_path / "store" / "metadata.json").read_text().splitlines()
    assert set(SHARDS) < json.loads(line)["files"].keys()


def test_saved_and_put_together(folder, tmp_path):
    from sparkcls.saving.stage_files import loads, our_metadata

    stage = DistilBertForSequenceClassification.loadSavedModel(folder)
    files = stage.saved_files()
    ours = our_metadata(stage, files)["sparkcls"]
    assert ours["format"] == 2, "which versions that do not know shards refuse"
    (tmp_path / "out").mkdir()
    put_together((piece for load in loads(files) for piece in load), ours["files"], tmp_path / "out", "a stage")
    assert folder_digest(tmp_path / "out") == ModelRef.from_json(stage.getOrDefault("model")).digest
    for name in ("../model-1.safetensors", "a/b.safetensors", "model-1.bin", ".x.safetensors"):
        with pytest.raises(ModelFormatError, match="not part of a model"):
            put_together([], {name: {}}, tmp_path / "out", "a stage")


def test_from_the_hub(folder, cache, monkeypatch, tmp_path):
    asked = []

    def snapshot_download(repo_id, revision, allow_patterns):
        asked.append(revision)
        snapshot = tmp_path / "hub" / "0123abc"
        for file in Path(folder).iterdir():
            if file.name in allow_patterns:
                snapshot.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, snapshot)
        return str(snapshot)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    assert folder_digest(fetch_from_hub("owner/model")) == folder_digest(folder)
    assert asked == [None, "0123abc"]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / SHARDS[1]).unlink(), f"lacks 1 of 2 files of weights .* the first is {SHARDS[1]}"),
        (lambda f: (f / INDEX).write_text("{"), "cannot be read as JSON"),
        (lambda f: (f / INDEX).write_text("[" * 100_000), "cannot be read as JSON"),
        (lambda f: (f / INDEX).write_text("{}"), "has no weight_map"),
        (lambda f: (f / INDEX).write_text('{"weight_map": {"a": 1}}'), "expected the plain name"),
        (lambda f: change_index(f, x="../model.safetensors"), "expected the plain name"),
        (lambda f: change_index(f, x="pytorch_model.bin"), "expected the plain name"),
        (lambda f: change_index(f, x=SHARDS[0]), f"{SHARDS[0]} lacks 1 weights that {INDEX} says it has"),
        (lambda f: (f / SHARDS[0]).write_bytes(b"\0" * 100), f"{SHARDS[0]} is corrupt or cut off"),
    ],
)
def test_damage_is_named(folder, damage, message):
    damage(folder)
    folder_digest(folder)
    with pytest.raises(ModelFormatError, match=message):
        read_model_folder(folder)


LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 267832560\n"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.safetensors", LFS, "is a pointer of git-lfs.*git lfs pull"),
        (
            "pytorch_model-00001-of-00002.bin",
            "",
            "only as pytorch_model-00001-of-00002.bin, a pickle.*sparkcls convert",
        ),
        ("tf_model.h5", "", "only as tf_model.h5, TensorFlow's .*from_tf=True"),
        ("flax_model.msgpack", "", "only as flax_model.msgpack, Flax's"),
        ("adapter_config.json", "{}", "an adapter of PEFT .*sparkcls convert"),
        ("training_args.bin", "", "has no model.safetensors; save"),
    ],
)
def test_other_kinds_are_named(folder, tmp_path, name, content, message):
    for file in [INDEX, *SHARDS]:
        (folder / file).unlink()
    (folder / name).write_text(content)
    with pytest.raises(ModelFormatError, match=message):
        read_model_folder(folder)
    with pytest.raises(ModelFormatError, match="holds no model" if name == "training_args.bin" else message):
        convert_folder(folder, tmp_path / "out")
