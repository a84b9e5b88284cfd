"""How models reach executors; on real clusters see tests/cluster/test_shipping.py."""

import json
import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

import sparkcls
from sparkcls import _classic, mounts, settings
from sparkcls.catalogue import locate as locating
from sparkcls.catalogue.locate import by_digest, locate
from sparkcls.catalogue.resolve import resolve
from sparkcls.catalogue.sources import PUBLIC
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError
from sparkcls.models import ref as refs
from sparkcls.models.ref import ModelRef, folder_digest
from sparkcls.spark import shipping
from sparkcls.spark.shipping import seen_by_all, ship
from tests.models import save_tiny_model
from tests.pipelines import classes, classifier_of, pipeline_of, results, texts_frame

BUNDLED = "distilbert_mini_sequence_classifier_sst2"
TEXTS = ["good", "bad movie", "the film was good and bad"]


@pytest.fixture
def folder(tmp_path):
    """A model that exists nowhere else."""
    return save_tiny_model(tmp_path / "model", ["x", "y", "z"], seed=sum(tmp_path.name.encode()) + 1)


@pytest.fixture(autouse=True)
def unconfigured(fresh_settings):
    pass


@pytest.fixture
def added(spark, monkeypatch):
    """Archives given to Spark, by name."""
    names = []
    real = shipping._add

    def add(session, folder, name, application):
        names.append(name)
        real(session, folder, name, application)

    monkeypatch.setattr(shipping, "_add", add)
    return names


# --- carried by Spark -----------------------------------------------------------------------------


def test_what_spark_carries_needs_no_folder_on_the_nodes(spark, folder, added):
    expected = results(classes(pipeline_of(classifier_of(folder)), texts_frame(spark, TEXTS)))
    added.clear()
    sparkcls.configure(ship="always")
    other = save_tiny_model(folder.with_name("other"), ["x", "y", "z"], seed=sum(folder.parent.name.encode()) + 1)
    # Another digest, so that no worker has the model loaded: the labels' order is part of the content.
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config, indent=7))
    frame = texts_frame(spark, TEXTS)
    out = pipeline_of(classifier_of(other)).transform(frame)
    assert added == [f"sparkcls-{folder_digest(other).removeprefix('sha256:')[:32]}"]
    shutil.rmtree(other)
    rows = {row["id"]: row["class"] for row in out.select("id", "class").collect()}
    assert results([rows[i] for i in range(len(TEXTS))]) == expected


def test_it_is_given_to_a_session_once(spark, folder, added):
    sparkcls.configure(ship="always")
    model = pipeline_of(classifier_of(folder))
    for _ in range(3):
        assert all(classes(model, texts_frame(spark, TEXTS)))
    assert len(added) == 1
    assert all(classes(pipeline_of(classifier_of(folder)), texts_frame(spark, TEXTS)))
    assert len(added) == 1, "nor for another stage of the same content"


def test_where_all_tasks_run_here_nothing_is_carried(spark, folder, added, is_connect):
    classes(pipeline_of(classifier_of(folder)), texts_frame(spark, TEXTS))
    assert len(added) == (1 if is_connect else 0), "a Connect server is another machine, for all we know"


def test_the_bundled_model_is_never_carried(spark, bundled, added):
    assert all(classes(pipeline_of(bundled), texts_frame(spark, TEXTS)))
    assert added == []


def test_never_means_never(spark, folder, added):
    sparkcls.configure(ship="never")
    out = pipeline_of(classifier_of(folder)).transform(texts_frame(spark, TEXTS))
    assert added == []
    text = (folder / "vocab.txt").read_text()
    (folder / "vocab.txt").write_text(text + "new\n")
    with pytest.raises(Exception, match=r"on host .* is not the one this stage was made with"):
        out.select("class").collect()


def test_the_conf(spark, folder, added):
    spark.conf.set("spark.sparkcls.ship", "always")
    try:
        assert all(classes(pipeline_of(classifier_of(folder)), texts_frame(spark, TEXTS)))
        assert len(added) == 1
        spark.conf.set("spark.sparkcls.ship", "maybe")
        with pytest.raises(ParamError, match=r"spark\.sparkcls\.ship must be one of auto, always, never; got 'maybe'"):
            classes(pipeline_of(classifier_of(folder)), texts_frame(spark, TEXTS))
    finally:
        spark.conf.unset("spark.sparkcls.ship")
    with pytest.raises(ParamError, match=r"configure\(ship=\.\.\.\) must be one of auto, always, never"):
        sparkcls.configure(ship="sometimes")


def test_what_was_packed_goes_with_its_application(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(shipping, "_shipped", set())
    monkeypatch.setattr(shipping, "_served", {})
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    ref = ModelRef.of_folder("n", str(folder))

    def packed():
        return len(list((tmp_path / "tmp").rglob("*.zip")))

    for application in ("app-1", "app-2"):
        session = FakeSession3("yarn") if _classic.IS_3 else FakeSession4("yarn")
        session.conf["spark.app.id"] = application
        ship(ref, folder, session)
        ship(ref, folder, session)
        assert packed() == 1
    broken = type("Broken", (type(session),), {"addArtifacts": fail, "addArchive": fail})("yarn")
    with pytest.raises(RuntimeError):
        ship(ref, folder, broken)
    assert packed() == 1, "what was not served is not kept"


def fail(*_, **__):
    raise RuntimeError("no")


def test_files_from_before_1980(folder, tmp_path):
    os.utime(folder / "config.json", (0, 0))
    shipping._pack(folder, tmp_path / "packed.zip")
    with zipfile.ZipFile(tmp_path / "packed.zip") as packed:
        assert packed.read("config.json") == (folder / "config.json").read_bytes()


def test_no_room_to_pack(spark, folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    sparkcls.configure(ship="always")
    with monkeypatch.context() as patch:
        patch.setattr(shipping, "_pack", full)
        with pytest.raises(ParamError, match=r"cannot be packed .*No space left on device.*TMPDIR"):
            pipeline_of(classifier_of(folder)).transform(texts_frame(spark, TEXTS))
    assert all(classes(pipeline_of(classifier_of(folder)), texts_frame(spark, TEXTS))), "the next try ships it"


@pytest.mark.parametrize(
    ("place", "shared"),
    [
        (f"bundled:{BUNDLED}", True),
        ("bundled:another", False),
        ("/home/me/model", False),
        ("/Volumes/absent/x", False),
        ("import:s3://bucket/model", True),
        ("import:/dbfs/model", True),
        ("import:/home/me/model", False),
        ("store:s3://bucket#k.zip", False),
        ("store:https://example.org/models#k.zip", False),
        ("hub:owner/name@abc", False),
    ],
)
def test_what_all_nodes_see(place, shared, tmp_path):
    ref = ModelRef("n", resolve(BUNDLED).digest, ("/absent", place))
    assert seen_by_all(ref, tmp_path) is shared
    assert not seen_by_all(ModelRef("n", "sha256:0", ("/absent", f"bundled:{BUNDLED}")), tmp_path), "other content"


def test_what_a_saved_stage_names_is_not_taken_for_seen(tmp_path):
    ref = ModelRef("n", "sha256:0", ("import:s3://bucket/model",))
    assert seen_by_all(ref, tmp_path)
    assert not seen_by_all(ref, tmp_path / ".digests" / "sha256-0")


def test_mounts_that_all_nodes_see(folder, monkeypatch):
    ref = ModelRef.of_folder("n", str(folder))
    assert not seen_by_all(ref, folder)
    monkeypatch.setattr(shipping, "on_cluster_mount", lambda path: path == folder)
    assert seen_by_all(ref, folder)
    assert not seen_by_all(ref, folder, remote=True), "the client's mounts are not the server's"
    (folder / "config.json").write_text("{}")
    assert not seen_by_all(ref, folder), "it has changed; the driver has a copy"


class FakeSession:
    """A session of a cluster, as far as shipping looks at it."""

    def __init__(self, master):
        self.conf = {"spark.master": master}
        self.archives = []


class FakeSession4(FakeSession):
    def addArtifacts(self, path, archive):
        assert archive
        self.archives.append(path)


class FakeSession3(FakeSession):
    """Of pyspark 3.5."""

    @property
    def sparkContext(self):
        return self

    def addArchive(self, path):
        self.archives.append(path)


@pytest.mark.parametrize("kind", [FakeSession3, FakeSession4])
@pytest.mark.parametrize(
    ("master", "carried"),
    [("local", 0), ("local[4]", 0), ("local[*]", 0), ("local-cluster[2,1,1024]", 1), ("yarn", 1), ("k8s://x", 1)],
)
def test_masters(folder, master, carried, kind, monkeypatch):
    monkeypatch.setattr(shipping, "_shipped", set())
    monkeypatch.setattr(_classic, "IS_3", kind is FakeSession3)
    session = kind(master)
    name = ship(ModelRef.of_folder("n", str(folder)), folder, session)
    assert [a.partition("#")[2] for a in session.archives] == [name] * carried


def test_other_users_cannot_look_into_the_archive_nor_change_it(folder, monkeypatch):
    modes = []

    class Session(FakeSession3):
        def addArchive(self, path):
            folder = os.path.dirname(path.partition("#")[0])
            modes.append(os.stat(folder).st_mode & 0o777)

    monkeypatch.setattr(shipping, "_shipped", set())
    monkeypatch.setattr(_classic, "IS_3", True)
    ship(ModelRef.of_folder("n", str(folder)), folder, Session("yarn"))
    assert modes == [0o700]


# --- from a folder that all see -------------------------------------------------------------------


@pytest.fixture
def mounted(folder, tmp_path, cache, monkeypatch):
    """The model as if its folder were on a network mount."""
    monkeypatch.setattr(locating, "on_network", lambda path: folder in (path, *path.parents))
    return ModelRef.of_folder("n", str(folder))


def test_a_mounted_model_is_copied_once_and_used_from_the_copy(mounted, folder, events):
    copy = locate(mounted)
    assert copy == by_digest(mounted)
    assert folder_digest(copy) == mounted.digest
    shutil.rmtree(folder)
    assert locate(mounted) == copy, "the mount may go away"
    [copied] = [e for e in events() if e["event"] == "copy"]
    assert copied["bytes"] == sum(f.stat().st_size for f in copy.iterdir() if f.name != "source.json")


def _locate(ref, barrier, queue):
    locating.on_network = lambda path: Path(ref.places[0]) in (path, *path.parents)
    barrier.wait()
    queue.put(str(locate(ref)))


def test_many_processes_of_a_host_copy_it_once(mounted, events):
    context = multiprocessing.get_context("fork")
    barrier, queue = context.Barrier(4), context.Queue()
    processes = [context.Process(target=_locate, args=(mounted, barrier, queue)) for _ in range(4)]
    for process in processes:
        process.start()
    found = {queue.get(timeout=60) for _ in processes}
    for process in processes:
        process.join(60)
    assert found == {str(by_digest(mounted))}
    assert sum(e["event"] == "copy" for e in events()) == 1


@pytest.mark.parametrize("where", ["links", "files"])
def test_what_counts_is_where_the_files_are(folder, tmp_path, cache, monkeypatch, where):
    """A home on NFS has but the links of a bundled model; a package on NFS has the files, and the links are local."""
    links, table = tmp_path / "links", tmp_path / "mounts"
    links.mkdir()
    for file in folder.iterdir():
        (links / file.name).symlink_to(file)
    far = links if where == "links" else folder
    table.write_text(f"disk / ext4 rw 0 0\nserver:/x {far} nfs4 rw 0 0\n", encoding="utf-8")
    monkeypatch.setattr(mounts, "_TABLE", table)
    monkeypatch.setattr(mounts, "_known", mounts._known.__wrapped__)
    ref = ModelRef.of_folder("n", str(links))
    assert locate(ref) == (links if where == "links" else by_digest(ref))


def test_what_spark_has_brought_is_enough(folder, monkeypatch):
    """A bundled model is not put together, which may fail on a worker that cannot write, where it is there already."""

    def refuse(name):
        raise ParamError("nothing can be written")

    monkeypatch.setattr(refs, "bundled_folder", refuse)
    brought = replace(ModelRef.of_folder("n", str(folder)), places=(str(folder), "bundled:n"))
    assert locate(brought) == folder
    assert brought.find_here() == folder
    with pytest.raises(ParamError, match="nothing can be written"):
        locate(replace(brought, places=("bundled:n",)))


def test_a_damaged_copy_is_made_anew(mounted, caplog):
    copy = locate(mounted)
    (copy / "config.json").write_text("{}")
    assert folder_digest(locate(mounted)) == mounted.digest
    assert "is damaged and is made anew" in caplog.text


def test_a_damaged_copy_that_cannot_be_made_anew_names_the_host(mounted, folder):
    copy = locate(mounted)
    (copy / "config.json").write_text("{}")
    shutil.rmtree(folder)
    with pytest.raises(ModelFormatError, match=rf"on host .* is not the one .*{copy.name}.* damaged"):
        locate(mounted)


def test_a_mounted_model_that_has_changed(mounted, folder):
    (folder / "config.json").write_text((folder / "config.json").read_text() + " ")
    with pytest.raises(ModelFormatError, match="on host .* is not the one this stage was made with"):
        locate(mounted)
    assert not by_digest(mounted).exists(), "a wrong copy is not kept"


def test_without_a_cache_the_mount_is_used_where_it_is(mounted, folder, tmp_path, monkeypatch, caplog):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "file"))
    assert locate(mounted) == folder
    assert "is used where it is, over the network" in caplog.text


FULL = """
import resource, signal, sys
from pathlib import Path
from sparkcls.catalogue import locate as locating
from sparkcls.models.ref import ModelRef
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
ref = ModelRef.from_json(sys.argv[1])
try:
    locating.copy_into_cache(ref, Path(ref.places[0]))
except Exception as e:
    print(type(e).__name__, e)
"""


def test_a_disk_that_fills_while_copying(mounted, cache):
    done = subprocess.run(
        [sys.executable, "-c", FULL, mounted.to_json()], capture_output=True, text=True, check=True, env={**os.environ}
    )
    assert done.stdout.startswith("ParamError The cache ")
    assert "cannot be written" in done.stdout
    assert "and has room, with $SPARKCLS_CACHE" in done.stdout
    assert not list(cache.glob(".digests/*"))
    assert not list(cache.glob(".work/*")), "what was begun takes no room"
    assert locate(mounted) == by_digest(mounted), "the next try succeeds once there is room"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_drivers_cache_reaches_workers_unless_they_have_their_own(tmp_path, monkeypatch):
    sparkcls.configure(cache=tmp_path / "mine")
    told = settings.configured_cache()
    settings.forget()
    monkeypatch.delenv("SPARKCLS_CACHE")
    settings.use_driver_cache(told)
    assert settings.cache_folder() == tmp_path / "mine"
    monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "theirs"))
    settings.use_driver_cache(told)
    assert settings.cache_folder() == tmp_path / "theirs"


def test_workers_ask_no_hub(folder, cache):
    from sparkcls.rows.scoring import _seen_by_worker

    places = ("/absent", "hub:owner/name@abc", f"store:{PUBLIC}#k.zip", "store:s3://mirror#k.zip")
    seen = _seen_by_worker(ModelRef("n", folder_digest(folder), places, "en"), None)
    assert seen.places == ("/absent", "store:s3://mirror#k.zip")
    seen = ModelRef(seen.name, seen.digest, ("/absent",), "en")
    with pytest.raises(ModelNotFoundError, match=r"is not on host .*configure\(ship='always'\)"):
        locate(seen)
