"""The bundled model where the package is a folder, and where it is a zip on the path."""

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

import sparkcls
from sparkcls.catalogue.resolve import resolve
from sparkcls.models.bundled import FOLDER, bundled_folder, bundled_names
from sparkcls.temporary import own_folder

NAME = "distilbert_mini_sequence_classifier_sst2"


def test_in_a_folder_it_is_used_where_it_is():
    assert bundled_names() == [NAME]
    assert bundled_folder(NAME) == FOLDER / NAME
    assert not bundled_folder("other").is_dir()


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The package as ``--py-files`` gets it."""
    archive = tmp_path_factory.mktemp("zip") / "sparkcls.zip"
    root = Path(sparkcls.__file__).parent
    with zipfile.ZipFile(archive, "w") as packed:
        for file in root.rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                packed.write(file, Path("sparkcls") / file.relative_to(root))
    return archive


CODE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import sparkcls
from sparkcls.catalogue.resolve import resolve
from sparkcls.models.bundled import bundled_folder, bundled_names
ref = resolve(sys.argv[2])
print(json.dumps([sparkcls.__file__, bundled_names(), ref.digest, str(ref.find_here()), bundled_folder("other").is_dir()]))
"""


def ask(package, cache, **environment):
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(package), NAME],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SPARKCLS_CACHE": str(cache), **environment},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_in_a_zip_it_is_unpacked_once(package, tmp_path):
    file, names, digest, folder, other = ask(package, tmp_path / "cache")
    assert file.startswith(str(package))
    assert names == [NAME]
    assert digest == resolve(NAME).digest
    assert Path(folder).is_relative_to(tmp_path / "cache")
    assert not other
    written = (Path(folder) / "model.safetensors").stat().st_mtime_ns
    assert ask(package, tmp_path / "cache")[3] == folder
    assert (Path(folder) / "model.safetensors").stat().st_mtime_ns == written
    assert [p.name for p in Path(folder).parent.iterdir()] == [Path(folder).name], "nothing half-made stays"


def test_in_a_zip_without_a_cache_it_goes_to_the_temporary_folder(package, tmp_path):
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "tmp").mkdir()
    folder = ask(package, tmp_path / "file", TMPDIR=str(tmp_path / "tmp"))[3]
    assert Path(folder).is_relative_to(tmp_path / "tmp")


@pytest.mark.parametrize("change", ["bytes", "more", "link"])
def test_what_others_have_put_there_is_made_anew(package, tmp_path, change):
    """The name and the sum of checksums are known to everybody, so that a folder of this name proves nothing."""
    folder = Path(ask(package, tmp_path / "cache")[3])
    digest = resolve(NAME).digest
    file = folder / "config.json"
    if change == "bytes":
        file.write_text(file.read_text().replace("POSITIVE", "POSITIVF"))
    elif change == "more":
        (folder / "sparkcls.json").write_text("{}")
    else:
        file.rename(tmp_path / "config.json")
        file.symlink_to(tmp_path / "config.json")
    before = (folder / "model.safetensors").stat().st_ino
    assert ask(package, tmp_path / "cache")[2:4] == [digest, str(folder)]
    assert (folder / "model.safetensors").stat().st_ino != before
    assert not file.is_symlink()
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]


@pytest.mark.parametrize("how", ["open", "link", "owner"])
def test_a_temporary_folder_that_others_can_write_to_is_refused(package, tmp_path, how):
    (tmp_path / "file").write_text("no folder")
    folder = tmp_path / "tmp" / f"sparkcls-{os.getuid()}"
    folder.mkdir(mode=0o700, parents=True)
    if how == "open":
        folder.chmod(0o770)
    elif how == "link":
        folder.rename(tmp_path / "his")
        folder.symlink_to(tmp_path / "his")
    elif os.getuid() == 0:
        os.chown(folder, 12345, -1)
    else:
        pytest.skip("only root gives folders to others")
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(package), NAME],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SPARKCLS_CACHE": str(tmp_path / "file"), "TMPDIR": str(tmp_path / "tmp")},
    )
    assert "its bundled model cannot be unpacked" in done.stderr
    assert "set $TMPDIR to a folder of your own" in done.stderr
    assert not list(folder.rglob("*"))


def test_the_temporary_folder_is_this_users_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    assert own_folder() == own_folder()
    assert own_folder().stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["../..", "a/b", "..", "", ".", "a\0"])
def test_names_that_leave_the_package(name):
    assert not bundled_folder(name).is_dir()
