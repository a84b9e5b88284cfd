import contextlib
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sparkcls.catalogue import fetch as fetch_module
from sparkcls.catalogue import sources
from sparkcls.catalogue.fetch import Parcel, fetch
from sparkcls.catalogue.install import SOURCE, install, source_of
from sparkcls.catalogue.locate import by_digest, locate
from sparkcls.catalogue.resolve import resolve
from sparkcls.catalogue.stores import base as store
from sparkcls.catalogue.stores.opening import open_store
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError
from sparkcls.models.layout import read_model_folder
from sparkcls.models.ref import ModelRef, folder_digest
from tests.server import add_entry, publish, serve

#: What a process needs to fetch a model: neither Spark nor torch.
FETCH = """
import sys
from sparkcls.catalogue.resolve import resolve
ref = resolve("tiny", "en", sys.argv[1])
assert "torch" not in sys.modules and "pyspark" not in sys.modules
print(ref.digest)
"""


@pytest.fixture(autouse=True)
def fresh(fresh_settings, monkeypatch):
    monkeypatch.setattr(store, "PAUSE", 0.01)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    sources.forget_indexes()


@pytest.fixture
def published(tmp_path, tiny_model):
    publish(tmp_path / "store", tiny_model, "tiny")
    with serve(tmp_path / "store") as state:
        yield state


def visible(cache: Path) -> list[str]:
    return sorted(p.name for p in cache.iterdir() if not p.name.startswith(".")) if cache.is_dir() else []


def leftovers(cache: Path) -> list[str]:
    return sorted(str(p.relative_to(cache)) for n in (".work", ".partial") for p in (cache / n).rglob("*"))


def test_a_model_is_fetched_once_and_then_without_a_request(cache, published, tiny_model):
    ref = resolve("tiny", "en", published.url)
    folder = locate(ref)
    assert folder == cache / "tiny_en"
    assert read_model_folder(folder).labels == ("red", "green", "blue")
    assert source_of(folder)["store"] == published.url
    assert visible(cache) == ["tiny_en"]
    assert leftovers(cache) == []
    asked = sum(published.requests.values())
    assert asked == 2, "the index and the archive"
    assert resolve("tiny", "en", published.url) == ref
    assert locate(ref) == folder
    assert sum(published.requests.values()) == asked


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b"\xff", b"7", b'{"name": 3, "hub": {}, "place": [], "key": 1}', b""]
)
def test_a_damaged_source_json_tells_nothing(cache, published, content):
    digest = resolve("tiny", "en", published.url).digest
    (cache / "tiny_en" / SOURCE).write_bytes(content)
    assert resolve("tiny").digest == digest


def test_source_json_is_no_part_of_the_digest(cache, published):
    folder = locate(resolve("tiny", "en", published.url))
    digest = folder_digest(folder)
    (folder / SOURCE).unlink()
    assert folder_digest(folder) == digest


def test_a_cut_download_goes_on_in_the_next_process(cache, published):
    size = next(published.folder.glob("tiny_*.zip")).stat().st_size
    published.faults = [0, -(size // 2), *[503] * 99]
    with pytest.raises(ModelNotFoundError, match="answered 503"):
        resolve("tiny", "en", published.url)
    assert visible(cache) == []
    partial = next((cache / ".partial").rglob("*.zip"))
    assert partial.stat().st_size == size // 2
    published.faults = []
    resolve("tiny", "en", published.url)
    assert published.ranges[-1] == f"bytes={size // 2}-"
    assert leftovers(cache) == []


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_checksums(cache, tmp_path, tiny_model, algorithm):
    good = tmp_path / "good"
    key = publish(good, tiny_model, "tiny", index=False)
    checksum = hashlib.new(algorithm, (good / f"{key}.zip").read_bytes()).hexdigest()
    add_entry(good, name="tiny", checksum=checksum.upper())
    add_entry(good, name="other", checksum=checksum[::-1])
    shutil.copy(good / f"{key}.zip", good / f"{key.replace('tiny', 'other')}.zip")
    resolve("tiny", "en", str(good))
    with pytest.raises(ModelFormatError, match=f"is damaged: its {algorithm} is"):
        resolve("other", "en", str(good))
    assert visible(cache) == ["tiny_en"]
    assert leftovers(cache) == [".partial/other_en"], "damaged bytes are not built upon"


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + b"\0" * 100])
def test_what_is_no_archive(cache, tmp_path, content):
    add_entry(tmp_path / "s", name="bad")
    (tmp_path / "s" / "bad_en_3.3.3_3.0_1637502669757.zip").write_bytes(content)
    with pytest.raises(ModelFormatError):
        resolve("bad", "en", str(tmp_path / "s"))
    assert visible(cache) == []


def test_a_mirror_of_converted_folders(cache, tmp_path, tiny_model):
    mirror = tmp_path / "store"
    shutil.copytree(tiny_model, mirror / "folders" / "x")
    files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in tiny_model.iterdir()}
    add_entry(mirror, name="tiny", folder="folders/x", files=files, isZipped=False)
    add_entry(mirror, name="bad", folder="folders/x", files=files | {"config.json": "0" * 64})
    with serve(mirror) as state:
        ref = resolve("tiny", "en", state.url)
        assert ref.digest == folder_digest(tiny_model)
        assert f"store:{state.url}#folders/x/" in ref.places
        with pytest.raises(ModelFormatError, match=r"folders/x/config\.json is damaged"):
            resolve("bad", "en", state.url)
        shutil.rmtree(cache)
        assert folder_digest(locate(ref)) == ref.digest
    assert visible(cache) == [], "by its digest: a ref's name is not taken on trust"


def test_only_files_of_a_model_are_fetched(cache, tmp_path, tiny_model):
    mirror = tmp_path / "store"
    shutil.copytree(tiny_model, mirror / "x")
    (mirror / "x" / "run.py").write_text("")
    (mirror / "x" / "source.json").write_text("{}")
    files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (mirror / "x").iterdir()}
    add_entry(mirror, name="tiny", folder="x", files=files, isZipped=False)
    with serve(mirror) as state:
        folder = locate(resolve("tiny", "en", state.url))
        assert not {"x/run.py", "x/source.json"} & set(state.requests)
    assert not (folder / "run.py").exists()


def test_what_is_too_large_is_not_kept(cache, published, monkeypatch):
    monkeypatch.setattr("sparkcls.catalogue.fetch.OBJECT_LIMITS", store.Limits(size=1000, seconds=60))
    monkeypatch.setattr(fetch_module.download, "__defaults__", (store.Limits(size=1000, seconds=60),))
    with pytest.raises(ModelNotFoundError, match="and no more than 1000 are taken"):
        resolve("tiny", "en", published.url)
    assert leftovers(cache) == [".partial/tiny_en"]


def test_a_worker_fetches_what_it_lacks(cache, published, tmp_path, monkeypatch, tiny_model):
    ref = ModelRef.from_json(resolve("tiny", "en", published.url).to_json())
    shutil.rmtree(cache)
    monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "worker"))
    assert locate(ref) == by_digest(ref)
    asked = sum(published.requests.values())
    assert locate(ref) == by_digest(ref)
    assert by_digest(ref).is_relative_to(tmp_path / "worker")
    assert sum(published.requests.values()) == asked


def test_a_worker_keeps_its_own_model_of_the_name(cache, published, tmp_path, monkeypatch, cased_model):
    ref = resolve("tiny", "en", published.url)
    shutil.rmtree(cache)
    monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "worker"))
    own = shutil.copytree(cased_model, tmp_path / "worker" / "tiny_en")
    folder = locate(ref)
    assert folder != own
    assert folder_digest(folder) == ref.digest
    assert locate(ref) == folder
    assert locate(resolve("tiny")) == own


@pytest.fixture(scope="session")
def cased_model(tmp_path_factory):
    from tests.models import save_tiny_model

    return save_tiny_model(tmp_path_factory.mktemp("cased") / "m", ["a", "b"], cased=True)


def test_a_worker_refuses_what_was_replaced_in_the_store(cache, published, cased_model):
    ref = resolve("tiny", "en", published.url)
    shutil.rmtree(cache)
    publish(published.folder, cased_model, "tiny", index=False)
    with pytest.raises(ModelFormatError, match="is not the model that the stage was made with"):
        locate(ref)
    assert visible(cache) == []


def test_a_worker_that_reaches_nothing_says_so(cache, published, tmp_path):
    ref = resolve("tiny", "en", published.url)
    shutil.rmtree(cache)
    gone = ModelRef(ref.name, ref.digest, ("/absent", "store:http://127.0.0.1:9/x#k.zip"), "en")
    with pytest.raises(ModelNotFoundError, match=r"looked in /absent.*http://127\.0\.0\.1:9/x/k\.zip: no answer"):
        locate(gone)


def test_passwords_stay_out_of_files(cache, published):
    location = published.url.replace("//", "//me:s3cret@")
    ref = resolve("tiny", "en", location)
    assert "s3cret" not in ref.to_json()
    assert "s3cret" not in (cache / "tiny_en" / SOURCE).read_text()
    assert not any(place.startswith("store:") for place in ref.places)


def test_an_unwritable_cache(tmp_path, published, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ParamError, match=r"cannot be written .* \$SPARKCLS_CACHE"):
        resolve("tiny", "en", published.url)


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), PermissionError(13, "Permission denied")])
def test_a_source_that_cannot_be_read_is_not_blamed_on_the_cache(cache, tmp_path, error):
    def make(work, model):
        error.filename = str(tmp_path / "mount" / "model.safetensors")
        raise error

    with pytest.raises(ModelNotFoundError, match=rf"mount/model\.safetensors cannot be read .*{error.strerror}"):
        install(cache / "x_en", cache, make)

    def full(work, model):
        raise OSError(28, "No space left on device", str(tmp_path / "mount" / "a"), None, str(cache / "b"))

    with pytest.raises(ParamError, match="cannot be written"):
        install(cache / "x_en", cache, full)


@pytest.mark.parametrize("folder", ["store", "served"])
def test_a_failure_to_write_names_the_cache(cache, published, monkeypatch, folder):
    real = os.open

    def refuse(path, *arguments):
        if str(path).endswith(".zip"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments)

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ParamError, match="cannot be written .*Permission denied"):
        resolve("tiny", "en", str(published.folder) if folder == "store" else published.url)


def test_what_a_killed_process_left_is_cleared(cache, published):
    (cache / ".work" / "tiny_en-0123" / "model").mkdir(parents=True)
    (cache / ".work" / "other_en-0123").mkdir(parents=True)
    resolve("tiny", "en", published.url)
    assert leftovers(cache) == [".work/other_en-0123"]


def spawn(cache, url):
    return subprocess.Popen(
        [sys.executable, "-c", FETCH, url],
        env=os.environ | {"SPARKCLS_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_eight_processes_fetch_once(cache, published):
    published.delay, published.chunk = 0.05, 20_000
    running = [spawn(cache, published.url) for _ in range(8)]
    done = [(*p.communicate(timeout=120), p.returncode) for p in running]
    assert [code for *_, code in done] == [0] * 8, done
    assert len({out for out, *_ in done}) == 1
    assert {k: n for k, n in published.requests.items() if k.endswith(".zip")} == {
        "tiny_en_3.3.3_3.0_1637502669757.zip": 1
    }


def test_threads_of_a_process_fetch_once(cache, published):
    found = []
    threads = [threading.Thread(target=lambda: found.append(resolve("tiny", "en", published.url))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 8
    assert published.requests["tiny_en_3.3.3_3.0_1637502669757.zip"] == 1


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forks, which start in no time")
def test_killed_at_any_moment_no_half_model_is_seen(cache, published, tmp_path):
    # One process that has imported everything forks a victim for each line it reads.
    nursery = """
import os, sys
from sparkcls.catalogue import resolve as module, sources
import sparkcls.formats.convert, sparkcls.formats.archive, tqdm
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        module.resolve("tiny", "en", sys.argv[1])
        os._exit(0)
    print(pid, flush=True)
    _, status = os.waitpid(pid, 0)
    print(status, flush=True)
"""
    size = next(published.folder.glob("tiny_*.zip")).stat().st_size
    published.chunk, published.delay = size // 10, 0.02
    mother = subprocess.Popen(
        [sys.executable, "-c", nursery, published.url],
        env=os.environ | {"SPARKCLS_CACHE": str(cache)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def victim(after: float | None) -> int:
        mother.stdin.write("\n")
        mother.stdin.flush()
        pid = int(mother.stdout.readline())
        if after is not None:
            time.sleep(after)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return int(mother.stdout.readline())

    try:
        for _ in range(2):  # the first also warms the disk's cache
            shutil.rmtree(cache, ignore_errors=True)
            start = time.monotonic()
            assert victim(None) == 0
            whole = time.monotonic() - start
        shutil.rmtree(cache)
        dice = random.Random(0)
        killed = finished = 0
        for _ in range(50):
            # A download goes on where the last victim left it, so most need less than the whole time.
            status = victim(dice.uniform(0, 0.7 * whole))
            killed += os.WIFSIGNALED(status)
            if visible(cache):
                assert visible(cache) == ["tiny_en"]
                read_model_folder(cache / "tiny_en")
                assert source_of(cache / "tiny_en")["store"] == published.url
                finished += 1
                shutil.rmtree(cache)
        assert killed >= 20
        assert finished >= 1
        assert victim(None) == 0
        assert visible(cache) == ["tiny_en"]
        assert leftovers(cache) == []
    finally:
        mother.stdin.close()
        mother.wait(10)


def test_a_progress_bar_is_for_terminals_and_large_files(cache, published, capsys, monkeypatch):
    fetch(open_store(published.url), Parcel.of_key("tiny_en_3.3.3_3.0_1637502669757"), "a", "en")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("sparkcls.catalogue.fetch.LARGE", 0)
    fetch(open_store(published.url), Parcel.of_key("tiny_en_3.3.3_3.0_1637502669757"), "b", "en")
    assert "tiny_en_3.3.3_3.0_1637502669757.zip: 100%" in capsys.readouterr().err


def test_a_source_json_that_is_none(tmp_path):
    (tmp_path / SOURCE).write_text("[")
    assert source_of(tmp_path) == {}
    (tmp_path / SOURCE).write_text(json.dumps([1]))
    assert source_of(tmp_path) == {}


def test_the_name_appears_by_one_rename_of_a_complete_folder(cache, tmp_path, monkeypatch, tiny_model):
    target = cache / "m_en"

    def killed(source, destination):
        assert read_model_folder(source).labels == ("red", "green", "blue")
        assert Path(destination) == target
        assert not target.exists()
        raise KeyboardInterrupt

    def make(work, model):
        shutil.copytree(tiny_model, model)
        return {}

    monkeypatch.setattr("sparkcls.catalogue.install.os.rename", killed)
    with pytest.raises(KeyboardInterrupt):
        install(target, cache, make)
    assert not target.exists()
