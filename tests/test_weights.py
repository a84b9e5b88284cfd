"""Weights in the wanted precision: shared through one converted file, checked, never half a file."""

import multiprocessing
import stat

import pytest
import torch
from safetensors.torch import load_file, save_file

from sparkcls.catalogue.install import CONVERTED
from sparkcls.engine import weights
from sparkcls.engine.weights import load_weights
from sparkcls.models.layout import read_model_folder
from sparkcls.models.ref import folder_digest

CPU = torch.device("cpu")


def load(folder, precision):
    return load_weights(read_model_folder(folder), folder_digest(folder), CPU, precision)


def files(cache):
    return sorted((cache / CONVERTED).glob("*.safetensors"))


def test_the_own_precision_needs_no_copy(tiny_model, cache):
    found = load(tiny_model, "float32")
    assert not (cache / CONVERTED).exists()
    assert found["classifier.weight"].dtype == torch.float32


def test_only_linear_layers_of_all_tokens_are_converted(tiny_model, cache):
    found = load(tiny_model, "bfloat16")
    half = {name for name, tensor in found.items() if tensor.dtype == torch.bfloat16}
    layer0 = {f"attention.{p}_lin" for p in ("q", "k", "v", "out")} | {"ffn.lin1", "ffn.lin2"}
    expected = {f"transformer.layer.0.{n}" for n in layer0}
    expected |= {f"transformer.layer.1.attention.{p}_lin" for p in "kv"}
    assert half == {f"{n}.{kind}" for n in expected for kind in ("weight", "bias")}
    (file,) = files(cache)
    assert load_file(file).keys() == found.keys()


def test_the_file_is_made_once_and_used_again(tiny_model, cache, monkeypatch):
    load(tiny_model, "bfloat16")
    monkeypatch.setattr(weights, "_convert", None)
    load(tiny_model, "bfloat16")
    with pytest.raises(TypeError):
        load(tiny_model, "float16")


def test_other_users_of_the_machine_may_read_it(tiny_model, cache):
    load(tiny_model, "bfloat16")
    assert files(cache)[0].stat().st_mode & stat.S_IROTH


def test_a_damaged_file_is_made_anew(tiny_model, cache, caplog):
    before = {name: tensor.clone() for name, tensor in load(tiny_model, "bfloat16").items()}
    (file,) = files(cache)
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    found = load(tiny_model, "bfloat16")
    assert "damaged" in caplog.text
    assert all(torch.equal(found[name], before[name]) for name in found)


def test_a_model_that_changes_gets_another_file(tiny_model, cache, tmp_path):
    import shutil

    load(tiny_model, "bfloat16")
    other = shutil.copytree(tiny_model, tmp_path / "other")
    tensors = load_file(other / "model.safetensors")
    tensors["classifier.bias"] += 1
    save_file(tensors, other / "model.safetensors")
    found = load(other, "bfloat16")
    assert torch.equal(found["classifier.bias"], tensors["classifier.bias"])
    assert len(files(cache)) == 2


def test_without_a_cache_the_process_has_its_own_copy(tiny_model, tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "file"))
    assert load(tiny_model, "bfloat16")["transformer.layer.0.ffn.lin1.weight"].dtype == torch.bfloat16
    assert "cannot be written" in caplog.text


def test_a_full_disk_leaves_nothing_behind(tiny_model, cache, monkeypatch, caplog):
    def full(tensors, file):
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(weights, "save_file", full)
    assert load(tiny_model, "bfloat16")["transformer.layer.0.ffn.lin1.weight"].dtype == torch.bfloat16
    assert "No space left" in caplog.text
    assert [f.name for f in (cache / CONVERTED).iterdir() if not f.name.endswith(".lock")] == []


def test_processes_that_start_together_make_one_file(tiny_model, cache):
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=load, args=(tiny_model, "bfloat16")) for _ in range(3)]
    for p in processes:
        p.start()
    for p in processes:
        p.join()
    assert [p.exitcode for p in processes] == [0, 0, 0]
    assert len(files(cache)) == 1


def test_a_user_without_a_home_has_a_copy_too(tiny_model, monkeypatch, caplog):
    def homeless(_):
        raise RuntimeError("Could not determine home directory.")

    for name in ("SPARKCLS_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(weights.Path, "expanduser", homeless)
    assert load(tiny_model, "bfloat16")["transformer.layer.0.ffn.lin1.weight"].dtype == torch.bfloat16
    assert "There is no home directory to keep models in" in caplog.text
