"""Which store is asked, and its index, read once in a while."""

from __future__ import annotations

import os
import threading
import time

from sparkcls.catalogue.index import INDEX, Entry, parse_index
from sparkcls.catalogue.stores.base import Store
from sparkcls.errors import ParamError, ParamTypeError
from sparkcls.settings import mirror

#: The public store of Spark NLP's models, and its name as a `remote_loc`.
PUBLIC = "https://s3.amazonaws.com/auxdata.johnsnowlabs.com/public/models"
PUBLIC_NAME = "public/models"

#: Seconds for which an index is taken as it was.
INDEX_LASTS = 300.0

_indexes: dict[str, tuple[float, list[Entry]]] = {}
_lock = threading.Lock()


def store_location(remote_loc: str | os.PathLike[str] | None = None) -> str:
    """The location of the store that is asked: `remote_loc`, else the mirror in force, else the public store.

    Raises
    ------
    ParamTypeError
        `remote_loc` is neither a str, nor a path, nor None.
    ParamError
        It names Spark NLP's community store, which is not known here.
    """
    if isinstance(remote_loc, os.PathLike):
        remote_loc = os.fspath(remote_loc)
    if remote_loc is not None and not isinstance(remote_loc, str):
        raise ParamTypeError(f"pretrained(remote_loc=...) takes a str, got {remote_loc!r}")
    if remote_loc and remote_loc.startswith("@"):
        raise ParamError(
            f"pretrained(remote_loc={remote_loc!r}): '@' means Spark NLP's community store, which sparkcls does not "
            "ask; give the URL or folder of a store with metadata.json and archives, or leave it out"
        )
    if not remote_loc or remote_loc.strip("/") == PUBLIC_NAME:
        return mirror() or PUBLIC
    return remote_loc


def read_index(store: Store) -> list[Entry]:
    """The index of a store, at most five minutes old.

    Raises
    ------
    NotThere, Unreachable
        Of `sparkcls.catalogue.stores.base`: the store has no index, or cannot be asked.
    ModelFormatError
        It is no index.
    """
    # Not while holding the lock: it may take long, and two readings at once do no harm.
    with _lock:
        read, entries = _indexes.get(store.location, (0.0, []))
    if read and time.monotonic() - read < INDEX_LASTS:
        return entries
    entries = parse_index(store.content(INDEX))
    with _lock:
        _indexes[store.location] = (time.monotonic(), entries)
    return entries


def forget_indexes() -> None:
    """Read every index anew when it is next needed."""
    with _lock:
        _indexes.clear()
