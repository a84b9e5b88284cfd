"""What is where: models on this machine, and the index of the store in force. Nothing is fetched but the index."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sparkcls.catalogue.identity import is_another, is_model, model_folders, named
from sparkcls.catalogue.index import LIBRARY, SPARK, Entry, compatible
from sparkcls.catalogue.names import check_names, folder_name
from sparkcls.catalogue.paths import local_path
from sparkcls.catalogue.sources import read_index, store_location
from sparkcls.catalogue.stores.base import NotThere, Store, Unreachable
from sparkcls.catalogue.stores.locations import public_form
from sparkcls.catalogue.stores.opening import open_store
from sparkcls.errors import ModelNotFoundError
from sparkcls.models.bundled import BUNDLED_LANGUAGE, bundled_folder, bundled_names
from sparkcls.settings import MIRROR_VARIABLE, cache_folder, mirror

IN_PACKAGE, IN_CACHE, IN_MIRROR = "bundled", "cached", "mirror"
PIPELINE = "pl"


@dataclass(frozen=True)
class Found:
    """A model folder of this machine; `state` says what kind of place it is in."""

    name: str
    lang: str
    state: str
    path: Path


def find_local(name: str, lang: str) -> Found | None:
    """The folder of this machine that a name means, in the order in which `resolve` asks; None if there is none."""
    check_names(name, lang)
    if lang == BUNDLED_LANGUAGE and name in bundled_names():
        return Found(name, lang, IN_PACKAGE, bundled_folder(name))
    for state, base in _bases():
        path = base / folder_name(name, lang)
        if is_model(path) and not is_another(path, name, lang):
            return Found(name, lang, state, path)
    return None


def all_local() -> list[Found]:
    """Every model folder of this machine; a name that is in several places comes once."""
    found = {(n, BUNDLED_LANGUAGE): Found(n, BUNDLED_LANGUAGE, IN_PACKAGE, bundled_folder(n)) for n in bundled_names()}
    for state, base in _bases():
        for path in model_folders(base):
            name, lang = named(path)
            found.setdefault((name, lang), Found(name, lang, state, path))
    return list(found.values())


def _bases() -> list[tuple[str, Path]]:
    location = mirror()
    shared = local_path(location) if location else None
    return [(IN_CACHE, cache_folder()), *([(IN_MIRROR, shared)] if shared else [])]


def the_store(remote_loc: str | None = None) -> Store:
    """The store that is asked. Raises ModelNotFoundError if nothing installed can open it."""
    location = store_location(remote_loc)
    try:
        return open_store(location)
    except Unreachable as e:
        raise unreachable(location, e) from e


def store_index(remote_loc: str | None = None) -> list[Entry]:
    """The index of the store that is asked.

    Raises
    ------
    ModelNotFoundError
        The store has none, or cannot be reached.
    ModelFormatError
        It is no index.
    """
    store = the_store(remote_loc)
    try:
        return read_index(store)
    except (NotThere, Unreachable) as e:
        raise unreachable(f"{store.location.rstrip('/')}/metadata.json", e) from e


def unreachable(location: str, reason: Exception) -> ModelNotFoundError:
    """The error for an object that a store does not give."""
    return ModelNotFoundError(
        f"{public_form(location)} cannot be read: {reason}. Check the connection, or name a mirror that this machine "
        f"reaches, with {MIRROR_VARIABLE} or sparkcls.configure(mirror=...)"
    )


def meant_pipeline(entries: list[Entry], name: str, lang: str) -> Entry | None:
    """The entry of a pipeline that a name means, or None; newer versions first, like `meant_entry` for models."""
    fitting = [
        e
        for e in entries
        if (e.name, e.category, e.ready) == (name, PIPELINE, True)
        and e.language in (lang, None)
        and compatible(LIBRARY, e.lib_version)
        and compatible(SPARK, e.spark_version)
    ]
    return max(fitting, key=lambda e: (e.spark_version, e.lib_version, e.time_ms), default=None)
