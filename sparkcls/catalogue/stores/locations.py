"""Where a store is: locations as users give them, and as messages may show them."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sparkcls.errors import flattened

#: Parameters of a location whose values say where, not who; the values of all others may be secrets.
_SAFE = {
    *("region", "scheme", "endpoint_override", "allow_bucket_creation", "allow_bucket_deletion"),
    *("blob_storage_authority", "dfs_storage_authority", "blob_storage_scheme", "dfs_storage_scheme", "enable_tls"),
    *("replication", "buffer_size", "retry_limit_seconds"),
}
#: Schemes of Azure, in which what stands before '@' is not a user.
_CONTAINERS = ("abfs", "abfss", "wasb", "wasbs")
#: Several filesystems of fsspec in one another, such as ``simplecache::s3://bucket``.
_CHAINED = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*::")
_URL = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*::)*[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>()]+")
#: A message quotes no more than this of what another system says.
_LONGEST = 300


def public_form(location: str) -> str:
    """A location without users, passwords, keys and tokens, for messages and for files that others read.

    Of a query only the parameters are kept that are known to hold no secret.
    """
    if _CHAINED.match(location):
        first, _, rest = location.partition("::")
        return f"{first}::{public_form(rest)}"
    if "://" not in location:
        return location.rstrip("/") or "/"
    scheme = location.partition("://")[0]
    try:
        parts = urlsplit(location)
        _ = parts.port
    except ValueError:
        # Such as a password with '/' in it: what is host and what is path cannot be told.
        return f"{scheme}://..."
    host = parts.netloc if _is_container(parts.scheme, parts.netloc) else parts.netloc.rpartition("@")[2]
    pairs = [(name, value) for name, value in parse_qsl(parts.query) if _is_safe(name, value)]
    return urlunsplit((parts.scheme, host, parts.path.rstrip("/"), urlencode(pairs, safe="/:"), ""))


def has_secrets(location: str) -> bool:
    """Whether a location may hold a password, key or token, so that it must not be written into files."""
    if _CHAINED.match(location):
        return has_secrets(location.partition("::")[2])
    if "://" not in location:
        return False
    try:
        parts = urlsplit(location)
        _ = parts.port
    except ValueError:
        return True
    signed = "@" in parts.netloc and not _is_container(parts.scheme, parts.netloc)
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    return signed or bool(parts.fragment) or not all(_is_safe(name, value) for name, value in pairs)


def plain(reason: object) -> str:
    """What another system said, as part of a message: one short line, its URLs without secrets."""
    text = _URL.sub(lambda found: public_form(found[0]), flattened(reason))
    text = "".join(c if c.isprintable() else "?" for c in text[:_LONGEST])
    return text or type(reason).__name__


def _is_container(scheme: str, netloc: str) -> bool:
    """Whether what stands before '@' names a container; everywhere else this is who asks."""
    return scheme in _CONTAINERS and ":" not in netloc.rpartition("@")[0]


def _is_safe(name: str, value: str) -> bool:
    return name.lower() in _SAFE and "@" not in value
