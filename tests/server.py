"""A store over HTTP on this machine, with the faults that networks have."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import socketserver
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

PREFIX = "/public/models/"


@dataclass
class StoreServer:
    """A folder served below `PREFIX`, as the public store is.

    `faults` are answered first, one a request: a status, or the number of body bytes (negative) after which
    the connection is cut. `delay` is the pause in seconds after each `chunk` of bytes. `requests` counts
    finished and cut GETs by object; `ranges` holds the Range header of each GET, `queries` what
    follows the `?`.
    """

    folder: Path
    faults: list[int] = field(default_factory=list)
    delay: float = 0.0
    chunk: int = 1 << 16
    resumes: bool = True
    requests: Counter[str] = field(default_factory=Counter)
    ranges: list[str | None] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}{PREFIX.rstrip('/')}"


@contextmanager
def serve(folder: Path) -> Iterator[StoreServer]:
    """Serve a folder until the block ends."""
    state = StoreServer(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()


def _handler(state: StoreServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, body: bool) -> None:
            path, _, query = self.path.partition("?")
            state.queries.append(query)
            key = unquote(path).removeprefix(PREFIX)
            state.requests[key] += 1
            state.ranges.append(self.headers.get("Range"))
            state.headers.append(dict(self.headers))
            fault = state.faults.pop(0) if state.faults else 0
            file = state.folder / key
            if fault > 0 or not file.is_file():
                self.send_response(fault or 404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            content = file.read_bytes()
            tag = f'"{hashlib.md5(content).hexdigest()}"'
            start = 0
            match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
            if match and state.resumes and self.headers.get("If-Range", tag) == tag:
                start = int(match[1])
                if start >= len(content):
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(content)}")
                    self.send_header("ETag", tag)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            else:
                self.send_response(200)
            self.send_header("ETag", tag)
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            if not body:
                return
            stop = start - fault if fault < 0 else len(content)
            try:
                for at in range(start, min(stop, len(content)), state.chunk):
                    self.wfile.write(content[at : min(at + state.chunk, stop, len(content))])
                    if state.delay:
                        time.sleep(state.delay)
            except OSError:
                pass  # the client was killed

    return Handler


@contextmanager
def misbehave(answer: Callable[[Callable[[bytes], None]], None]) -> Iterator[str]:
    """A server that gives every request the same raw answer; its URL. `answer` gets what sends bytes."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            with contextlib.suppress(OSError):  # the client has had enough
                answer(lambda data: self.request.sendall(data))

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


#: One line of an index, but for the name.
LINE: dict[str, object] = {
    "language": "en",
    "libVersion": {"parts": [3, 3, 3]},
    "sparkVersion": {"parts": [3, 0]},
    "readyToUse": True,
    "time": "2021-11-21T13:51:09.757Z",
    "isZipped": True,
    "category": "ml",
    "checksum": "",
    "annotator": "DistilBertForSequenceClassification",
}


def publish(store: Path, model: Path, name: str, *, lang: str = "en", index: bool = True, **fields: object) -> str:
    """Put a model folder into a store as an archive, and an entry into its index; returns the key."""
    assert not store.is_relative_to(model), "an archive that packs itself fills the disk"
    store.mkdir(parents=True, exist_ok=True)
    key = f"{name}_{lang}_3.3.3_3.0_1637502669757"
    with zipfile.ZipFile(store / f"{key}.zip", "w") as archive:
        for file in sorted(model.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(model).as_posix())
    if index:
        add_entry(store, name=name, language=lang, **fields)
    return key


def add_entry(store: Path, **fields: object) -> None:
    """Put one line into a store's index; the defaults are those of `publish`."""
    store.mkdir(parents=True, exist_ok=True)
    entry = LINE | fields
    with open(store / "metadata.json", "a", encoding="utf-8") as index:
        index.write(json.dumps(entry) + "\n")
