"""Foreign folders by path or URI: what of the URI is kept."""

import json
from contextlib import contextmanager

import pytest

from sparkcls.catalogue import imported
from sparkcls.catalogue.imported import import_again, import_folder, local_folder
from sparkcls.errors import ModelNotFoundError
from sparkcls.models.ref import IMPORT, ModelRef

SECRET = "s3://id:s3cret@bucket/models/mine?session_token=s3cret"


@pytest.fixture
def in_bucket(tiny_model, monkeypatch):
    @contextmanager
    def folder(location):
        yield tiny_model

    monkeypatch.setattr(imported, "local_folder", folder)


def test_a_uri_with_secrets_is_in_no_ref(in_bucket, cache):
    assert "s3cret" not in import_folder(SECRET).to_json()
    assert f"{IMPORT}s3://bucket/models/mine?region=eu" in import_folder("s3://bucket/models/mine?region=eu").places


def test_nor_in_files_and_events(in_bucket, cache, events):
    ref = import_folder("s3://bucket/models/mine")
    # As older versions wrote them.
    folder = import_again(ModelRef(ref.name, ref.digest, (f"{IMPORT}{SECRET}",)), f"{IMPORT}{SECRET}", cache / "again")
    assert json.loads((folder / "source.json").read_text()) == {"folder": "s3://bucket/models/mine"}
    assert [e["source"] for e in events() if e["event"] == "copy"] == ["s3://bucket/models/mine"]


def test_nor_in_the_name_or_an_error(monkeypatch):
    class Refusing:
        @staticmethod
        def from_uri(uri):
            raise OSError(f"AWS said no to {uri}")

    monkeypatch.setattr("pyarrow.fs.FileSystem", Refusing)
    refused = pytest.raises(ModelNotFoundError, match=r"s3://bucket/models/mine cannot be read \(AWS said no")
    with refused as caught, local_folder(SECRET):
        pass
    assert "s3cret" not in str(caught.value)

    monkeypatch.setattr(Refusing, "from_uri", lambda uri: (None, "bucket/models/mine"))
    monkeypatch.setattr("pyarrow.fs.copy_files", lambda source, target, source_filesystem: None)
    with local_folder(SECRET) as folder:
        assert folder.name == "mine"
