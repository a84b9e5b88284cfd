import shutil

import pytest

import sparkcls
from sparkcls.errors import ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.models.cards import CARDS
from sparkcls.models.layout import read_model_folder
from sparkcls.models.resolve import bundled_names, resolve
from sparkcls.settings import Settings, cache_folder

BUNDLED = "distilbert_mini_sequence_classifier_sst2"


@pytest.fixture(autouse=True)
def fresh_settings(monkeypatch):
    monkeypatch.setattr("sparkcls.settings._settings", Settings())


def test_bundled_model_is_within_its_limit():
    folder = read_model_folder(resolve(BUNDLED).locate())
    assert bundled_names() == [BUNDLED]
    assert folder.labels == ("NEGATIVE", "POSITIVE")
    assert sum(f.stat().st_size for f in folder.path.rglob("*") if f.is_file()) <= 32_000_000


def test_a_folder_put_into_the_cache_resolves(cache, tiny_model):
    shutil.copytree(tiny_model, cache / "mine_de")
    assert resolve("mine", "de").locate() == cache / "mine_de"


def test_configure_beats_the_environment_and_the_mirror_comes_last(cache, tiny_model, tmp_path):
    mirror = tmp_path / "mirror"
    shutil.copytree(tiny_model, mirror / "mine_en")
    sparkcls.configure(mirror=mirror)
    assert resolve("mine").locate() == mirror / "mine_en"
    sparkcls.configure(cache=tmp_path / "other")
    assert cache_folder() == tmp_path / "other"
    shutil.copytree(tiny_model, tmp_path / "other" / "mine_en")
    ref = resolve("mine")
    assert ref.locate() == tmp_path / "other" / "mine_en"
    shutil.rmtree(tmp_path / "other")
    assert ref.locate() == mirror / "mine_en", "a machine without this cache finds it in the mirror"


def test_default_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("SPARKCLS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "sparkcls"


def test_configure_refuses(tmp_path):
    with pytest.raises(ParamTypeError, match="cache"):
        sparkcls.configure(cache=3)
    for bad in ("http://example.org/models", str(tmp_path / "absent")):
        with pytest.raises(ParamError, match="a mirror is a folder"):
            sparkcls.configure(mirror=bad)


def test_unknown_name_lists_the_nearest_and_the_ways_out(cache):
    with pytest.raises(ModelNotFoundError) as caught:
        resolve("distilbert_base_sequence_classifier_imbd")
    message = str(caught.value)
    assert "Nearest names: distilbert_base_sequence_classifier_imdb" in message
    assert str(cache / "distilbert_base_sequence_classifier_imbd_en") in message
    assert "loadSavedModel" in message
    assert isinstance(caught.value, KeyError)


@pytest.mark.parametrize("arguments", [("",), (None,), ("x", ""), ("x", 3)])
def test_names_are_text(arguments):
    with pytest.raises(ParamTypeError, match="non-empty str"):
        resolve(*arguments)


def test_every_card_is_complete():
    assert len(CARDS) == 5
    for card in CARDS.values():
        assert len(card.labels) >= 2
        assert card.max_sentence_length in (128, 512)
        assert card.nlu.startswith("en.classify.")
