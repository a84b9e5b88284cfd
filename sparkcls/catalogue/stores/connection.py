"""Requests over HTTP that end: whatever the other side sends, each step has a time and a number of bytes."""

from __future__ import annotations

import functools
import http.client
import io
import socket
import time
import urllib.request
from typing import IO, Any
from urllib.error import URLError
from urllib.parse import urlsplit

from sparkcls.catalogue.stores.locations import public_form

#: Seconds without a byte after which a connection counts as lost.
SILENCE = 15.0
#: Seconds for one step: the head of an answer, or its next piece.
STEP = 30.0
#: Bytes for one step beyond the piece that is read: heads, the body of a redirection, the lengths of chunks.
SPARE = 1 << 20


def opener(step: float = STEP) -> urllib.request.OpenerDirector:
    """What opens requests: HTTP and HTTPS alone, through the environment's proxies.

    Parameters
    ----------
    step
        Seconds for each step, see `STEP`.
    """
    director = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        _Http(step),
        _Https(step),
        _Redirections(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        director.add_handler(handler)
    return director


class _Watched(io.RawIOBase):
    """The bytes of a connection, as long as a step's time and number last."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket, step: float):
        self._raw = raw
        self._connection = connection
        self._step = step
        self.renew()

    def renew(self, size: int = 0) -> None:
        """Begin the next step, which reads a piece of this size at most."""
        self._until = time.monotonic() + self._step
        self._left = size + SPARE

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        seconds = self._until - time.monotonic()
        if seconds <= 0:
            raise TimeoutError(f"its answer was not through after {self._step:g} seconds")
        self._connection.settimeout(min(seconds, SILENCE))
        count: int | None = self._raw.readinto(buffer)
        self._left -= count or 0
        if self._left < 0:
            raise OSError("it sends more than belongs to an answer")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class Response(http.client.HTTPResponse):
    """An answer that is read step by step."""

    def __init__(self, connection: socket.socket, *args: Any, step: float, **more: Any):
        super().__init__(connection, *args, **more)
        self._watched = _Watched(self.fp.detach(), connection, step)
        self.fp = io.BufferedReader(self._watched)

    def piece(self, size: int) -> bytes:
        """What has come, at most so many bytes; empty at the end."""
        self._watched.renew(size)
        return self.read1(size)


class _Http(urllib.request.HTTPHandler):
    def __init__(self, step: float):
        super().__init__()
        self._connect = functools.partial(_connection, http.client.HTTPConnection, step)

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connect, req)


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, step: float):
        super().__init__()
        self._connect = functools.partial(_connection, http.client.HTTPSConnection, step)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connect, req)


def _connection(kind: type[http.client.HTTPConnection], step: float, *args: Any, **more: Any) -> Any:
    connection = kind(*args, **more)
    connection.response_class = functools.partial(Response, step=step)  # type: ignore[assignment]
    return connection


class _Redirections(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        wanted = ("https",) if req.type == "https" else ("http", "https")
        if urlsplit(newurl).scheme.lower() not in wanted:
            raise URLError(f"it redirects to {public_form(newurl)}; only {' and '.join(wanted)} is followed from here")
        return super().redirect_request(req, fp, code, msg, headers, newurl)
