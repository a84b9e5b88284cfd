"""What a stranger's saved stage may make this machine do: nothing in the network, nothing under another's name."""

import json
import shutil

import pytest

from sparkcls import settings
from sparkcls.annotator import DistilBertForSequenceClassification
from sparkcls.base import LightPipeline
from sparkcls.catalogue import consent, sources
from sparkcls.catalogue.consent import consented, may_ask, name_location
from sparkcls.catalogue.locate import by_digest, locate
from sparkcls.catalogue.resolve import resolve
from sparkcls.errors import ModelNotFoundError
from sparkcls.models.ref import ModelRef, folder_digest
from sparkcls.pipelines.saved import write_pipeline
from tests.models import save_tiny_model
from tests.pipelines import classifier_of, pipeline_of
from tests.server import publish, serve

MIRROR = "https://mirror.example/models"


@pytest.fixture(autouse=True)
def fresh(fresh_settings, monkeypatch):
    monkeypatch.setattr(consent, "_named", set())
    monkeypatch.delenv("SPARKCLS_MIRROR")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    sources.forget_indexes()


@pytest.fixture
def strangers(tmp_path, cache):
    """His store, with the model that his pipeline calls by a public model's name, and that pipeline."""
    model = save_tiny_model(tmp_path / "his", ["NEGATIVE", "POSITIVE"], seed=13)
    key = publish(tmp_path / "store", model, "trusted")
    with serve(tmp_path / "store") as state:
        ref = ModelRef("trusted", folder_digest(model), (f"store:{state.url}#{key}.zip",), "en")
        stage = classifier_of(model, saveWeights=False)._update(model=ref.to_json())
        write_pipeline(pipeline_of(stage), tmp_path / "pipeline")
        shutil.rmtree(model)
        state.pipeline = tmp_path / "pipeline"
        yield state


def test_his_store_is_not_asked(strangers, cache):
    light = LightPipeline.load(strangers.pipeline)
    with pytest.raises(ModelNotFoundError, match=rf"Not asked, because only the saved stage names it: {strangers.url}"):
        light.annotate("good")
    assert not strangers.requests
    assert not [p for p in cache.rglob("*") if p.is_file()]


@pytest.mark.parametrize("how", ["configure", "environment", "argument"])
def test_with_consent_it_is_and_fills_the_cache_by_digest_only(strangers, cache, monkeypatch, how):
    if how == "configure":
        settings.configure(mirror=strangers.url)
    elif how == "environment":
        monkeypatch.setenv("SPARKCLS_MIRROR", strangers.url + "/")
    else:
        with pytest.raises(ModelNotFoundError):
            resolve("another", "en", strangers.url)
    light = LightPipeline.load(strangers.pipeline)
    assert light.annotate("good")["class"]
    assert strangers.requests
    assert [p.name for p in cache.iterdir() if not p.name.startswith(".")] == []
    assert by_digest(light.pipeline_model.stages[2]._ref()).is_dir()
    (cache / "empty").mkdir()
    settings.forget()
    settings.configure(mirror=cache / "empty")
    with pytest.raises(ModelNotFoundError, match="No model 'trusted'"):
        resolve("trusted")


def test_workers_are_told_of_no_such_place(strangers):
    """They ask whatever the driver tells them."""
    ref = ModelRef.from_json(json.dumps({"name": "n", "digest": "sha256:0", "places": ["/a", "store:http://x#k"]}))
    told, refused = consented(ref)
    assert (told.places, told.from_file, refused) == (("/a",), False, ["store:http://x#k"])
    own = ModelRef("n", "sha256:0", ("store:http://x#k",))
    assert consented(own) == (own, [])


def test_what_the_user_has_named_himself_is_asked(cache, tmp_path):
    model = save_tiny_model(tmp_path / "m", ["a", "b"])
    publish(tmp_path / "store", model, "tiny")
    with serve(tmp_path / "store") as state:
        stage = DistilBertForSequenceClassification.pretrained("tiny", "en", state.url)
        shutil.rmtree(cache)
        assert stage.getClasses() == ["a", "b"]
        # In the next session the cache says where it came from, but for what is there by digest alone.
        resolve("tiny", "en", state.url)
        consent._named.clear()
        again = DistilBertForSequenceClassification.pretrained("tiny", "en")
        shutil.rmtree(cache)
        assert again.getClasses() == ["a", "b"]


@pytest.mark.parametrize(
    ("place", "allowed"),
    [
        ("/models/a", True),
        ("bundled:x", True),
        ("//host/share", False),
        (r"\\host\share", False),
        ("hub:owner/name@abc", True),
        (f"store:{sources.PUBLIC}#k.zip", True),
        (f"store:{MIRROR}#k.zip", True),
        (f"store:{MIRROR}/#k.zip", True),
        (f"store:{MIRROR}/below#k.zip", True),
        (f"store:{MIRROR}/../other#k.zip", False),
        (f"store:{MIRROR}/%2e%2e/other#k.zip", False),
        (f"store:{MIRROR}#../k.zip", False),
        (f"store:{MIRROR}#%2e%2e/k.zip", False),
        (f"store:{MIRROR}2#k.zip", False),
        (f"store:{MIRROR}?to=http://evil#k.zip", False),
        (f"store:{MIRROR.replace('https', 'http')}#k.zip", False),
        ("store:https://mirror.example@evil.example/models#k.zip", False),
        ("store:https://mirror.example:1/models#k.zip", False),
        ("store:http://169.254.169.254/latest#k.zip", False),
        ("store:https://[x#k.zip", False),
        ("store:/srv/mirror#k.zip", True),
        ("store:file:///srv/mirror#k.zip", True),
        ("store:file://host/mirror#k.zip", False),
        ("import:/srv/model", True),
        ("import:file:///srv/model", True),
        ("import:s3://bucket/model", False),
        ("import:http://169.254.169.254/latest", False),
        ("import://host/share", False),
        (f"import:{MIRROR}/x", True),
    ],
)
def test_places(place, allowed):
    settings.configure(mirror=MIRROR)
    assert may_ask(place) is allowed


def test_a_folder_that_was_read_by_its_uri():
    assert not may_ask("import:s3://bucket/model")
    name_location("s3://bucket/model")
    assert may_ask("import:s3://bucket/model")
    assert not may_ask("import:s3://bucket/models")


def test_names_that_are_no_names_of_folders(cache, tmp_path):
    """The cache has the model by digest, whatever it is called."""
    model = save_tiny_model(tmp_path / "m", ["a", "b"])
    for name in ("../x", ".x", "a\0b", "x" * 5000, "\ud800"):
        ref = ModelRef.from_json(json.dumps({"name": name, "digest": folder_digest(model), "places": [], "lang": "en"}))
        with pytest.raises(ModelNotFoundError):
            locate(ref)
        shutil.copytree(model, by_digest(ref))
        assert locate(ref) == by_digest(ref)
        shutil.rmtree(by_digest(ref))


@pytest.mark.parametrize("place", ["a\0b", "/" + "x" * 5000, "/proc/self/mem", "bundled:../../..", "bundled:a\0b"])
def test_places_that_no_filesystem_takes(cache, place):
    ref = ModelRef.from_json(json.dumps({"name": "n", "digest": "sha256:0", "places": [place, f"import:{place}"]}))
    with pytest.raises(ModelNotFoundError, match="is not on host"):
        locate(ref)
