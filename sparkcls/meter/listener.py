"""Where the counts of tasks arrive."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from typing import Any

from sparkcls.spark.confs import is_connect, read_conf
from sparkcls.spark.counts import SIZE, TOKEN_SIZE, Address, unpack
from sparkcls.spark.task import is_local

#: Seconds for which the last counts of tasks that have ended are waited for; and at most, if tasks go on sending.
_DRAIN, _DRAIN_AT_MOST = 0.05, 0.5
_BUFFER = 4 << 20
_ANY_PORT = 9


class Listener:
    """Adds up the counts that tasks send; a thread of its own reads them until it is closed.

    A partition that is scored again, after a failure or by a speculative task, counts once: its largest count does.

    Parameters
    ----------
    host
        The IP address of this machine that tasks can reach.
    """

    def __init__(self, host: str):
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            try:
                self._socket.bind((host, 0))
            except OSError:
                # The address is that of a gateway, which hands on what comes.
                self._socket.bind(("", 0))
            self._socket.settimeout(_DRAIN)
        except OSError:
            self._socket.close()
            raise
        self.address = Address(host, self._socket.getsockname()[1], secrets.token_bytes(TOKEN_SIZE))
        self._counts: dict[tuple[int, int], int] = {}
        #: Rows that are done.
        self.rows = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._listen, daemon=True, name="sparkcls progress listener")
        self._thread.start()

    @property
    def tasks(self) -> int:
        """Tasks that have told of themselves."""
        return len(self._counts)

    @property
    def scoring(self) -> bool:
        """Whether any task has its model."""
        return any(rows >= 0 for rows in self._counts.copy().values())

    def close(self) -> None:
        """Read what has arrived, and listen no more."""
        self._closing.set()
        self._thread.join()

    def _listen(self) -> None:
        with self._socket:
            until = float("inf")
            while time.monotonic() < until:
                if self._closing.is_set():
                    until = min(until, time.monotonic() + _DRAIN_AT_MOST)
                try:
                    self._take(self._socket.recv(SIZE + 1))
                except TimeoutError:
                    if self._closing.is_set():
                        return
                except OSError:
                    # Some systems refuse what is too long, or tell of it here.
                    continue

    def _take(self, datagram: bytes) -> None:
        found = unpack(self.address.token, datagram)
        if found is None:
            return
        stage, partition, rows = found
        before = self._counts.get((stage, partition))
        if before is None or rows > before:
            self._counts[stage, partition] = rows
            self.rows += max(rows, 0) - max(before or 0, 0)


def reachable_host(session: Any) -> str | None:
    """The IP address under which a session's tasks may reach this process; None if none can be told.

    It is a loopback address where they run on this machine, so that nobody else can reach it.
    """
    if is_connect(session):
        return _towards(str(session.client.host))
    if is_local(read_conf(session, "spark.master") or ""):
        return "127.0.0.1"
    return _towards(read_conf(session, "spark.driver.host") or "")


def _towards(host: str) -> str | None:
    """Address of this machine on the way to a host, which may be itself."""
    try:
        # Addresses of IPv6 may stand in brackets.
        found = socket.getaddrinfo(host.strip("[]"), _ANY_PORT, type=socket.SOCK_DGRAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            # Of a datagram's socket this sends nothing.
            probe.connect(address)
            return str(probe.getsockname()[0])
    except (OSError, UnicodeError, IndexError):
        return None
