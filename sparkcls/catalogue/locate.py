"""From a `ModelRef` to a folder on this machine, which is fetched if it has none: what workers do."""

from __future__ import annotations

import socket
from pathlib import Path

from sparkcls.catalogue.fetch import Parcel, fetch
from sparkcls.catalogue.hub import fetch_from_hub
from sparkcls.catalogue.imported import import_again
from sparkcls.catalogue.install import DIGESTS
from sparkcls.catalogue.names import check_names, folder_name
from sparkcls.catalogue.sources import read_index
from sparkcls.catalogue.store import NotThere, Store, Unreachable, open_store, public_form
from sparkcls.errors import ModelNotFoundError
from sparkcls.models.ref import HUB, IMPORT, STORE, ModelRef, folder_digest
from sparkcls.settings import CACHE_VARIABLE, cache_folder


def locate(ref: ModelRef) -> Path:
    """The folder of a model, on this machine, with exactly the ref's content.

    The ref's own folders come first, then this machine's cache. Failing them it is fetched into the cache
    from the store or the Hub that the ref names, by one process of the machine.

    Raises
    ------
    ModelNotFoundError
        No folder is here, and none can be fetched.
    ModelFormatError
        A folder that is here, or that was fetched, has another content.
    ParamError
        The cache cannot be written.
    """
    try:
        return ref.locate()
    except ModelNotFoundError as e:
        for place in ref.places:
            folder = import_again(ref, place) if place.startswith(IMPORT) else None
            if folder is not None:
                return folder
        remote = [place for place in ref.places if place.startswith((STORE, HUB))]
        if not remote or not ref.lang:
            raise
        absent = e
    check_names(ref.name, ref.lang)
    named = cache_folder() / folder_name(ref.name, ref.lang)
    by_digest = cache_folder() / DIGESTS / ref.digest.replace(":", "-")
    for folder in (named, by_digest):
        if folder.is_dir() and folder_digest(folder) == ref.digest:
            return folder
    # This machine's own jobs may use another version under the name; it stays.
    target = by_digest if named.is_dir() else named
    reasons = []
    for place in remote:
        try:
            folder = _fetch(place, ref, target)
        except (NotThere, Unreachable) as e:
            reasons.append(str(e))
            continue
        # Another process may have been first, for another version.
        return folder if folder_digest(folder) == ref.digest else _fetch(place, ref, by_digest)
    raise ModelNotFoundError(
        f"{absent}. Nor can it be fetched there: {'; '.join(reasons)}. Let host {socket.gethostname()} see one of "
        f"the folders, reach a store, or put the folder into its cache, {named} (${CACHE_VARIABLE})"
    ) from absent


def _fetch(place: str, ref: ModelRef, target: Path) -> Path:
    if place.startswith(HUB):
        repository, _, revision = place[len(HUB) :].rpartition("@")
        return fetch_from_hub(repository, ref.name, ref.lang, revision, target, ref.digest)
    location, _, key = place[len(STORE) :].rpartition("#")
    store = open_store(location)
    try:
        return fetch(store, _parcel(store, key), ref.name, ref.lang, target, ref.digest)
    except (NotThere, Unreachable) as e:
        raise type(e)(f"{public_form(location)}/{key}: {e}") from e


def _parcel(store: Store, key: str) -> Parcel:
    if not key.endswith("/"):
        return Parcel(key)
    # A folder's files and their digests stand in the index.
    for entry in read_index(store):
        if f"{entry.folder}/" == key:
            return Parcel.of_entry(entry)
    raise NotThere("it is no longer in the index")
