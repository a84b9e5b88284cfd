"""What a path or URI means on this machine."""

from pathlib import Path

import pytest

from sparkcls.catalogue.imported import local_folder
from sparkcls.catalogue.paths import is_elsewhere, local_path
from sparkcls.catalogue.stores.opening import open_store
from sparkcls.errors import ParamError, ParamTypeError


def test_local_paths():
    assert local_path("file:///a%20b/c").as_posix() == "/a b/c"
    assert local_path("file:/a/c").as_posix() == "/a/c"
    assert local_path("file://localhost/a/c").as_posix() == "/a/c"
    assert local_path("dbfs:/models").as_posix() == "/dbfs/models"
    assert local_path("dbfs:///my%20models").as_posix() == "/dbfs/my models"
    assert local_path("/a%20b").as_posix() == "/a%20b", "a path is no URI"
    assert local_path("~/x") == Path.home() / "x"
    assert local_path(Path("a b")) == Path.cwd() / "a b"
    for location in ("s3://b/c", "https://b/c"):
        assert local_path(location) is None
        assert is_elsewhere(location)


def test_one_uri_is_one_folder(tmp_path):
    """For stores and for imports, and for what Spark has written under the very name."""
    uri = f"file://{tmp_path}/my%20models"
    for folder in (tmp_path / "my%20models", tmp_path / "my models"):
        folder.mkdir()
        with local_folder(uri) as found:
            assert found == open_store(uri).folder == local_path(uri) == folder


@pytest.mark.parametrize("location", [3, None, b"/a", ["a"]])
def test_what_is_no_path(location):
    with pytest.raises(ParamTypeError, match="named by a str or a path"):
        local_path(location)


@pytest.mark.parametrize("location", ["file://models/a", "dbfs://models/a"])
def test_a_path_in_the_place_of_a_host(location):
    with pytest.raises(ParamError, match=r"write (file|dbfs):///models/a"):
        local_path(location)
