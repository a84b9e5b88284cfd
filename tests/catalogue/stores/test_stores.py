import io
import time

import pytest

from sparkcls.catalogue.stores import base as stores
from sparkcls.catalogue.stores.base import NotThere, Unreachable, transfer
from sparkcls.catalogue.stores.filesystems import ArrowStore, FsspecStore, LocalStore
from sparkcls.catalogue.stores.locations import has_secrets, plain, public_form
from sparkcls.catalogue.stores.opening import open_store
from sparkcls.catalogue.stores.web import HttpStore
from tests.server import serve

DATA = bytes(range(256)) * 2000
#: Names under which passwords and tokens stand in URLs.
SECRETS = ["sig", "pass", "auth", "code", "token", "pwd", "jwt", "X-Amz-Signature", "sv", "anything"]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(stores, "PAUSE", 0.01)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a b").mkdir()
    (tmp_path / "data.zip").write_bytes(DATA)
    (tmp_path / "a b" / "ü.txt").write_text("grün", encoding="utf-8")
    return tmp_path


@pytest.fixture
def server(folder):
    with serve(folder) as state:
        yield state


def copy(store, had=b"", validator=""):
    sink = io.BytesIO(had)
    transfer(store, "data.zip", sink, validator)
    return sink.getvalue()


def each_store(folder, url):
    import fsspec

    memory = fsspec.filesystem("memory")
    memory.pipe("/sparkcls-test/data.zip", DATA)
    memory.pipe("/sparkcls-test/a b/ü.txt", "grün".encode())
    from pyarrow.fs import LocalFileSystem

    return [
        open_store(str(folder)),
        open_store(folder.as_uri()),
        open_store(url),
        open_store("memory://sparkcls-test"),
        ArrowStore("arrow", LocalFileSystem(), str(folder)),
    ]


def test_every_kind_of_store_reads_the_same(folder, server):
    kinds = each_store(folder, server.url)
    assert [type(k) for k in kinds] == [LocalStore, LocalStore, HttpStore, FsspecStore, ArrowStore]
    for store in kinds:
        assert copy(store) == DATA
        assert store.content("a b/ü.txt").decode() == "grün"
        with pytest.raises(NotThere):
            store.content("absent")
        with store.read("data.zip") as content:
            validator, total = content.validator, content.total
        assert total == len(DATA)
        if validator:
            with store.read("data.zip", 1000, validator) as content:
                assert content.start == 1000
                assert b"".join(content.chunks) == DATA[1000:]
        with store.read("data.zip", 1000, "another") as content:
            assert content.start == 0


class Moody:
    """A file of a filesystem whose errors are no OSErrors, now and then."""

    def __init__(self, file, errors):
        self._file, self._errors = file, errors

    def read(self, size):
        if self._errors:
            raise self._errors.pop()
        return self._file.read(min(size, 50_000))

    def seek(self, offset):
        return self._file.seek(offset)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()


@pytest.mark.parametrize("kind", ["fsspec", "arrow"])
def test_errors_of_other_libraries_count_as_interruptions(folder, kind):
    class ClientError(Exception):
        pass

    errors = [ClientError("reset"), RuntimeError("loop is closed"), ValueError("I/O operation on closed file")]
    store = next(s for s in each_store(folder, "http://x") if type(s).__name__.lower().startswith(kind))
    real = store._filesystem

    class Filesystem:
        def open(self, path, mode):
            return Moody(real.open(path, mode), errors)

        def open_input_file(self, path):
            return Moody(real.open_input_file(path), errors)

        def info(self, path):
            if len(errors) == 3:
                raise errors.pop()
            return real.info(path)

        get_file_info = getattr(real, "get_file_info", None)

    store._filesystem = Filesystem()
    assert copy(store) == DATA
    assert errors == []
    errors.extend([ClientError("reset")] * 99)
    with pytest.raises(Unreachable, match="reset"):
        copy(store)


def test_a_failure_to_write_is_no_failure_of_the_store(folder, server):
    class Full(io.BytesIO):
        def write(self, data):
            raise PermissionError(13, "Permission denied", "/cache/x")

    for store in each_store(folder, server.url):
        with pytest.raises(PermissionError):
            transfer(store, "data.zip", Full())


@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), OSError(116, "Stale file handle")])
def test_a_mount_that_fails_is_unreachable_and_not_empty(folder, monkeypatch, error):
    monkeypatch.setattr("pathlib.Path.stat", lambda *_, **__: (_ for _ in ()).throw(error))
    with pytest.raises(Unreachable, match=error.strerror):
        copy(LocalStore("x", folder))


def test_a_folder_that_may_not_be_read_says_so(folder, monkeypatch):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied", "data.zip")

    monkeypatch.setattr("pathlib.Path.stat", refuse)
    with pytest.raises(NotThere, match="Permission denied"):
        copy(LocalStore("x", folder))


def test_a_cut_connection_is_resumed(server):
    server.faults = [-100_000, 0, 503, -1]
    assert copy(open_store(server.url)) == DATA
    assert server.ranges == [None, "bytes=100000-"]


def test_it_goes_on_as_long_as_there_is_progress(server):
    server.faults = [-20_000] * 20
    assert copy(open_store(server.url)) == DATA
    assert len(server.ranges) == 21


def test_a_store_that_cannot_resume_is_read_anew_but_not_for_ever(server):
    server.resumes = False
    server.faults = [-100_000, -200_000]
    assert copy(open_store(server.url)) == DATA
    server.faults = [-100_000] * 50
    with pytest.raises(Unreachable, match="ended after 100000 of 512000 bytes"):
        copy(open_store(server.url))
    assert len(server.faults) > 40


def test_what_changed_meanwhile_is_read_anew(server):
    assert copy(open_store(server.url), b"x" * 500, '"old"') == DATA


def test_nothing_is_left_to_read(server):
    store = open_store(server.url)
    with store.read("data.zip") as content:
        validator = content.validator
    assert copy(store, DATA, validator) == DATA
    assert copy(store, DATA + b"more", validator) == DATA


@pytest.mark.parametrize("status", [429, 500, 503])
def test_busy_servers_are_asked_again(server, status):
    server.faults = [status, status]
    assert copy(open_store(server.url)) == DATA
    server.faults = [status] * 99
    with pytest.raises(Unreachable, match=f"it answered {status}"):
        copy(open_store(server.url))
    assert len(server.faults) == 99 - stores.TRIES


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_refusals_are_not_repeated(server, status):
    server.faults = [status]
    with pytest.raises(NotThere):
        copy(open_store(server.url))
    assert sum(server.requests.values()) == 1


def test_unreachable_soon():
    start = time.monotonic()
    for url, reason in (
        ("http://127.0.0.1:9", "no answer"),
        ("http://sparkcls.invalid/x", "host name cannot be resolved|no answer"),
        ("http://127.0.0.1:port/x", "."),
        ("http://", "."),
        ("nosuchscheme://x/y", "neither pyarrow .* nor fsspec"),
    ):
        with pytest.raises(Unreachable, match=reason):
            open_store(url).content("metadata.json")
    assert time.monotonic() - start < 20


def test_a_password_is_sent_and_never_shown(server):
    location = server.url.replace("//", "//me:s3cret@")
    assert copy(open_store(location)) == DATA
    assert server.headers[0]["Authorization"].startswith("Basic ")
    assert public_form(location) == server.url


@pytest.mark.parametrize(
    ("location", "shown", "secret"),
    [
        ("s3://id:pass@bucket/x?region=eu&scheme=http", "s3://bucket/x?region=eu&scheme=http", True),
        ("s3://bucket/x/?endpoint_override=host:9000", "s3://bucket/x?endpoint_override=host:9000", False),
        *((f"https://host/x?{name}=abc&region=eu", "https://host/x?region=eu", True) for name in SECRETS),
        ("https://host/x?abc", "https://host/x", True),
        ("https://host/x#abc", "https://host/x", True),
        ("https://abc@host/x", "https://host/x", True),
        ("https://me:abc/def@host/x", "https://...", True),
        ("s3://bucket/x?endpoint_override=me:abc@host", "s3://bucket/x", True),
        ("simplecache::s3://id:abc@bucket/x", "simplecache::s3://bucket/x", True),
        ("abfss://container@account.dfs/x", "abfss://container@account.dfs/x", False),
        ("abfss://me:abc@account.dfs/x", "abfss://account.dfs/x", True),
        ("https://[::1]:8080/x", "https://[::1]:8080/x", False),
        ("/a/b/", "/a/b", False),
    ],
)
def test_secrets_of_locations(location, shown, secret):
    assert public_form(location) == shown
    assert has_secrets(location) == secret


def test_messages_quote_others_without_secrets():
    assert plain("Cannot parse 's3://id:abc@bucket/x?code=abc' of\n you") == "Cannot parse 's3://bucket/x' of you"
    assert plain("\x1b[2Jred") == "?[2Jred"
    assert plain(ValueError()) == "ValueError"
    assert len(plain("x" * 1000)) == 300


@pytest.mark.parametrize("scheme", ["s3", "gs", "nosuchscheme", "simplecache::s3"])
@pytest.mark.parametrize("rest", ["id:s3cret@bucket/x y?region=", "bucket/x?code=s3cret&bad=%zz", "id:s3cret@[bucket/"])
def test_no_error_of_any_store_shows_a_secret(scheme, rest, monkeypatch):
    monkeypatch.setattr(stores, "TRIES", 1)
    said = []
    try:
        open_store(f"{scheme}://{rest}")
    except Unreachable as e:
        said.append(str(e))
    assert "s3cret" not in "".join(said)


@pytest.mark.parametrize("path", ["/a b?code=s3cret x", "?code=s3cret\x7f"])
def test_a_malformed_url_is_not_quoted(path):
    with pytest.raises(Unreachable) as caught:
        open_store(f"http://127.0.0.1:9{path}").content("metadata.json")
    assert "s3cret" not in str(caught.value)
