import json
import os
import shutil
import threading
from pathlib import Path

import pytest

import sparkcls
from sparkcls.catalogue import hub, sources
from sparkcls.catalogue.cards import CARDS
from sparkcls.catalogue.install import source_of
from sparkcls.catalogue.inventory import all_local, find_local
from sparkcls.catalogue.locate import by_digest, locate
from sparkcls.catalogue.resolve import resolve
from sparkcls.catalogue.stores import base as store
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.models.bundled import FOLDER, bundled_names
from sparkcls.models.layout import read_model_folder
from sparkcls.models.ref import ModelRef
from sparkcls.settings import cache_folder, configured_cache, forget, in_force, mirror, snapshot, use_spark_conf
from tests.server import add_entry, publish, serve

BUNDLED = "distilbert_mini_sequence_classifier_sst2"


@pytest.fixture(autouse=True)
def fresh(fresh_settings, monkeypatch):
    monkeypatch.setattr(store, "PAUSE", 0.01)
    sources.forget_indexes()


def test_bundled_models_are_of_the_cards_tasks_and_within_their_limit():
    assert bundled_names() == sorted(card.mini for card in CARDS.values())
    for card in CARDS.values():
        folder = read_model_folder(resolve(card.mini).find_here())
        assert {*folder.labels} == card.labels
        assert folder.family.stage == card.annotator
    assert sum(f.stat().st_size for f in FOLDER.rglob("*") if f.is_file()) <= 36_000_000


def test_a_folder_put_into_the_cache_resolves(cache, tiny_model):
    shutil.copytree(tiny_model, cache / "mine_de")
    assert resolve("mine", "de").find_here() == cache / "mine_de"


def test_configure_beats_the_environment_and_the_mirror_comes_last(cache, tiny_model, tmp_path):
    mirror = tmp_path / "mirror"
    shutil.copytree(tiny_model, mirror / "mine_en")
    sparkcls.configure(mirror=mirror)
    assert resolve("mine").find_here() == mirror / "mine_en"
    sparkcls.configure(cache=tmp_path / "other")
    assert cache_folder() == tmp_path / "other"
    shutil.copytree(tiny_model, tmp_path / "other" / "mine_en")
    ref = resolve("mine")
    assert ref.find_here() == tmp_path / "other" / "mine_en"
    shutil.rmtree(tmp_path / "other")
    assert ref.find_here() == mirror / "mine_en", "a machine without this cache finds it in the mirror"


def test_default_cache(monkeypatch, tmp_path):
    monkeypatch.delenv("SPARKCLS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "sparkcls"


def test_configure_refuses(tmp_path):
    with pytest.raises(ParamTypeError, match="cache"):
        sparkcls.configure(cache=3)
    with pytest.raises(ParamError, match="a mirror is a folder"):
        sparkcls.configure(mirror=str(tmp_path / "absent"))


def test_settings_in_their_order(monkeypatch, tmp_path):
    monkeypatch.setenv("SPARKCLS_MIRROR", "http://environment/models")
    monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "environment"))
    assert mirror() == "http://environment/models"
    use_spark_conf(str(tmp_path / "conf"), "s3://conf/models")
    assert (cache_folder(), mirror()) == (tmp_path / "conf", "s3://conf/models")
    sparkcls.configure(cache=tmp_path / "code", mirror="https://code/models")
    assert (cache_folder(), mirror()) == (tmp_path / "code", "https://code/models")
    forget()
    use_spark_conf(None, None)
    monkeypatch.delenv("SPARKCLS_MIRROR")
    assert mirror() is None
    assert sources.store_location() == sources.store_location("public/models") == sources.PUBLIC
    assert sources.store_location("s3://x/y") == "s3://x/y"
    with pytest.raises(ParamError, match="community store"):
        sources.store_location("@x")


def test_two_sessions_of_one_server_keep_their_own_confs(monkeypatch, tmp_path, tiny_model):
    monkeypatch.delenv("SPARKCLS_CACHE")
    monkeypatch.delenv("SPARKCLS_MIRROR", raising=False)
    for user in ("a", "b"):
        shutil.copytree(tiny_model, tmp_path / user / f"of_{user}_en")
    turns, found = threading.Barrier(2), {}

    def work(user):
        use_spark_conf(str(tmp_path / user), f"https://{user}/models")
        turns.wait(30)
        found[user] = [locate(resolve(f"of_{user}")), mirror(), configured_cache()]

    threads = [threading.Thread(target=work, args=(user,)) for user in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert found == {
        user: [tmp_path / user / f"of_{user}_en", f"https://{user}/models", str(tmp_path / user)] for user in ("a", "b")
    }
    assert cache_folder() in (tmp_path / "a", tmp_path / "b"), "a thread that has spoken for no session"


def test_a_call_goes_by_one_snapshot_to_its_end(monkeypatch, tmp_path, tiny_model):
    for folder in ("mine", "theirs"):
        shutil.copytree(tiny_model, tmp_path / folder / "model_en")
    monkeypatch.delenv("SPARKCLS_MIRROR")
    use_spark_conf(str(tmp_path / "mine"), None)
    mine = snapshot()
    use_spark_conf(str(tmp_path / "theirs"), None)
    assert locate(resolve("model", settings=mine), mine) == tmp_path / "mine" / "model_en"
    assert locate(resolve("model")) == tmp_path / "theirs" / "model_en"
    with in_force(mine):
        sparkcls.configure(cache=tmp_path / "later", mirror="https://later/models")
        use_spark_conf(None, None)
        assert (cache_folder(), mirror()) == (tmp_path / "mine", None)
    assert (cache_folder(), mirror()) == (tmp_path / "later", "https://later/models")


@pytest.mark.parametrize("uri", ["s3://bucket/cache", "file:///tmp/cache", "dbfs:/cache"])
def test_a_cache_is_a_folder_of_this_machine(monkeypatch, uri):
    with pytest.raises(ParamError, match="the cache is a folder of this machine"):
        sparkcls.configure(cache=uri)
    monkeypatch.setenv("SPARKCLS_CACHE", uri)
    with pytest.raises(ParamError, match=r"spark.sparkcls.cache or \$SPARKCLS_CACHE: the cache is a folder"):
        resolve("mine")


@pytest.mark.parametrize("path", ["", "a\0b", "~nobody-of-this-name/x"])
def test_what_is_no_path(path):
    for name in ("cache", "mirror"):
        with pytest.raises(ParamError, match=rf"configure\({name}=...\): "):
            sparkcls.configure(**{name: path})


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
        assert card.key.startswith(f"{next(n for n, c in CARDS.items() if c is card)}_en_")
        assert card.description
        assert card.source.startswith("https://")
        assert all(len(row) == len(card.benchmark[0]) for row in card.benchmark)


@pytest.mark.parametrize(
    "name", ["../x", "a/../b", "a/b/c", "/etc", ".hidden", "a\0b", "a\\b", "C:x", "x" * 300, "o/.x"]
)
def test_names_that_lead_elsewhere(name):
    with pytest.raises(ParamError, match=r"pretrained\(name="):
        resolve(name)
    with pytest.raises(ParamError, match=r"pretrained\(lang="):
        resolve("x", name)


def test_the_archive_that_the_card_links_to_comes_before_the_index(cache, tiny_model, tmp_path):
    card = CARDS["distilbert_base_sequence_classifier_imdb"]
    key = publish(tmp_path / "s", tiny_model, "distilbert_base_sequence_classifier_imdb", index=False)
    assert key == card.key
    (tmp_path / "s" / "metadata.json").write_text("broken")
    ref = resolve("distilbert_base_sequence_classifier_imdb", "en", str(tmp_path / "s"))
    assert source_of(locate(ref))["key"] == f"{card.key}.zip"


def test_another_version_than_the_cards_is_said(cache, tiny_model, tmp_path):
    name = "distilbert_base_sequence_classifier_imdb"
    publish(tmp_path / "s", tiny_model, name, index=False)
    (archive,) = (tmp_path / "s").iterdir()
    archive.rename(tmp_path / "s" / f"{name}_en_5.0.0_3.4_1637502669757.zip")
    versions = {"libVersion": {"parts": [5, 0, 0]}, "sparkVersion": {"parts": [3, 4]}}
    add_entry(tmp_path / "s", name=name, **versions)
    with pytest.warns(
        UserWarning, match=r"does not have .*_3\.3\.3_.*zip, which the model's card links to; .*_5\.0\.0_"
    ):
        resolve(name, "en", tmp_path / "s")


def test_a_store_may_be_named_by_a_path(cache, tiny_model, tmp_path, recwarn):
    publish(tmp_path / "s", tiny_model, "mine")
    assert resolve("mine", "en", tmp_path / "s") == resolve("mine", "en", str(tmp_path / "s"))
    assert not recwarn


def test_offline_with_a_warm_cache(cache, tiny_model):
    shutil.copytree(tiny_model, cache / "mine_en")
    sparkcls.configure(mirror="http://127.0.0.1:9/models")
    assert locate(resolve("mine")) == cache / "mine_en"


@pytest.mark.parametrize("name", ["distilbert_sequence_classifier_emotion", "nobody/knows-it", "mine"])
def test_offline_with_a_cold_cache_is_one_clear_error(cache, name):
    sparkcls.configure(mirror="http://127.0.0.1:9/models")
    with pytest.raises(ModelNotFoundError) as caught:
        resolve(name)
    message = str(caught.value)
    if "/" not in name:
        assert "http://127.0.0.1:9/models cannot be reached: no answer" in message
    if name != "mine":
        assert "Hugging Face Hub cannot be reached" in message
    assert f"sparkcls pull {name} --to DIR" in message
    assert all(word in message for word in ("SPARKCLS_MIRROR", "spark.sparkcls.mirror", "mirror=", "remote_loc"))
    assert "loadSavedModel" in message
    # The bundled model of the same task is the way out that needs nothing.
    smaller = (
        'is bundled: TransformerForSequenceClassification.pretrained("distilbert_mini_sequence_classifier_emotion")'
    )
    assert (smaller.replace('"', "'") in message) == (name in CARDS)


def test_why_the_index_has_none(cache, tmp_path):
    add_entry(tmp_path, name="bert", annotator="BertForTokenClassification")
    add_entry(tmp_path, name="french", language="fr")
    add_entry(tmp_path, name="unready", readyToUse=False)
    add_entry(tmp_path, name="gone")
    for name, why in (
        ("bert", "for BertForTokenClassification only"),
        ("french", "in fr, not in en"),
        ("unready", "not ready"),
        ("gone", "which the index names: not there"),
        ("unredy", "Nearest names: unready"),
    ):
        with pytest.raises(ModelNotFoundError, match=why):
            resolve(name, "en", str(tmp_path))


def test_a_cache_that_may_not_be_read(cache, tiny_model, monkeypatch, caplog):
    """Root may read all, so the system's refusal is played."""
    shutil.copytree(tiny_model, cache / "mine_en")
    real = os.stat

    def refuse(path, *arguments, **more):
        if str(path).startswith(f"{cache}/mine_en"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments, **more)

    monkeypatch.setattr(os, "stat", refuse)
    with pytest.raises(ParamError, match="mine_en on host .* cannot be read .*Permission denied"):
        resolve("mine")
    assert find_local("mine", "en") is None
    assert "mine" not in [found.name for found in all_local()]
    assert "is left out, for it cannot be read" in caplog.text
    with pytest.raises(ModelNotFoundError, match="Nearest|No model"):
        resolve("min")


def test_why_the_index_has_none_is_short(cache, tmp_path):
    for i in range(50):
        add_entry(tmp_path, name="many", language=f"l{i}")
    with pytest.raises(ModelNotFoundError, match=r"in l0, l1, .*, \.\.\., not in en"):
        resolve("many", "en", str(tmp_path))


def test_the_index_is_read_once_in_five_minutes(cache, tmp_path, monkeypatch):
    add_entry(tmp_path, name="other")
    with serve(tmp_path) as state:
        for _ in range(2):
            with pytest.raises(ModelNotFoundError):
                resolve("mine", "en", state.url)
        assert state.requests["metadata.json"] == 1
        monkeypatch.setattr(sources, "INDEX_LASTS", 0)
        with pytest.raises(ModelNotFoundError):
            resolve("mine", "en", state.url)
        assert state.requests["metadata.json"] == 2


def test_a_cached_model_of_another_store_is_warned_of(cache, tiny_model, tmp_path):
    publish(tmp_path / "a", tiny_model, "mine")
    resolve("mine", "en", str(tmp_path / "a"))
    resolve("mine")
    with pytest.warns(UserWarning, match="came from .*/a, not from remote_loc"):
        resolve("mine", "en", str(tmp_path / "b"))
    (cache / "mine_en" / "source.json").unlink()
    with pytest.warns(UserWarning, match="came from somewhere that it does not name, not from remote_loc"):
        resolve("mine", "en", str(tmp_path / "a"))


def test_what_another_version_converted_is_warned_of(cache, tiny_model, tmp_path, recwarn):
    publish(tmp_path / "s", tiny_model, "mine")
    folder = locate(resolve("mine", "en", str(tmp_path / "s")))
    resolve("mine")
    shutil.copytree(tiny_model, cache / "put_here_en")
    resolve("put_here")
    assert not recwarn
    source = source_of(folder)
    del source["converter"]
    (folder / "source.json").write_text(json.dumps(source))
    with pytest.warns(UserWarning, match="was converted by another version of sparkcls.*Delete the folder"):
        resolve("mine")


@pytest.fixture
def on_hub(monkeypatch, tiny_model, tmp_path):
    asked = []

    def snapshot(repo_id, revision=None):
        asked.append((repo_id, revision))
        return shutil.copytree(tiny_model, tmp_path / "hub" / "abc123", dirs_exist_ok=True)

    monkeypatch.setattr(hub, "snapshot", snapshot)
    return asked


def test_a_repository_of_the_hub(cache, on_hub):
    ref = resolve("owner/model")
    assert locate(ref) == cache / "owner--model_en"
    assert ref.places[-1] == "hub:owner/model@abc123"
    assert resolve("owner/model") == ref
    shutil.rmtree(cache)
    assert locate(ModelRef.from_json(ref.to_json())) == by_digest(ref)
    assert on_hub == [("owner/model", None), ("owner/model", "abc123")]


def test_two_names_of_one_folder(cache, on_hub, tiny_model, tmp_path):
    resolve("owner/model")
    with pytest.raises(ModelFormatError, match=r"holds the model 'owner/model' \(en\), and 'owner--model' \(en\)"):
        resolve("owner--model")
    assert find_local("owner--model", "en") is None
    shutil.rmtree(cache)
    publish(tmp_path / "s", tiny_model, "owner--model")
    ref = resolve("owner--model", "en", str(tmp_path / "s"))
    assert resolve("owner--model").digest == ref.digest
    with pytest.raises(ModelFormatError, match="holds the model 'owner--model'"):
        resolve("owner/model")
    # What older versions fetched says less.
    source = cache / "owner--model_en" / "source.json"
    source.write_text('{"hub": "owner/model"}')
    with pytest.raises(ModelFormatError, match="holds the model 'owner/model'"):
        resolve("owner--model")
    source.write_text('{"store": "http://x"}')
    assert resolve("owner--model").digest == ref.digest
    source.unlink()
    assert resolve("owner--model").digest == resolve("owner/model").digest == ref.digest, "nothing is known"
    shutil.copytree(cache / "owner--model_en", cache / "a_b_c")
    (cache / "a_b_c" / "source.json").write_text('{"name": "a", "lang": "b_c"}')
    with pytest.raises(ModelFormatError, match=r"holds the model 'a' \(b_c\), and 'a_b' \(c\)"):
        resolve("a_b", "c")
    (cache / "a_b_c" / "source.json").write_text('{"store": "http://x"}')
    assert resolve("a_b", "c").digest == resolve("a", "b_c").digest == ref.digest, (
        "which one, an older version did not say"
    )


def test_a_stated_origin_is_asked_after_the_store(cache, on_hub):
    resolve("distilbert_sequence_classifier_emotion")
    assert on_hub == [("bhadresh-savani/distilbert-base-uncased-emotion", None)]
    with pytest.raises(ModelNotFoundError):
        resolve("distilbert_sequence_classifier_emotion", "de")


@pytest.mark.parametrize(("names", "why"), [(["pytorch_model.bin"], "a pickle"), ([], "has no model.safetensors")])
def test_a_repository_without_safe_weights(cache, monkeypatch, tmp_path, names, why):
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(hub, "snapshot", lambda *_: tmp_path / "empty")
    monkeypatch.setattr("huggingface_hub.HfApi.list_repo_files", lambda *_, **__: names)
    with pytest.raises(ModelFormatError, match=why):
        resolve("owner/model")


def test_refs_of_older_versions_load():
    assert ModelRef.from_json('{"name": "n", "digest": "sha256:0", "places": ["/a"]}') == ModelRef(
        "n", "sha256:0", ("/a",)
    )


def test_an_empty_folder_of_the_cache_is_no_model(cache, on_hub):
    """A copy that was broken off, or made by hand."""
    (cache / "owner--model_en").mkdir()
    assert resolve("owner/model").find_here() == cache / "owner--model_en"
    assert len(on_hub) == 1
    (cache / "nope_en").mkdir()
    with pytest.raises(ModelNotFoundError, match="No model 'nope'"):
        resolve("nope")


def test_a_cache_that_cannot_be_read(cache, monkeypatch):
    (cache / "mine_en").mkdir()
    iterdir = Path.iterdir

    def refuse(path):
        if path.name == "mine_en":
            raise PermissionError(13, "Permission denied", str(path))
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(ParamError, match=r"mine_en on host .* cannot be read .*Permission denied"):
        resolve("mine")
