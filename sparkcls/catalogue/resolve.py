"""From a model's name to a `ModelRef`: bundled, in the cache, in a folder that is a mirror, in a store, on the Hub."""

from __future__ import annotations

import difflib
import os
import warnings
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from sparkcls.catalogue.cards import CARDS, LANGUAGE
from sparkcls.catalogue.consent import name_location
from sparkcls.catalogue.fetch import Parcel, fetch
from sparkcls.catalogue.hub import fetch_from_hub
from sparkcls.catalogue.identity import is_model, model_folders, named, refuse_another
from sparkcls.catalogue.imported import CONVERTER
from sparkcls.catalogue.index import ANNOTATORS, Entry, meant_entry
from sparkcls.catalogue.install import is_filled, source_of
from sparkcls.catalogue.names import check_names, folder_name, is_repository
from sparkcls.catalogue.paths import local_path
from sparkcls.catalogue.sources import read_index, store_location
from sparkcls.catalogue.stores.base import NotThere, Store, Unreachable
from sparkcls.catalogue.stores.locations import public_form
from sparkcls.catalogue.stores.opening import open_store
from sparkcls.errors import ModelFormatError, ModelNotFoundError
from sparkcls.families.family import ANY_FAMILY
from sparkcls.models.bundled import BUNDLED_LANGUAGE, bundled_names
from sparkcls.models.ref import BUNDLED, STORE, ModelRef, is_remote
from sparkcls.settings import MIRROR_CONF, MIRROR_VARIABLE, Settings, cache_folder, in_force


def resolve(
    name: str,
    lang: str = "en",
    remote_loc: str | os.PathLike[str] | None = None,
    annotator: str = "",
    settings: Settings | None = None,
) -> ModelRef:
    """Find a model by name and language, and fetch it into the cache if it is not on this machine.

    Asked in this order: the bundled models; the cache; a mirror that is a folder and holds a model folder
    ``<name>_<lang>``; the store, first for the archive that the model's card names, then for its index; the
    Hugging Face Hub, for models that the card says come from there. What is bundled or in the cache needs no
    request at all.

    Parameters
    ----------
    name
        A model's name, or ``owner/name`` of a repository of the Hub.
    remote_loc
        The store to ask: a URL or folder with ``metadata.json`` and archives. None and ``public/models`` mean
        the mirror in force, else the public store.
    annotator
        The class of Spark NLP that a store's model must be for; empty for any that sparkcls reads. What is on this
        machine, or comes from the Hub, is taken whatever it is.
    settings
        What counts for this call; None for what counts in this thread as it begins.

    Raises
    ------
    ModelNotFoundError
        Nothing has it, or what may have it cannot be reached; lists where it was looked for and the ways out.
    ModelFormatError
        What was found cannot be used.
    ParamError, ParamTypeError
        An argument is no name or location; the cache cannot be written.
    """
    with in_force(settings):
        return _resolve(name, lang, remote_loc, annotator)


def _resolve(name: str, lang: str, remote_loc: str | os.PathLike[str] | None, annotator: str) -> ModelRef:
    check_names(name, lang)
    location = store_location(remote_loc)
    name_location(location)
    if lang == BUNDLED_LANGUAGE and name in bundled_names():
        return ModelRef.of_folder(name, BUNDLED + name, lang=lang)
    cached = cache_folder() / folder_name(name, lang)
    base = local_path(location)
    shared = [base / cached.name] if base is not None else []
    if is_filled(cached):
        refuse_another(cached, name, lang)
        _warn_of_source(cached, location, explicit=remote_loc is not None and location == os.fspath(remote_loc))
        _warn_of_converter(cached)
        return _ref(name, lang, cached, shared)
    for folder in shared:
        if is_model(folder):
            refuse_another(folder, name, lang)
            # The cache too: another machine may have it there only.
            return ModelRef.of_folder(name, str(folder), str(cached), lang=lang)
    return _ref(name, lang, _Search(name, lang, location, annotator).fetch(), shared)


def _ref(name: str, lang: str, folder: Path, shared: list[Path]) -> ModelRef:
    """The ref of a folder in the cache, with the other places where a worker may get it."""
    place = source_of(folder).get("place")
    remote = [place] if isinstance(place, str) and is_remote(place) else []
    for found in remote:
        # What is in the cache under its name, the user has fetched under this name.
        name_location(found.removeprefix(STORE).rpartition("#")[0])
    return ModelRef.of_folder(name, str(folder), *map(str, shared), *remote, lang=lang)


def _warn_of_source(cached: Path, location: str, explicit: bool) -> None:
    source = source_of(cached)
    known = source.get("store") or source.get("hub")
    asked = public_form(location)
    if explicit and known != asked:
        warnings.warn(
            f"{cached} came from {known or 'somewhere that it does not name'}, not from remote_loc={asked!r}; it is "
            "used as it is. Delete the folder to fetch the model anew",
            stacklevel=4,
        )


def _warn_of_converter(cached: Path) -> None:
    source = source_of(cached)
    key = source.get("key")
    if isinstance(key, str) and not key.endswith("/") and source.get("converter", 1) != CONVERTER:
        warnings.warn(
            f"{cached} was converted by another version of sparkcls. Older ones took every attention head for 64 wide "
            "and relu for gelu, so its scores may be wrong. Delete the folder to fetch and convert the model anew",
            stacklevel=4,
        )


def nearest(name: str, lang: str, entries: Iterable[Entry] = (), annotators: Collection[str] = ANNOTATORS) -> list[str]:
    """Up to three names that may be meant: of bundled and cached models, of the cards and of an index."""
    present = {known[0] for known in map(named, model_folders(cache_folder())) if known[1] == lang}
    indexed = {e.name for e in entries if e.annotator in annotators and e.language in (lang, None)}
    carded = {known for known, card in CARDS.items() if card.annotator in annotators}
    known = sorted({*bundled_names(), *carded, *present, *indexed} - {name})
    # A store may name hundreds of thousands.
    known = known[:20_000]
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
    # `imdb` is far from every whole name, and part of a few.
    part = [other for other in known if len(name) > 2 and name.lower() in other.lower()]
    return [*dict.fromkeys(close + part)][:3]


def _some(words: Sequence[str]) -> str:
    return ", ".join([*words[:10], *(["..."] if len(words) > 10 else [])])


class _Search:
    """One search beyond this machine's folders, and what it met on the way."""

    def __init__(self, name: str, lang: str, location: str, annotator: str):
        self._name, self._lang, self._location = name, lang, location
        self._annotators = frozenset([annotator]) if annotator else ANNOTATORS
        self._met: list[str] = []
        self._entries: list[Entry] = []

    def fetch(self) -> Path:
        """The model's folder in the cache. Raises ModelNotFoundError when all else has failed."""
        card = CARDS.get(self._name) if self._lang == LANGUAGE else None
        if card and card.annotator not in self._annotators:
            self._met.append(f"its card is of a {card.annotator}; call {card.annotator}.pretrained({self._name!r})")
            card = None
        cause: Exception | None = None
        if not is_repository(self._name):
            try:
                found = self._from_store(open_store(self._location), card.key if card else None)
                if found is not None:
                    return found
            except Unreachable as e:
                self._met.append(f"{public_form(self._location)} cannot be reached: {e}")
                cause = e
        repository = self._name if is_repository(self._name) else card.hub if card else None
        if repository:
            try:
                return fetch_from_hub(repository, self._name, self._lang)
            except (NotThere, Unreachable) as e:
                self._met.append(str(e))
                cause = e
        raise ModelNotFoundError(self._message()) from cause

    def _from_store(self, store: Store, pinned: str | None) -> Path | None:
        here = public_form(store.location)
        if pinned:
            try:
                return fetch(store, Parcel.of_key(pinned), self._name, self._lang)
            except NotThere as e:
                self._met.append(f"{here}/{pinned}.zip: {e}")
        try:
            self._entries = read_index(store)
        except NotThere as e:
            self._met.append(f"{here} has no index metadata.json ({e})")
            return None
        except ModelFormatError as e:
            self._met.append(f"{here}: {e}")
            return None
        entry = meant_entry(self._entries, self._name, self._lang, self._annotators)
        if entry is None:
            self._met.append(self._why_none(here))
            return None
        parcel = Parcel.of_entry(entry)
        try:
            found = fetch(store, parcel, self._name, self._lang)
            if pinned not in (None, entry.key):
                warnings.warn(
                    f"{here} does not have {pinned}.zip, which the model's card links to; {parcel.key} was taken, the "
                    "newest of this name in its index",
                    stacklevel=6,
                )
            return found
        except NotThere as e:
            self._met.append(f"{here}/{parcel.key}, which the index names: {e}")
            return None

    def _why_none(self, here: str) -> str:
        same = [e for e in self._entries if e.name == self._name]
        others = sorted({e.annotator for e in same if e.annotator and e.annotator not in self._annotators})
        languages = sorted({e.language or "any" for e in same})
        readable = [annotator for annotator in others if annotator in ANNOTATORS]
        if readable:
            call = f"{readable[0]}.pretrained({self._name!r}, {self._lang!r})"
            return f"{here} has the name for {_some(readable)}; call {call}"
        if others:
            return f"{here} has the name for {_some(others)} only; sparkcls reads {_some(sorted(self._annotators))}"
        if same and self._lang not in languages:
            return f"{here} has the name in {_some(languages)}, not in {self._lang}"
        if same:
            return f"{here} has the name only in versions that are not ready, or newer than sparkcls knows"
        return f"{here} has no such name in its index"

    def _message(self) -> str:
        folder = cache_folder() / folder_name(self._name, self._lang)
        near = nearest(self._name, self._lang, self._entries, self._annotators)
        card = CARDS.get(self._name) if self._lang == LANGUAGE else None
        mini = card.mini if card and card.annotator in self._annotators else None
        stage = min(self._annotators) if len(self._annotators) == 1 else ANY_FAMILY
        return (
            f"No model {self._name!r} ({self._lang}): it is not bundled, there is no folder {folder}, and\n"
            + "".join(f"  - {line}\n" for line in self._met)
            + (f"Nearest names: {', '.join(near)}\n" if near else "")
            + "Ways out:\n"
            f"  1. Put it into the cache: `sparkcls pull {self._name} --to DIR` on a machine with a connection, then "
            f"copy the folder to {folder}\n"
            f"  2. Name a mirror that this machine reaches: {MIRROR_VARIABLE}, the conf {MIRROR_CONF}, "
            "sparkcls.configure(mirror=...) or remote_loc\n"
            f"  3. Read a folder that you have: {stage}.loadSavedModel(folder)"
            + (
                f"\n  4. Try the smaller model for the same task that is bundled: {stage}.pretrained({mini!r})"
                if mini
                else ""
            )
        )
