"""sha256s that processes of a machine share: never one of another content, never one that a stranger has put there."""

import hashlib
import os
import shutil
import stat
import tempfile
import threading
import time
from pathlib import Path

import pytest

from sparkcls.engine import kept
from sparkcls.errors import ModelFormatError
from sparkcls.models import checksums, ref, remembered
from sparkcls.models.checksums import content_sha256
from sparkcls.models.ref import ModelRef

CONTENT = bytes(range(256)) * 8


@pytest.fixture
def reads(tmp_path, monkeypatch):
    """What is read, in a temporary folder of the test's own, where files count as large and as unchanged for long."""
    found = []
    own = tmp_path / "temporary"
    own.mkdir()

    def sha256(stream, compute=checksums._sha256):
        found.append(Path(stream.name).name)
        return compute(stream)

    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(own))
    monkeypatch.setattr(checksums, "_sha256", sha256)
    monkeypatch.setattr(checksums, "_SMALL", 0)
    monkeypatch.setattr(checksums, "_TICK", -60)
    monkeypatch.setattr(checksums, "on_own_disk", lambda path: True)
    monkeypatch.setattr(remembered, "_BOOT", tmp_path / "boot_id")
    remembered._BOOT.write_text("6e1c\n")
    forget()
    yield found
    forget()


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(CONTENT)
    return path


def forget():
    """As in a new process."""
    checksums._once.cache_clear()
    ref._digest.cache_clear()


def new_process(file):
    forget()
    return content_sha256(file)


def record():
    return Path(tempfile.gettempdir()) / f"sparkcls-{os.getuid()}" / remembered.NAME


def sha(content):
    return hashlib.sha256(content).hexdigest()


def test_one_process_of_the_machine_reads_a_file(file, reads):
    assert [new_process(file) for _ in range(3)] == [sha(CONTENT)] * 3
    assert reads == [file.name]
    assert stat.S_IMODE(record().stat().st_mode) == 0o600
    assert stat.S_IMODE(record().parent.stat().st_mode) == 0o700
    link = file.with_name("link")
    link.symlink_to(file)
    assert new_process(link) == sha(CONTENT)
    assert len(reads) == 1, "the same file by another name"


@pytest.mark.parametrize("place", [0, 1, len(CONTENT) // 2, len(CONTENT) - 1])
def test_a_changed_byte_is_found_though_the_time_is_put_back(file, reads, place):
    new_process(file)
    before = file.stat()
    time.sleep(0.02)
    with open(file, "r+b") as stream:
        stream.seek(place)
        stream.write(bytes([CONTENT[place] ^ 1]))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_mtime_ns == before.st_mtime_ns
    expected = CONTENT[:place] + bytes([CONTENT[place] ^ 1]) + CONTENT[place + 1 :]
    assert content_sha256(file) == sha(expected), "in this process too"
    assert new_process(file) == sha(expected)


def test_another_file_in_its_place_is_read(file, reads):
    new_process(file)
    before = file.stat()
    other = file.with_name("other")
    other.write_bytes(CONTENT[::-1])
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(file)
    assert new_process(file) == sha(CONTENT[::-1])


def test_a_file_of_just_now_is_not_remembered(file, reads, monkeypatch):
    """It could change again within a tick of the filesystem's clock."""
    monkeypatch.setattr(checksums, "_TICK", 2.0)
    new_process(file)
    assert not record().exists()


def test_a_file_that_changes_while_it_is_read_is_not_remembered(file, reads, monkeypatch):
    def sha256(stream, compute=checksums._sha256):
        time.sleep(0.02)
        file.write_bytes(CONTENT[::-1])
        return compute(stream)

    monkeypatch.setattr(checksums, "_sha256", sha256)
    new_process(file)
    assert not record().exists()


def test_network_filesystems_and_small_files_are_not_remembered(file, reads, monkeypatch):
    monkeypatch.setattr(checksums, "on_own_disk", lambda path: False)
    new_process(file)
    monkeypatch.setattr(checksums, "on_own_disk", lambda path: True)
    monkeypatch.setattr(checksums, "_SMALL", len(CONTENT) + 1)
    new_process(file)
    assert len(reads) == 2
    assert not record().exists()


def wrong(text):
    """The record with another sha256 of the file than its own."""
    return text.replace(sha(CONTENT), sha(b""))


def put(change):
    """A change of the record's text, which others could read but not write."""

    def write(file):
        text = change(wrong(file.read_text()))
        file.unlink()
        file.touch(0o600)
        file.write_text(text)

    return write


def linked(file):
    other = file.with_name("elsewhere")
    file.rename(other)
    other.write_text(wrong(other.read_text()))
    file.symlink_to(other)


def linked_hard(file):
    file.write_text(wrong(file.read_text()))
    os.link(file, file.with_name("elsewhere"))


def opened(mode):
    def change(file):
        file.write_text(wrong(file.read_text()))
        file.chmod(mode)

    return change


def fifo(file):
    file.unlink()
    os.mkfifo(file, 0o600)


def folder(file):
    file.unlink()
    file.mkdir()


def shared_folder(file):
    file.write_text(wrong(file.read_text()))
    file.parent.chmod(0o770)


def other_owner(file):
    """Of another user, as far as this process can tell."""
    file.write_text(wrong(file.read_text()))
    remembered.os = Owned()


class Owned:
    """The module os for a user whose number is another."""

    def __getattr__(self, name):
        return getattr(os, name)

    def getuid(self):
        return os.getuid() + 1


@pytest.mark.parametrize(
    "change",
    [
        linked,
        linked_hard,
        opened(0o640),
        opened(0o606),
        opened(0o620),
        fifo,
        folder,
        shared_folder,
        other_owner,
        put(lambda text: text.replace("6e1c", "7777")),
        put(lambda text: text.split("\n", 1)[1]),
        put(lambda text: ""),
        put(lambda text: text + "x\n"),
        put(lambda text: text.replace("\n", " 1\n")),
        put(lambda text: text[:-5].replace(" ", "  ")),
        put(lambda text: text + "#" * (1 << 16)),
        put(lambda text: text + "\xff\n"),
        put(lambda text: text.replace(sha(b""), sha(b"").upper())),
    ],
)
def test_a_record_that_is_not_ones_own_is_not_believed(file, reads, monkeypatch, change):
    new_process(file)
    monkeypatch.setattr(remembered, "os", os)
    change(record())
    assert new_process(file) == sha(CONTENT)
    assert len(reads) == 2


def test_ones_own_record_is(file, reads):
    """What the test above does is believed if nothing is wrong with it but the sha256."""
    new_process(file)
    put(lambda text: text)(record())
    assert new_process(file) == sha(b"")


@pytest.mark.parametrize(("shift", "known"), [(0, 1), (remembered.LASTS - 60, 1), (remembered.LASTS + 60, 2), (-60, 2)])
def test_after_a_day_a_file_is_read_all_the_same(file, reads, monkeypatch, shift, known):
    new_process(file)
    now = time.time()
    monkeypatch.setattr(remembered.time, "time", lambda: now + shift)
    new_process(file)
    assert len(reads) == known


def test_where_nothing_can_be_remembered(file, reads, monkeypatch):
    remembered._BOOT.unlink()
    assert new_process(file) == sha(CONTENT)
    assert not record().exists()
    remembered._BOOT.write_text("6e1c\n")
    record().parent.rmdir()
    record().parent.write_text("no folder")
    assert new_process(file) == sha(CONTENT)


def test_the_latest_files_are_remembered(file, reads):
    for number in range(remembered._MOST_FILES + 3):
        remembered.remember((1, number, 2, 3, 4), sha(b"%d" % number))
    assert len(record().read_text().splitlines()) == remembered._MOST_FILES + 1
    assert remembered.recall((1, number, 2, 3, 4)) == sha(b"%d" % number)
    assert record().stat().st_size < remembered._MOST_BYTES
    assert [path.name for path in record().parent.iterdir()] == [remembered.NAME]


def test_processes_that_write_together(reads):
    def write(thread):
        for number in range(30):
            remembered.remember((thread, number, 2, 3, 4), sha(b"%d" % number))
            remembered.recall((thread, number, 2, 3, 4))

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    known = remembered._read(record())
    assert known
    assert all(known[key][0] == sha(b"%d" % key[1]) for key in known)


def test_a_worker_reads_no_file_and_finds_a_damaged_one(tiny_model, tmp_path, reads):
    model = shutil.copytree(tiny_model, tmp_path / "model")
    found = ModelRef.of_folder("m", str(model))
    del reads[:]
    forget()
    assert found.find_here() == model
    assert not reads
    with open(model / "model.safetensors", "r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        stream.write(b"\x7f")
    forget()
    with pytest.raises(ModelFormatError, match="have changed or are damaged"):
        found.find_here()


def test_a_converted_file_that_was_damaged_is_made_anew(cache, reads):
    made = []

    def make(path):
        made.append(path)
        path.write_bytes(CONTENT)

    first = kept.made_once("sha256:00", "bfloat16-x", make)
    for _ in range(2):
        forget()
        assert kept.made_once("sha256:00", "bfloat16-x", make) == first
    assert len(made) == 1
    assert len(reads) == 2, "when it was made, and once more under its name"
    with open(first, "r+b") as stream:
        stream.write(b"x")
    forget()
    assert kept.made_once("sha256:00", "bfloat16-x", make).read_bytes() == CONTENT
    assert len(made) == 2


@pytest.mark.parametrize(("hours", "touched"), [(1, False), (24, True)])
def test_a_converted_file_is_marked_as_used_twice_a_day(cache, reads, hours, touched):
    """Each mark makes it a file that nobody has read."""
    file = kept.made_once("sha256:00", "bfloat16-x", lambda path: path.write_bytes(CONTENT))
    before = time.time() - hours * 3600
    os.utime(file, (before, before))
    kept.made_once("sha256:00", "bfloat16-x", lambda path: pytest.fail("it is there"))
    assert (file.stat().st_mtime > before + 60) is touched
