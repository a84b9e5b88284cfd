"""Counts from tasks to the listener, without Spark."""

import socket
import threading
import time
from types import SimpleNamespace

import pytest

from sparkcls.engine.share import tell
from sparkcls.meter.listener import Listener, reachable_host
from sparkcls.spark.counts import LOADING, SIZE, Address, Counter, pack, unpack

TOKEN = b"t" * 16


@pytest.fixture
def listener():
    found = Listener("127.0.0.1")
    yield found
    found.close()


def send(listener, datagram):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(datagram, (listener.address.host, listener.address.port))


def test_datagrams():
    datagram = pack(TOKEN, 3, 7, LOADING)
    assert len(datagram) == SIZE == 32
    assert unpack(TOKEN, datagram) == (3, 7, -1)
    for other in (datagram[:-1], datagram + b"x", b"", datagram[:-1] + b"\0", b"\0" + datagram[1:]):
        assert unpack(TOKEN, other) is None
    assert unpack(b"u" * 16, datagram) is None


def test_addresses():
    for host in ("127.0.0.1", "::1"):
        address = Address(host, 4711, TOKEN)
        assert Address.read(str(address)) == address
    # A name is never looked up: that may take seconds.
    good = TOKEN.hex()
    for text in (
        "",
        "127.0.0.1|1",
        "127.0.0.1|1|00",
        "127.0.0.1|1|zz",
        f"127.0.0.1|70000|{good}",
        f"localhost|1|{good}",
    ):
        with pytest.raises(ValueError, match="."):
            Address.read(text)


def test_the_largest_count_of_a_partition_counts(listener):
    token = listener.address.token
    for stage, partition, rows in ((0, 0, LOADING), (0, 0, 64), (0, 1, 10), (0, 0, LOADING), (0, 0, 32), (1, 0, 5)):
        send(listener, pack(token, stage, partition, rows))
    listener.close()
    assert listener.rows == 64 + 10 + 5


def test_what_strangers_send_counts_nothing(listener):
    for datagram in (b"", b"x", pack(TOKEN, 0, 0, 9), bytes(SIZE), bytes(60_000)):
        send(listener, datagram)
    send(listener, pack(listener.address.token, 0, 0, LOADING))
    listener.close()
    assert listener.rows == 0
    assert listener.tasks == 1
    assert not listener.scoring


def test_a_task_tells_of_chunks_and_of_shares_of_them(listener, monkeypatch):
    monkeypatch.setattr("sparkcls.spark.counts.PAUSE", 0.0)
    counter = Counter(listener.address, 2, 5)
    expected = iter([16, 64 + 25])

    def score(chunk):
        tell(1, 4)
        rows, end = next(expected), time.monotonic() + 30
        while listener.rows < rows and time.monotonic() < end:
            time.sleep(0.01)
        assert listener.rows == rows
        return chunk

    # Read ahead, as with a GPU.
    ahead = list(counter.reading([["a"] * 64, ["b"] * 100]))
    assert [len(chunk) for chunk in counter.scoring(score(chunk) for chunk in ahead)] == [64, 100]
    listener.close()
    assert listener.rows == 164
    # Outside of a task nobody asks.
    tell(1, 4)


def test_nothing_that_fails_here_fails_a_task():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    # Nobody listens there, nothing is reachable there, and the port is none.
    for host, number in (("127.0.0.1", port), ("203.0.113.1", 9), ("::1", port)):
        counter = Counter(Address(host, number, TOKEN), 0, 0)
        assert list(counter.scoring(map(len, counter.reading([[1], [2, 2]])))) == [1, 2]


def test_a_task_that_ends_early_has_told_all(listener):
    counter = Counter(listener.address, 0, 0)
    results = counter.scoring(map(list, counter.reading([[1] * 64, [1] * 256])))
    next(results)
    results.close()
    listener.close()
    assert listener.rows == 64


def test_the_address_that_tasks_can_reach(monkeypatch):
    def session(**confs):
        return SimpleNamespace(conf=SimpleNamespace(get=lambda name, default: confs.get(name[6:].replace(".", "_"))))

    assert reachable_host(session(master="local[*]", driver_host="203.0.113.1")) == "127.0.0.1"
    assert reachable_host(session(master="spark://host:7077", driver_host="127.0.0.1")) == "127.0.0.1"
    assert reachable_host(session(master="local-cluster[2,1,1024]", driver_host="[::1]")) in ("::1", None)
    assert reachable_host(session(master="yarn", driver_host="no.such.host.invalid")) is None


def test_an_address_of_a_gateway():
    # No address of this machine: what comes to any of its addresses is heard.
    listener = Listener("203.0.113.1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.sendto(pack(listener.address.token, 0, 0, 5), ("127.0.0.1", listener.address.port))
    listener.close()
    assert (listener.address.host, listener.rows) == ("203.0.113.1", 5)


def test_it_ends_though_tasks_go_on_sending(listener):
    stop = threading.Event()

    def tasks():
        rows = 0
        while not stop.wait(0.0002):
            rows += 1
            send(listener, pack(listener.address.token, 0, 0, rows))

    thread = threading.Thread(target=tasks)
    thread.start()
    try:
        closing = threading.Thread(target=listener.close, daemon=True)
        closing.start()
        closing.join(5)
        assert not closing.is_alive()
    finally:
        stop.set()
        thread.join()
