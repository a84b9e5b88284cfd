"""Mirrors that never end, trickle, or lead elsewhere: given up in time, for a reason that names the cause."""

import contextlib
import io
import itertools
import time
import tracemalloc
from types import SimpleNamespace

import pytest

from sparkcls.catalogue.stores import base as stores
from sparkcls.catalogue.stores import connection
from sparkcls.catalogue.stores.base import Limits, NotThere, TooLarge, Unreachable, transfer
from sparkcls.catalogue.stores.web import HttpStore
from tests.server import misbehave, serve

HEAD = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
TIGHT = Limits(size=1 << 20, seconds=5, least=1000, within=0.5)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(stores, "PAUSE", 0.01)
    monkeypatch.setattr(stores, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(connection, "SPARE", 50_000)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def fetch(url, limits=TIGHT, step=0.5):
    sink = io.BytesIO()
    transfer(HttpStore(url, step=step), "metadata.json", sink, limits=limits)
    return sink.getvalue()


def endless(head, piece, pause=0.0):
    def answer(send):
        send(head)
        while True:
            send(piece)
            time.sleep(pause)

    return answer


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (endless(HEAD + b"\r\n", b"x" * 65536), "goes on beyond 1048576 bytes"),
        (endless(CHUNKED, b"10000\r\n" + b"x" * 65536 + b"\r\n"), "goes on beyond 1048576 bytes"),
        (endless(HEAD + b"Content-Length: 999999999999\r\n\r\n", b"x" * 65536), "it has 999999999999 bytes"),
        (endless(HEAD + b"\r\n", b"x", 0.02), "too slow: .* bytes in 0.5 seconds, expected 1000"),
        (endless(CHUNKED, b"1\r\nx\r\n", 0.02), "too slow"),
        (endless(CHUNKED + b"1", b"0", 0.02), "not through after 0.5 seconds|timed out"),
        (endless(CHUNKED + b"0\r\n", b"X: y\r\n" * 1000), "more than belongs to an answer|not through"),
        (endless(b"HTTP/1.1 200 OK\r\nX: ", b"y", 0.02), "not through after 0.5 seconds|timed out"),
        (endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000), "more than belongs to an answer"),
        (endless(b"HTTP/1.1 302 Found\r\nLocation: /x\r\n\r\n", b"x" * 65536), "more than belongs to an answer"),
        (endless(b"HTTP/1.1 404 Not Found\r\n\r\n", b"x" * 65536), "not there"),
    ],
)
def test_what_does_not_end_is_given_up(answer, reason):
    start = time.monotonic()
    tracemalloc.start()
    with misbehave(answer) as url, pytest.raises((Unreachable, NotThere), match=reason):
        fetch(url)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Without the steps of half a second it would be 15 and more, or never; a busy machine is slow too.
    assert time.monotonic() - start < 12
    assert peak < 20 << 20


def test_a_deadline_for_all_attempts_together():
    def answer(send):
        send(HEAD + b'Content-Length: 1000000\r\nETag: "a"\r\n\r\n' + b"x" * 10)

    with misbehave(answer) as url, pytest.raises(Unreachable, match="not through after 0.3 seconds|ended after 10 of"):
        fetch(url, Limits(size=1 << 20, seconds=0.3))


def test_a_small_object_may_be_slow(tmp_path):
    (tmp_path / "metadata.json").write_bytes(b"x" * 30)
    with serve(tmp_path) as state:
        state.chunk, state.delay = 10, 0.2
        assert fetch(state.url, Limits(size=100, seconds=5, least=5, within=0.3)) == b"x" * 30


def test_an_object_of_just_the_size_that_is_taken(tmp_path):
    (tmp_path / "metadata.json").write_bytes(b"x" * 100)
    with serve(tmp_path) as state:
        assert len(fetch(state.url, Limits(size=100, seconds=5))) == 100
        with pytest.raises(TooLarge, match="it has 100 bytes, and no more than 99"):
            fetch(state.url, Limits(size=99, seconds=5))


@pytest.mark.parametrize("target", ["ftp://127.0.0.1/x?sig=s3cret", "file:///etc/passwd", "gopher://h/x", "data:,x"])
def test_only_http_is_followed(target):
    def answer(send):
        send(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())

    with misbehave(answer) as url, pytest.raises(Unreachable) as caught:
        fetch(url)
    assert target.partition(":")[0] in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_from_https_nothing_leads_to_http():
    from urllib.error import URLError
    from urllib.request import Request

    from sparkcls.catalogue.stores.connection import _Redirections

    follow = _Redirections().redirect_request
    for source, target in (("https://a/x", "https://b/x"), ("http://a/x", "https://b/x"), ("http://a/x", "http://b/x")):
        assert follow(Request(source), io.BytesIO(), 302, "", {}, target).full_url == target
    with pytest.raises(URLError, match="only https is followed from here"):
        follow(Request("https://a/x"), io.BytesIO(), 302, "", {}, "http://b/x")


@pytest.mark.parametrize("status", ["201 Created", "204 No Content", "206 Partial Content"])
def test_what_is_no_whole_answer_is_not_taken_for_one(status):
    answer = f"HTTP/1.1 {status}\r\nContent-Range: bytes 3-5/9\r\nContent-Length: 3\r\n\r\nabc".encode()
    with misbehave(lambda send: send(answer)) as url, pytest.raises(Unreachable, match="it answered 20|with a part"):
        fetch(url)


def test_a_busy_store_cannot_ask_for_hours(monkeypatch):
    paused = []
    # Not `time.sleep` itself, which threads of other tests may be in.
    monkeypatch.setattr(stores, "time", SimpleNamespace(sleep=paused.append, monotonic=time.monotonic))
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 9999\r\nContent-Length: 0\r\n\r\n"
    with misbehave(lambda send: send(busy)) as url, pytest.raises(Unreachable, match="it answered 503 Busy"):
        fetch(url)
    assert max(paused) <= stores.LONGEST_PAUSE


def test_what_a_server_says_is_one_line_without_control_characters():
    rude = b"HTTP/1.1 418 \x1b[2J" + b"teapot" * 200 + b"\r\n\r\n"
    with misbehave(lambda send: send(rude)) as url, pytest.raises(Unreachable, match=r"418 \?\[2Jteapot") as caught:
        fetch(url)
    assert len(str(caught.value)) <= 300


def test_more_than_was_announced_is_not_written():
    class Wordy(stores.Store):
        def read(self, key, offset=0, validator=""):
            return contextlib.nullcontext(stores.Content(0, 5, "", itertools.repeat(b"xxx")))

    sink = io.BytesIO()
    with pytest.raises(Unreachable, match="more than the 5 bytes that it has"):
        transfer(Wordy("x"), "x", sink, limits=TIGHT)
    assert len(sink.getvalue()) <= 5
