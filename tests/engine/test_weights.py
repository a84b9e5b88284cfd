"""Weights in the wanted precision: shared through one converted file, checked, never half a file."""

import gc
import json
import multiprocessing
import re
import shutil
import stat
from pathlib import Path
from weakref import WeakValueDictionary

import pytest
import torch
from safetensors.torch import load_file, save_file

from sparkcls.catalogue.install import CONVERTED
from sparkcls.engine import kept, weights
from sparkcls.engine.weights import load_weights
from sparkcls.errors import ModelFormatError
from sparkcls.models.bundled import BUNDLED_DEFAULT, bundled_folder, bundled_names
from sparkcls.models.layout import read_model_folder
from sparkcls.models.tensors import read_header

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def nothing_held(monkeypatch):
    """Weights that other tests' classifiers still hold would be taken from them."""
    monkeypatch.setattr(weights, "_held", WeakValueDictionary())


def load(folder, precision):
    held = load_weights(read_model_folder(folder), CPU, precision)
    return {role: tensor for part in held for role, tensor in part.items()}


def files(cache):
    return sorted((cache / CONVERTED).glob("*.safetensors"))


def test_the_own_precision_needs_no_copy(tiny_model, cache):
    found = load(tiny_model, "float32")
    assert not (cache / CONVERTED).exists()
    assert found["head.output.weight"].dtype == torch.float32


def test_only_linear_layers_of_all_tokens_are_converted(tiny_model, cache):
    found = load(tiny_model, "bfloat16")
    half = {name for name, tensor in found.items() if tensor.dtype == torch.bfloat16}
    expected = {f"layer.0.{part}" for part in ("query", "key", "value", "attended", "inner", "outer")}
    expected |= {"layer.1.key", "layer.1.value"}
    assert half == {f"{n}.{kind}" for n in expected for kind in ("weight", "bias")}
    (file,) = files(cache)
    assert load_file(file).keys() == found.keys()


def test_the_file_is_made_once_and_used_again(tiny_model, cache, monkeypatch):
    load(tiny_model, "bfloat16")
    monkeypatch.setattr(kept, "_make", None)
    load(tiny_model, "bfloat16")
    with pytest.raises(TypeError):
        load(tiny_model, "float16")


@pytest.mark.parametrize("precision", ["bfloat16", "int8"])
def test_a_worker_that_has_converted_holds_no_more_than_others(precision, tiny_model, cache, monkeypatch):
    done = []
    monkeypatch.setattr(weights, "save_file", lambda *a, do=save_file: done.append("saved") or do(*a))
    monkeypatch.setattr(weights, "leave_pages", done.append)
    monkeypatch.setattr(weights, "give_back_now_and_then", lambda seconds: done.append(f"gave back after {seconds} s"))
    load(tiny_model, precision)
    (source,) = {weight.file for weight in read_model_folder(tiny_model).weights.values()}
    assert done == ["saved", source, "gave back after 0.0 s"]
    monkeypatch.setattr(weights, "_held", WeakValueDictionary())
    load(tiny_model, precision)
    assert len(done) == 3, "what is there is only mapped"


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
    load(tiny_model, "bfloat16")
    other = shutil.copytree(tiny_model, tmp_path / "other")
    tensors = load_file(other / "model.safetensors")
    tensors["classifier.bias"] = tensors["classifier.bias"] + 1
    save_file(tensors, other / "model.safetensors")
    found = load(other, "bfloat16")
    assert torch.equal(found["head.output.bias"], tensors["classifier.bias"])
    assert len(files(cache)) == 2


def test_without_a_cache_the_process_has_its_own_copy(tiny_model, tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "file"))
    assert load(tiny_model, "bfloat16")["layer.0.inner.weight"].dtype == torch.bfloat16
    assert "cannot be written" in caplog.text


def test_a_full_disk_leaves_nothing_behind(tiny_model, cache, monkeypatch, caplog):
    def full(tensors, file):
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(weights, "save_file", full)
    assert load(tiny_model, "bfloat16")["layer.0.inner.weight"].dtype == torch.bfloat16
    assert "No space left" in caplog.text
    assert [f.name for f in (cache / CONVERTED).iterdir() if not f.name.endswith(".lock")] == []


@pytest.mark.slow
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
    monkeypatch.setattr(Path, "expanduser", homeless)
    assert load(tiny_model, "bfloat16")["layer.0.inner.weight"].dtype == torch.bfloat16
    assert "There is no home directory to keep models in" in caplog.text


def changed(tiny_model, tmp_path, name=lambda name: name, more=None):
    """A copy of the model with other names of its weights, and further tensors."""
    folder = shutil.copytree(tiny_model, tmp_path / "changed")
    tensors = {name(key): tensor for key, tensor in load_file(folder / "model.safetensors").items()}
    save_file(tensors | (more or {}), folder / "model.safetensors")
    return folder


def in_old_words(name):
    found = re.fullmatch(r"(.*(?:LayerNorm|layer_norm)\.)(weight|bias)", name)
    return found[1] + {"weight": "gamma", "bias": "beta"}[found[2]] if found else name


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    "name",
    [
        in_old_words,
        lambda name: name.removeprefix("distilbert."),
        lambda name: f"module.{name}",
        lambda name: f"_orig_mod.{name}",
        lambda name: f"module._orig_mod.{in_old_words(name)}",
        lambda name: f"distilbert.{name.removeprefix('distilbert.')}",
    ],
)
def test_other_names_of_the_weights(tiny_model, cache, tmp_path, name, precision):
    found = load(changed(tiny_model, tmp_path, name), precision)
    expected = load(tiny_model, precision)
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[key], expected[key]) for key in expected)


@pytest.mark.parametrize("dtype", [torch.int64, torch.int8, torch.bool])
def test_what_is_not_used_may_be_anything(tiny_model, cache, tmp_path, dtype):
    more = {
        "distilbert.embeddings.position_ids": torch.zeros(1, 512, dtype=dtype),
        "vocab_projector.bias": torch.ones(3),
    }
    folder = changed(tiny_model, tmp_path, more=more)
    for precision in ("float32", "bfloat16"):
        found = load(folder, precision)
        assert found.keys() == load(tiny_model, precision).keys()


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        (lambda n: n.replace("distilbert.", "bert."), {}, r"names that begin with 'bert.', such as bert.embeddings"),
        (lambda n: f"model.{n}", {}, r"begin with 'model.distilbert.'.* save_pretrained"),
        (lambda n: n, {"embeddings.LayerNorm.bias": torch.zeros(32)}, "has one weight under 2 names"),
        (lambda n: n, {"classifier.weight": torch.tensor(1.0)}, r"classifier.weight has shape \[\]; expected"),
        (
            lambda n: n,
            {"classifier.bias": torch.tensor(1.0)},
            r"classifier.bias has shape \[\], config.json says \[3\]",
        ),
        (lambda n: n, {"classifier.weight": torch.zeros(0, 32)}, "has no outputs"),
        (lambda n: n, {f"x{i}": torch.zeros(0) for i in range(20_001)}, "tensors, of 20000 at most"),
    ],
)
def test_names_that_are_refused(tiny_model, tmp_path, name, more, message):
    with pytest.raises(ModelFormatError, match=message):
        read_model_folder(changed(tiny_model, tmp_path, name, more))


def header(folder, change):
    """Rewrite a header that no writer would write."""
    file = folder / "model.safetensors"
    content = file.read_bytes()
    length = int.from_bytes(content[:8], "little")
    entries = json.loads(content[8 : 8 + length])
    change(entries)
    text = json.dumps(entries).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + content[8 + length :])


@pytest.mark.parametrize(
    "change",
    [
        lambda entries: entries["classifier.bias"].update(shape=[-3]),
        lambda entries: entries["classifier.bias"].update(shape=[1 << 50]),
        lambda entries: entries["classifier.bias"].update(shape=[True, 3]),
        lambda entries: entries["classifier.bias"].update(shape=None),
        lambda entries: entries["classifier.bias"].update(data_offsets=[0]),
        lambda entries: entries["classifier.bias"].update(dtype=5),
        lambda entries: entries.update({"classifier.bias": 5}),
        lambda entries: entries["classifier.bias"]["data_offsets"].reverse(),
        lambda entries: entries.pop("classifier.bias"),
        lambda entries: entries.update({"two": entries["classifier.bias"]}),
    ],
)
def test_headers_that_cannot_be(tiny_model, tmp_path, change):
    folder = changed(tiny_model, tmp_path)
    header(folder, change)
    with pytest.raises(ModelFormatError, match="corrupt or cut off"):
        read_model_folder(folder)


def not_mapped(only=""):
    """A `load_file` of a file system that cannot map files."""

    def load_file_(path):
        if only in str(path):
            raise OSError(19, "No such device")
        return load_file(path)

    return load_file_


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_file_system_that_cannot_map(tiny_model, cache, monkeypatch, precision):
    expected = load(tiny_model, precision)
    shutil.rmtree(cache / CONVERTED, ignore_errors=True)
    monkeypatch.setattr(weights, "load_file", not_mapped(str(tiny_model)))
    found = load(tiny_model, precision)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert len(files(cache)) == 1, "the copy that all workers of the machine map"


def test_a_cache_that_cannot_map_either(tiny_model, cache, monkeypatch, caplog):
    expected = load(tiny_model, "float32")
    monkeypatch.setattr(weights, "load_file", not_mapped())
    found = load(tiny_model, "float32")
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert "corrupt" not in caplog.text


def test_an_error_of_the_system_is_not_called_damage(tiny_model, monkeypatch):
    def denied(file, *arguments, **options):
        raise PermissionError(13, "Permission denied", str(file))

    monkeypatch.setattr("builtins.open", denied)
    with pytest.raises(ModelFormatError, match="cannot be read .*Permission denied") as caught:
        read_header(tiny_model / "model.safetensors")
    assert "corrupt" not in str(caught.value)


def test_models_with_an_encoder_in_common_have_it_once(cache):
    """In the cache and in memory."""
    loaded = [load_weights(read_model_folder(bundled_folder(name)), CPU, "bfloat16") for name in bundled_names()]
    assert len(loaded) == 5
    encoders, heads = ({id(parts[i]): parts[i] for parts in loaded} for i in (0, 1))
    assert len(encoders) == 1
    assert len(heads) == 5
    (encoder,) = encoders.values()
    assert encoder.size > 30 * max(head.size for head in heads.values())
    assert len(files(cache)) == 6
    other = load_weights(read_model_folder(bundled_folder(BUNDLED_DEFAULT)), CPU, "float32")
    assert id(other[0]) not in encoders, "another precision is other weights"
    del loaded, encoders, encoder, heads, other
    gc.collect()
    assert not weights._held, "nobody holds them"
