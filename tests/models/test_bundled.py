"""The bundled models: put together of what they share and what is their own, in folders and in zips."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

import sparkcls
from sparkcls.catalogue.measured import measured
from sparkcls.catalogue.resolve import resolve
from sparkcls.errors import ParamError
from sparkcls.models import bundled
from sparkcls.models.bundled import BUNDLED_DEFAULT, FOLDER, SHARED, bundled_folder, bundled_names
from sparkcls.models.layout import read_model_folder
from sparkcls.models.ref import folder_digest
from sparkcls.temporary import own_folder

NAME = BUNDLED_DEFAULT
NAMES = [
    f"distilbert_mini_sequence_classifier_{task}" for task in ("ag_news", "amazon_reviews", "emotion", "imdb", "sst2")
]
ENCODER = "model-00001-of-00002.safetensors"


def files(folder):
    return sorted(file.name for file in folder.iterdir())


def test_all_share_one_encoder():
    assert bundled_names() == NAMES
    parts = [FOLDER / SHARED / ENCODER, *(FOLDER / name / "model-00002-of-00002.safetensors" for name in NAMES)]
    assert sorted(FOLDER.rglob("*.safetensors")) == sorted(parts)
    for name in NAMES:
        folder = bundled_folder(name)
        assert files(folder) == sorted({*files(FOLDER / name), *files(FOLDER / SHARED)})
        assert os.path.samefile(folder / ENCODER, FOLDER / SHARED / ENCODER)
        assert {w.file.name for w in read_model_folder(folder).weights.values()} == {part.name for part in parts[:2]}
    assert not bundled_folder("other").is_dir()
    assert not bundled_folder(SHARED).is_dir()


def test_it_is_put_together_once(cache):
    folder = bundled_folder(NAME)
    assert folder.is_relative_to(cache)
    before = folder.stat().st_ino
    assert bundled_folder(NAME) == folder
    assert folder.stat().st_ino == before
    assert files(folder.parent) == [folder.name], "nothing half-made stays"


@pytest.mark.parametrize("change", ["other link", "copy", "more", "less"])
def test_what_others_have_changed_in_the_cache_is_made_anew(cache, tmp_path, change):
    """The folder's name is known to everybody, so that a folder of this name proves nothing."""
    folder = bundled_folder(NAME)
    digest = folder_digest(folder)
    file = folder / "config.json"
    text = file.read_text()
    if change == "more":
        (folder / "labels.txt").write_text("a")
    else:
        file.unlink()
    if change == "copy":
        file.write_text(text.replace("POSITIVE", "POSITIVF"))
    elif change == "other link":
        (tmp_path / "config.json").write_text(text.replace("POSITIVE", "POSITIVF"))
        file.symlink_to(tmp_path / "config.json")
    assert bundled_folder(NAME) == folder
    assert files(folder) == sorted({*files(FOLDER / NAME), *files(FOLDER / SHARED)})
    assert folder_digest(folder) == digest
    assert files(folder.parent) == [folder.name]


def test_windows_says_more_of_a_link(cache, monkeypatch):
    folder = bundled_folder(NAME)
    before = folder.stat().st_ino
    monkeypatch.setattr(os, "readlink", lambda path, readlink=os.readlink: "\\\\?\\" + readlink(path))
    assert bundled_folder(NAME) == folder
    assert folder.stat().st_ino == before


@pytest.mark.parametrize("place", ["file", "link", "other is first", "gone"])
def test_what_stands_in_the_way(cache, tmp_path, monkeypatch, place):
    """Something else has the folder's name, or another process is at the same work."""
    folder = bundled_folder(NAME)
    expected = files(folder)
    shutil.rmtree(folder)
    rename = os.rename
    if place == "file":
        folder.write_text("")
    elif place == "link":
        (tmp_path / "his").mkdir()
        folder.symlink_to(tmp_path / "his")
    else:
        folder.mkdir()

        def late(source, target):
            if Path(source) == folder:
                monkeypatch.setattr(os, "rename", rename)
                shutil.rmtree(folder)
                if place == "other is first":
                    bundled_folder(NAME)
            rename(source, target)

        monkeypatch.setattr(os, "rename", late)
    assert bundled_folder(NAME) == folder
    assert files(folder) == expected
    assert not folder.is_symlink()
    assert files(folder.parent) == [folder.name], "nothing of what was there stays"


def test_links_to_one_package_are_one(cache, tmp_path, monkeypatch):
    """On YARN each container has the environment by another name."""
    found = set()
    for container in ("1", "2"):
        (tmp_path / container).symlink_to(FOLDER)
        monkeypatch.setattr(bundled, "FOLDER", tmp_path / container)
        found.add(bundled_folder(NAME))
        (tmp_path / container).unlink()
        assert all(file.exists() for file in next(iter(found)).iterdir()), "the container has ended"
    assert len(found) == 1


def test_what_is_of_no_use_any_more_goes(cache, tmp_path):
    base = bundled_folder(NAMES[0]).parent
    killed = [f"{name}-0.{32 * '0'}" for name in (NAME, SHARED)]
    for name in (*killed, f"{NAME}-gone", f"{NAME}-young", f"{NAME}-unpacked", f"{NAMES[0]}-gone"):
        (base / name).mkdir()
        (base / name / "config.json").symlink_to(tmp_path / "no such file")
    (base / f"{NAME}-unpacked" / "model").write_text("")
    before = time.time() - 25 * 3600
    for folder in base.iterdir():
        if "young" not in folder.name:
            os.utime(folder, (before, before))
    folder = bundled_folder(NAME)
    left = [f"{NAME}-young", f"{NAME}-unpacked", f"{NAMES[0]}-gone", bundled_folder(NAMES[0]).name, folder.name]
    assert files(base) == sorted(left)


@pytest.mark.parametrize("missing", [["symlink"], ["symlink", "link"]])
def test_where_there_are_no_links(cache, monkeypatch, missing):
    digest = folder_digest(bundled_folder(NAME))

    def refuse(*_):
        raise OSError("no links here")

    for name in missing:
        monkeypatch.setattr(os, name, refuse)
    monkeypatch.setenv("SPARKCLS_CACHE", str(cache / "other"))
    folder = bundled_folder(NAME)
    assert not any(file.is_symlink() for file in folder.iterdir())
    assert os.path.samefile(folder / ENCODER, FOLDER / SHARED / ENCODER) == (missing == ["symlink"])
    assert folder_digest(folder) == digest
    before = (folder / "config.json").stat().st_mtime_ns
    assert bundled_folder(NAME) == folder
    assert (folder / "config.json").stat().st_mtime_ns == before
    if missing == ["symlink", "link"]:
        (folder / "config.json").write_text("{}")
        assert folder_digest(bundled_folder(NAME)) == digest


def test_without_a_cache_it_goes_to_the_temporary_folder(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(bundled, "own_folder", lambda: tmp_path / "own")
    assert bundled_folder(NAME).is_relative_to(tmp_path / "own")
    monkeypatch.setattr(bundled, "own_folder", lambda: tmp_path / "file")
    with pytest.raises(ParamError, match="cannot be put together in the cache .*SPARKCLS_CACHE"):
        bundled_folder(NAME)


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
from sparkcls.catalogue.measured import measured
from sparkcls.catalogue.resolve import resolve
from sparkcls.models.bundled import bundled_folder, bundled_names
found = []
for name in sys.argv[2:]:
    ref = resolve(name)
    found.append([ref.digest, str(ref.find_here())])
figures = [repr(measured(name)) for name in sys.argv[2:]]
print(json.dumps([sparkcls.__file__, bundled_names(), found, bundled_folder("other").is_dir(), figures]))
"""


def run(package, cache, names=(NAME,), **environment):
    return subprocess.run(
        [sys.executable, "-c", CODE, str(package), *names],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SPARKCLS_CACHE": str(cache), **environment},
    )


def ask(package, cache, names=(NAME,), **environment):
    done = run(package, cache, names, **environment)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_in_a_zip_they_are_unpacked_once(package, tmp_path):
    cache = tmp_path / "cache"
    file, names, found, other, figures = ask(package, cache, NAMES[:2])
    assert file.startswith(str(package))
    assert names == NAMES
    assert [digest for digest, _ in found] == [resolve(name).digest for name in NAMES[:2]]
    assert not other
    assert figures == [repr(measured(name)) for name in NAMES[:2]]
    folders = [Path(folder) for _, folder in found]
    assert all(folder.is_relative_to(cache) for folder in folders)
    encoders = [file for file in cache.rglob(ENCODER) if not file.is_symlink()]
    assert len(encoders) == 1, "the cache has it once"
    written = encoders[0].stat().st_mtime_ns
    made = files(folders[0].parent)
    assert len(made) == 2 + 3, "two models, their parts, and what they share; nothing half-made"
    assert ask(package, cache, NAMES[:2])[2] == found
    assert encoders[0].stat().st_mtime_ns == written
    assert files(folders[0].parent) == made


def test_in_a_zip_without_a_cache_it_goes_to_the_temporary_folder(package, tmp_path):
    (tmp_path / "file").write_text("no folder")
    (tmp_path / "tmp").mkdir()
    ((_, folder),) = ask(package, tmp_path / "file", TMPDIR=str(tmp_path / "tmp"))[2]
    assert Path(folder).is_relative_to(tmp_path / "tmp")


@pytest.mark.parametrize("change", ["bytes", "more", "link"])
def test_what_others_have_unpacked_is_made_anew(package, tmp_path, change):
    ((digest, folder),) = ask(package, tmp_path / "cache")[2]
    assert digest == resolve(NAME).digest
    file = Path(os.readlink(Path(folder) / "config.json"))
    if change == "bytes":
        file.write_text(file.read_text().replace("POSITIVE", "POSITIVF"))
    elif change == "more":
        (file.parent / "labels.txt").write_text("a")
    else:
        file.rename(tmp_path / "config.json")
        file.symlink_to(tmp_path / "config.json")
    before = files(Path(folder).parent)
    assert ask(package, tmp_path / "cache")[2] == [[digest, folder]]
    assert not file.is_symlink()
    assert files(file.parent) == files(FOLDER / NAME)
    assert files(Path(folder).parent) == before


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
    done = run(package, tmp_path / "file", TMPDIR=str(tmp_path / "tmp"))
    assert "cannot be put together in the cache" in done.stderr
    assert "set $TMPDIR to a folder of your own" in done.stderr
    assert not list(folder.rglob("*"))


def test_the_temporary_folder_is_this_users_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    assert own_folder() == own_folder()
    assert own_folder().stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("name", ["../..", "a/b", "..", "", ".", "a\0"])
def test_names_that_leave_the_package(name):
    assert not bundled_folder(name).is_dir()
