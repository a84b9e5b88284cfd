"""A store over HTTP, with the standard library: it honours proxies, and needs no dependency."""

from __future__ import annotations

import base64
import http.client
import re
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from sparkcls._version import __version__
from sparkcls.catalogue.stores.base import CHUNK, Content, Interrupted, NotThere, Store, Unreachable
from sparkcls.catalogue.stores.connection import SILENCE, STEP, Response, opener
from sparkcls.catalogue.stores.locations import plain

#: Attempts at a host that does not answer at all. A name that cannot be resolved takes seconds to fail.
TRIES_TO_CONNECT = 3
TRIES_TO_RESOLVE = 2

_BUSY = (408, 425, 429)
_ABSENT = (404, 410)


class HttpStore(Store):
    """Objects below a URL. A user and password in it are sent as Basic authorization, not to redirections.

    Parameters
    ----------
    step
        Seconds for the head of an answer, and for each next piece of its body.
    """

    def __init__(self, location: str, step: float = STEP):
        super().__init__(location)
        parts = urlsplit(location)
        user, _, host = parts.netloc.rpartition("@")
        self._base = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
        self._query = f"?{parts.query}" if parts.query else ""
        self._authorization = "Basic " + base64.b64encode(unquote(user).encode()).decode() if user else ""
        self._opener = opener(step)

    @contextmanager
    def read(self, key: str, offset: int = 0, validator: str = "") -> Iterator[Content]:
        """See `Store.read`; resumes with Range and If-Range."""
        ranged = {"Range": f"bytes={offset}-", "If-Range": validator} if offset and validator else {}
        try:
            response = self._open(key, ranged)
        except urllib.error.HTTPError as e:
            # Nothing is left to send: the object is as long as what we have.
            complete = e.code == 416 and _content_range(e.headers) == (None, offset)
            e.close()
            if complete and e.headers.get("ETag", validator) == validator:
                yield Content(offset, offset, validator, iter(()))
                return
            response = self._open(key, {})
        with response:
            found = _validator(response.headers)
            start, total = 0, _length(response.headers)
            if response.status == 206:
                begin, total = _content_range(response.headers)
                if begin != offset or (found and found != validator):
                    response.close()
                    response, start = self._open(key, {}), 0
                    if response.status == 206:
                        response.close()
                        raise Unreachable("it answers with a part when it is asked for the whole")
                    found, total = _validator(response.headers), _length(response.headers)
                else:
                    start = offset
                    found = found or validator
            with response:
                yield Content(start, total, found, _chunks(response))

    def _open(self, key: str, headers: dict[str, str]) -> Any:
        """The response. Raises NotThere, Interrupted, Unreachable, or HTTPError for 416."""
        url = f"{self._base}/{quote(key)}{self._query}"
        agent = {"User-Agent": f"sparkcls/{__version__}", "Accept-Encoding": "identity"}
        request = urllib.request.Request(url, headers=headers | agent)
        if self._authorization:
            # Unredirected: another host must not get it.
            request.add_unredirected_header("Authorization", self._authorization)
        try:
            response = self._opener.open(request, timeout=SILENCE)
        except urllib.error.HTTPError as e:
            if e.code == 416 and headers:
                raise
            raise _of_status(e) from e
        except (OSError, http.client.HTTPException, ValueError) as e:
            raise _of_connection(e) from e
        if response.status not in (200, 203, 206):
            response.close()
            raise Unreachable(plain(f"it answered {response.status} {response.reason}"))
        return response


def _of_status(error: urllib.error.HTTPError) -> Exception:
    answer = plain(f"it answered {error.code} {error.reason}")
    after = error.headers.get("Retry-After", "")
    error.close()
    if error.code in _ABSENT:
        return NotThere("not there")
    if error.code in (401, 403):
        # S3 answers 403 for what is not there, too, unless its list may be read.
        return NotThere(answer)
    if error.code in _BUSY or error.code >= 500:
        return Interrupted(answer, pause=float(after) if re.fullmatch(r"\d{1,4}", after) else 0.0)
    return Unreachable(answer)


def _of_connection(error: Exception) -> Exception:
    """What a failure to connect means; certificates and malformed URLs do not get better by waiting."""
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    text = plain(reason)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return Unreachable(f"its certificate is not trusted ({text})")
    if isinstance(reason, socket.gaierror):
        return Interrupted(f"its host name cannot be resolved ({text})", tries=TRIES_TO_RESOLVE)
    if isinstance(reason, OSError) or isinstance(error, http.client.HTTPException):
        if isinstance(error, http.client.InvalidURL):
            # The reason quotes all of it, secrets too.
            return Unreachable("malformed URL")
        return Interrupted(f"no answer ({text})", tries=TRIES_TO_CONNECT)
    return Unreachable(text)


def _chunks(response: Response) -> Iterator[bytes]:
    try:
        # What has come so far, however little: of a slow download a killed process loses next to nothing.
        while chunk := response.piece(CHUNK):
            yield chunk
    except (OSError, http.client.HTTPException) as e:
        raise Interrupted(f"the connection broke off ({plain(e)})") from e


def _validator(headers: Any) -> str:
    """A strong ETag, else the time of the last change; both are what If-Range takes."""
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")


def _length(headers: Any) -> int | None:
    length = headers.get("Content-Length", "")
    return int(length) if re.fullmatch(r"\d{1,18}", length) and not headers.get("Content-Encoding") else None


def _content_range(headers: Any) -> tuple[int | None, int | None]:
    """First byte and whole size of ``bytes 0-9/10`` or ``bytes */10``, None for what is not stated."""
    match = re.fullmatch(r"bytes (?:(\d{1,18})-\d{1,18}|\*)/(\d{1,18}|\*)", headers.get("Content-Range", ""))
    if not match:
        return None, None
    begin, total = match.groups()
    return (None if begin is None else int(begin)), (None if total == "*" else int(total))
