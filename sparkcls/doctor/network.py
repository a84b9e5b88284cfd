"""What can be reached: the store, the Hub, and what stands between."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlsplit

from sparkcls.catalogue.index import INDEX
from sparkcls.catalogue.sources import store_location
from sparkcls.catalogue.stores.base import NotThere
from sparkcls.catalogue.stores.connection import opener
from sparkcls.catalogue.stores.locations import plain, public_form
from sparkcls.catalogue.stores.opening import open_store
from sparkcls.doctor.findings import NOTE, OK, PROBLEM, Finding, within
from sparkcls.errors import SparkclsError
from sparkcls.settings import mirror

#: Seconds for each place.
_PATIENCE = 10.0
_HUB = "https://huggingface.co"
_FILES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_FOLDERS = ("SSL_CERT_DIR",)
_PROXIES = ("http", "https", "all", "no")
_OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_TLS = (
    "If a proxy reads TLS here, name its certificate with SSL_CERT_FILE (and REQUESTS_CA_BUNDLE for the Hub), see "
    "docs/offline.md"
)


def of_network() -> Iterator[Finding]:
    """Proxies and certificates, the store, the Hub."""
    yield from _certificates()
    yield from _proxies()
    yield _store()
    yield _hub()


def _certificates() -> Iterator[Finding]:
    named = {name: os.environ[name] for name in (*_FILES, *_FOLDERS) if os.environ.get(name)}
    for name, value in named.items():
        # requests takes a folder too.
        there = os.path.isdir(value) if name in _FOLDERS else os.path.exists(value)
        if there and os.access(value, os.R_OK):
            yield Finding(OK, "certificates", f"{name}={value}")
        else:
            text = f"{name}={value} cannot be read"
            yield Finding(PROBLEM, "certificates", text, f"Correct the path, or unset {name}")
    if not named:
        yield Finding(OK, "certificates", "those of the system")


def _proxies() -> Iterator[Finding]:
    said = []
    for kind in _PROXIES:
        lower, upper = f"{kind}_proxy", f"{kind.upper()}_PROXY"
        values = {name: os.environ[name] for name in (lower, upper) if os.environ.get(name)}
        if len(set(values.values())) > 1:
            text = f"{lower} and {upper} differ"
            yield Finding(NOTE, "proxy", text, "Set both to the same: programs read the one or the other")
        if not values:
            continue
        value = values.get(lower) or values[upper]
        if kind != "no" and not _is_proxy(value):
            text = f"{lower} is {_hidden(value)}, which is no URL"
            yield Finding(PROBLEM, "proxy", text, "Write http://host:port")
        else:
            said.append(f"{lower}={value if kind == 'no' else _hidden(value)}")
    yield Finding(OK, "proxy", ", ".join(said) or "none")


def _is_proxy(value: str) -> bool:
    try:
        parts = urlsplit(value if "://" in value else f"http://{value}")
        return bool(parts.hostname) and (parts.port is None or parts.port > 0) and " " not in value
    except ValueError:
        return False


def _hidden(value: str) -> str:
    """A proxy's URL without the password in it."""
    head, at, tail = value.rpartition("@")
    scheme, slashes, _ = head.partition("://")
    return f"{scheme + slashes if slashes else ''}***@{tail}" if at else value


def _store() -> Finding:
    advice = "Bundled and cached models work all the same. For others name a mirror: docs/offline.md"
    level = NOTE
    try:
        if mirror():
            # Someone has said that it is there.
            level, advice = PROBLEM, "Correct SPARKCLS_MIRROR, the conf spark.sparkcls.mirror or configure(mirror=...)"
        location = store_location()
        said = public_form(location)
        if os.path.isdir(location):
            return Finding(OK, "store", f"{said}, a folder")
        within(_PATIENCE, lambda: _begin(location))
    except NotThere:
        return Finding(level, "store", f"{said} answers, but has no {INDEX}", advice)
    except SparkclsError as e:
        return Finding(PROBLEM, "store", str(e))
    except Exception as e:
        return Finding(level, "store", f"{said} cannot be reached: {plain(e)}", _with_tls(e, advice))
    return Finding(OK, "store", f"{said} answers")


def _begin(location: str) -> None:
    """Ask for the index of a store, and leave it at that."""
    with open_store(location).read(INDEX):
        pass


def _hub() -> Finding:
    offline = [name for name in _OFFLINE if os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE")]
    if offline:
        return Finding(OK, "Hub", f"not asked: {offline[0]} is set")
    endpoint = os.environ.get("HF_ENDPOINT") or _HUB
    said = public_form(endpoint)
    try:
        within(_PATIENCE, lambda: opener(_PATIENCE).open(f"{endpoint.rstrip('/')}/api/models?limit=1").close())
    except urllib.error.HTTPError as e:
        return Finding(OK, "Hub", f"{said} answers ({e.code})")
    except Exception as e:
        named = "HF_ENDPOINT" in os.environ
        advice = (
            "Correct HF_ENDPOINT"
            if named
            else "Models of owner/name cannot be fetched; set HF_HUB_OFFLINE=1 if so meant"
        )
        return Finding(PROBLEM if named else NOTE, "Hub", f"{said} cannot be reached: {plain(e)}", _with_tls(e, advice))
    return Finding(OK, "Hub", f"{said} answers")


def _with_tls(error: Exception, advice: str) -> str:
    return f"{advice}. {_TLS}" if "certificate" in str(error).lower() else advice
