"""The base of an adapter: by path, by name, from the Hub; then everything is as for any folder."""

import json
import shutil

import numpy as np
import pytest

from sparkcls.annotator import DistilBertForSequenceClassification
from sparkcls.catalogue import bases
from sparkcls.catalogue.bases import find_base
from sparkcls.catalogue.locate import locate
from sparkcls.catalogue.resolve import resolve
from sparkcls.catalogue.stores.base import NotThere
from sparkcls.errors import ModelFormatError, ModelNotFoundError
from sparkcls.models.ref import ModelRef, is_remote
from tests.formats.test_lora import answers_of, answers_of_peft, change_config, save_adapter


@pytest.fixture(scope="module")
def made(tiny_model, tmp_path_factory):
    return save_adapter(tiny_model, tmp_path_factory.mktemp("adapters") / "adapter")


@pytest.fixture
def adapter(made, tmp_path):
    return shutil.copytree(made, tmp_path / "adapters" / "adapter")


@pytest.fixture
def no_hub(monkeypatch):
    def snapshot(name, revision=None):
        raise NotThere(f"the Hugging Face Hub has no {name}")

    monkeypatch.setattr(bases, "snapshot", snapshot)


@pytest.mark.parametrize("name", ["base", "./base", "../adapters/base"])
def test_a_path_beside_the_adapter(adapter, tiny_model, name):
    base = shutil.copytree(tiny_model, adapter.parent / "base")
    change_config(adapter, base_model_name_or_path=name)
    assert find_base(adapter) == base


def test_two_folders_that_may_be_meant(adapter, tiny_model, monkeypatch):
    for folder in (adapter / "base", adapter.parent / "base"):
        shutil.copytree(tiny_model, folder)
    change_config(adapter, base_model_name_or_path="base")
    with pytest.raises(ModelFormatError, match="may mean .*adapters/base or .*adapter/base; write the whole path"):
        find_base(adapter)


@pytest.mark.parametrize("name", ["mine", "owner/mine"])
def test_a_name_in_the_cache(adapter, tiny_model, cache, no_hub, name):
    change_config(adapter, base_model_name_or_path=name)
    with pytest.raises(ModelNotFoundError, match=rf"base '{name}' was not found.*has no {name}.*put the folder beside"):
        find_base(adapter)
    base = shutil.copytree(tiny_model, cache / f"{name.replace('/', '--')}_en")
    assert find_base(adapter) == base
    change_config(adapter, revision="abc")
    with pytest.raises(ModelNotFoundError, match="was not found"):
        find_base(adapter)
    (base / "source.json").write_text(json.dumps({"hub": name, "revision": "abc"}))
    assert find_base(adapter) == base


def test_a_repository(adapter, tiny_model, tmp_path, cache, monkeypatch):
    asked = []
    monkeypatch.setattr(bases, "snapshot", lambda *request: asked.append(request) or tiny_model)
    change_config(adapter, base_model_name_or_path="owner/base", revision="abc")
    assert find_base(adapter) == tiny_model
    assert asked == [("owner/base", "abc")]
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(bases, "snapshot", lambda *_: tmp_path / "empty")
    monkeypatch.setattr("huggingface_hub.HfApi.list_repo_files", lambda *_, **__: ["pytorch_model.bin"])
    with pytest.raises(ModelFormatError, match="owner/base .* only as pytorch_model.bin"):
        find_base(adapter)


def test_an_adapter_of_an_adapter_and_of_nothing(adapter, made):
    change_config(adapter, base_model_name_or_path=str(made))
    with pytest.raises(ModelFormatError, match="is an adapter too; merge that one first"):
        find_base(adapter)
    change_config(adapter, base_model_name_or_path=None)
    with pytest.raises(ModelFormatError, match="base_model_name_or_path is None.*write the path"):
        find_base(adapter)


def test_loaded_like_any_folder(adapter, tiny_model, cache):
    """Merged once, into the cache; what travels is the result."""
    stage = DistilBertForSequenceClassification.loadSavedModel(str(adapter))
    assert stage.getClasses() == ["red", "green", "blue"]
    ref = ModelRef.from_json(stage.getOrDefault("model"))
    (place,) = ref.places
    assert place.startswith(str(cache / "imported" / "adapter-"))
    assert np.abs(answers_of(locate(ref)) - answers_of_peft(tiny_model, adapter)).max() < 1e-5
    again = DistilBertForSequenceClassification.loadSavedModel(str(adapter))
    assert again.getOrDefault("model") == stage.getOrDefault("model")
    with pytest.raises(ModelFormatError, match="2 are asked for"):
        DistilBertForSequenceClassification.loadSavedModel(str(adapter), heads=2)


def test_another_base_makes_another_model(adapter, tiny_model, cache):
    base = shutil.copytree(tiny_model, adapter.parent / "base")
    change_config(adapter, base_model_name_or_path="base")
    first = DistilBertForSequenceClassification.loadSavedModel(str(adapter))
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps(config | {"activation": "relu"}))
    second = DistilBertForSequenceClassification.loadSavedModel(str(adapter))
    assert first.getOrDefault("model") != second.getOrDefault("model")


def test_an_adapter_of_the_hub(adapter, tiny_model, cache, monkeypatch):
    change_config(adapter, base_model_name_or_path="owner/base")
    folders = {"owner/adapter": adapter, "owner/base": tiny_model}
    monkeypatch.setattr(bases, "snapshot", lambda name, revision=None: folders[name])
    monkeypatch.setattr("sparkcls.catalogue.hub.snapshot", lambda name, revision=None: folders[name])
    ref = resolve("owner/adapter")
    assert not any(map(is_remote, ref.places)), "no other machine merges it again"
    assert np.abs(answers_of(ref.find_here()) - answers_of_peft(tiny_model, adapter)).max() < 1e-5
