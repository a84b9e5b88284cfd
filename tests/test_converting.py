"""`sparkcls convert`: pickles of PyTorch, shards, 16 bits and adapters become folders with one file of safetensors."""

import json
import pickle
import shutil
from collections import OrderedDict

import pytest
import torch
from safetensors.torch import load_file, save_file

from sparkcls.cli import main
from sparkcls.errors import ModelFormatError
from sparkcls.models.layout import read_model_folder
from sparkcls.models.ref import folder_digest
from tests.formats.test_lora import save_adapter

SAYS = "only as a pickle ({}); reading it with torch's restricted unpickler (weights_only=True)"


def convert(capsys, folder, out):
    capsys.readouterr()
    code = main(["convert", str(folder), str(out)])
    return code, " ".join(capsys.readouterr().err.split())


@pytest.fixture
def pickled(tiny_model, tmp_path):
    """The tiny model as older versions of transformers saved it."""
    folder = shutil.copytree(tiny_model, tmp_path / "pickled")
    torch.save(OrderedDict(load_file(folder / "model.safetensors")), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


def same_weights(folder, expected):
    found = load_file(folder / "model.safetensors")
    return found.keys() == expected.keys() and all(torch.equal(found[n], w) for n, w in expected.items())


def test_a_pickle(capsys, pickled, tiny_model, tmp_path):
    with pytest.raises(ModelFormatError, match="a pickle.*refuses it.*sparkcls convert FOLDER OUT"):
        read_model_folder(pickled)
    code, said = convert(capsys, pickled, tmp_path / "out")
    assert code == 0
    assert SAYS.format("pytorch_model.bin") in said
    assert same_weights(tmp_path / "out", load_file(tiny_model / "model.safetensors"))
    assert read_model_folder(tmp_path / "out").labels == ("red", "green", "blue")
    assert sorted(f.name for f in tmp_path.iterdir()) == ["out", "pickled"], "nothing is left over"


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_pickles_in_several_files_in_16_bits(capsys, pickled, tmp_path, dtype):
    weights = {name: weight.to(dtype) for name, weight in torch.load(pickled / "pytorch_model.bin").items()}
    (pickled / "pytorch_model.bin").unlink()
    names = sorted(weights)
    files = {f"pytorch_model-{i + 1:05}-of-00002.bin": names[i::2] for i in range(2)}
    for file, part in files.items():
        torch.save({name: weights[name] for name in part}, pickled / file)
    index = {"weight_map": {name: file for file, part in files.items() for name in part}}
    (pickled / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    code, said = convert(capsys, pickled, tmp_path / "out")
    assert code == 0
    assert SAYS.format(", ".join(files)) in said
    assert same_weights(tmp_path / "out", weights), "and the precision is kept"


def test_a_pickle_that_would_run_code(capsys, pickled, tmp_path):
    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "was run"), "w"))

    (pickled / "pytorch_model.bin").write_bytes(pickle.dumps({"classifier.weight": Evil()}))
    code, said = convert(capsys, pickled, tmp_path / "out")
    assert code == 1
    assert "cannot be read by torch's restricted unpickler" in said
    assert "Nothing of it was run" in said
    assert sorted(f.name for f in tmp_path.iterdir()) == ["pickled"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([torch.ones(1)], "something else than tensors by name"),
        ({"model": {"a": torch.ones(1)}}, "something else than"),
    ],
)
def test_a_pickle_of_something_else(capsys, pickled, tmp_path, content, message):
    torch.save(content, pickled / "pytorch_model.bin")
    code, said = convert(capsys, pickled, tmp_path / "out")
    assert code == 1
    assert message in said


@pytest.mark.parametrize("name", ["../pytorch_model.bin", "gone.bin", 1])
def test_an_index_that_leads_elsewhere(capsys, pickled, tmp_path, name):
    (pickled / "pytorch_model.bin").rename(tmp_path / "pytorch_model.bin")
    (pickled / "pytorch_model.bin.index.json").write_text(json.dumps({"weight_map": {"a": name}}))
    code, said = convert(capsys, pickled, tmp_path / "out")
    assert code == 1
    assert "expected the name of a file beside it" in said


def test_shards_become_one_file(capsys, tiny_model, tmp_path):
    folder = shutil.copytree(tiny_model, tmp_path / "sharded")
    weights = {name: weight.bfloat16() for name, weight in load_file(folder / "model.safetensors").items()}
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    files = {f"model-{i + 1:05}-of-00003.safetensors": names[i::3] for i in range(3)}
    for file, part in files.items():
        save_file({name: weights[name] for name in part}, folder / file)
    index = {"weight_map": {name: file for file, part in files.items() for name in part}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    assert convert(capsys, folder, tmp_path / "out") == (0, "")
    assert same_weights(tmp_path / "out", weights)
    left = {file.name for file in (tmp_path / "out").iterdir() if "safetensors" in file.name}
    assert left == {"model.safetensors"}
    whole = {name: w for name, w in load_file(tmp_path / "out" / "model.safetensors").items()}
    save_file(whole, tmp_path / "whole.safetensors", {"format": "pt"})
    assert (tmp_path / "whole.safetensors").read_bytes() == (tmp_path / "out" / "model.safetensors").read_bytes()


def test_an_adapter(capsys, tiny_model, tmp_path, cache):
    adapter = save_adapter(tiny_model, tmp_path / "adapter")
    assert convert(capsys, adapter, tmp_path / "out") == (0, "")
    assert read_model_folder(tmp_path / "out").labels == ("red", "green", "blue")
    torch.save(load_file(adapter / "adapter_model.safetensors"), adapter / "adapter_model.bin")
    (adapter / "adapter_model.safetensors").unlink()
    with pytest.raises(ModelFormatError, match="an adapter of PEFT"):
        read_model_folder(adapter)
    code, said = convert(capsys, adapter, tmp_path / "again")
    assert code == 0
    assert SAYS.format("adapter_model.bin") in said
    assert folder_digest(tmp_path / "again") == folder_digest(tmp_path / "out")


def test_an_adapter_over_a_pickle(capsys, pickled, tiny_model, tmp_path):
    adapter = save_adapter(tiny_model, tmp_path / "adapter")
    assert convert(capsys, adapter, tmp_path / "out") == (0, "")
    file = adapter / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"base_model_name_or_path": "pickled"}))
    code, said = convert(capsys, adapter, tmp_path / "again")
    assert code == 0
    assert SAYS.format("pytorch_model.bin") in said
    assert folder_digest(tmp_path / "again") == folder_digest(tmp_path / "out")
