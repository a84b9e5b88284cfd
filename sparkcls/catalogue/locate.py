"""From a `ModelRef` to a folder on this machine's own disks: what drivers and workers do."""

from __future__ import annotations

import logging
import shutil
import socket
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path

from sparkcls.catalogue.consent import consented
from sparkcls.catalogue.fetch import Parcel, fetch
from sparkcls.catalogue.hub import fetch_from_hub
from sparkcls.catalogue.imported import import_again
from sparkcls.catalogue.install import DIGESTS, install
from sparkcls.catalogue.names import check_names, folder_name
from sparkcls.catalogue.sources import read_index
from sparkcls.catalogue.stores.base import NotThere, Store, Unreachable
from sparkcls.catalogue.stores.locations import public_form
from sparkcls.catalogue.stores.opening import open_store
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.events import emit
from sparkcls.models.layout import decisive_files
from sparkcls.models.ref import HUB, IMPORT, STORE, ModelRef, has_digest, import_source, is_folder
from sparkcls.mounts import on_network
from sparkcls.settings import CACHE_VARIABLE, MIRROR_VARIABLE, Settings, cache_folder, in_force

logger = logging.getLogger(__name__)


def locate(ref: ModelRef, settings: Settings | None = None) -> Path:
    """The folder of a model, on this machine, with exactly the ref's content.

    Asked in this order: the ref's own folders on this machine's disks; this machine's cache; the ref's folders on
    network mounts, which are copied into the cache; a foreign folder to convert, a store, the Hub. What is put into
    the cache is put there once, by one process of the machine, and checked. It is put there by its digest, never by its
    name: what a ref calls itself, a stranger may have written, and `pretrained` trusts the cache's names.

    Parameters
    ----------
    settings
        What counts for this call; None for what counts in this thread as it begins.

    Raises
    ------
    ModelNotFoundError
        No folder is here, and none can be fetched.
    ModelFormatError
        A folder that is here, or that was fetched, has another content.
    ParamError
        The cache cannot be written.
    """
    with in_force(settings):
        return _locate(ref)


def _locate(ref: ModelRef) -> Path:
    ref, refused = consented(ref)
    changed: list[Path] = []
    in_cache: list[Path] = []
    found = (
        ref.first_with_digest((path for path in ref.folders() if not _is_far(path)), changed)
        or ref.first_with_digest(_cached(ref), in_cache)
        or _copy_of(ref, filter(_is_far, ref.folders()), changed)
        or _converted(ref)
    )
    if found is not None:
        return found
    if changed:
        raise ref.changed_error(changed)
    absent = _absent(ref, refused)
    remote = [place for place in ref.places if place.startswith((STORE, HUB))] if ref.lang else []
    if remote:
        return _fetch_any(ref, remote, absent)
    # Under its name the cache may well have another model; under its digest it is damaged.
    damaged = [folder for folder in in_cache if folder.parent.name == DIGESTS]
    raise ref.changed_error(damaged) if damaged else absent


def _is_far(folder: Path) -> bool:
    """Whether a model's files lie on a network filesystem. Its folder may lie elsewhere, if it holds links to them."""
    try:
        files = [*decisive_files(folder).values()] if is_folder(folder) else []
        files = [file.resolve() if file.is_symlink() else file for file in files]
    except (OSError, ModelFormatError):
        files = []
    return any(map(on_network, files or [folder]))


def _absent(ref: ModelRef, refused: list[str]) -> ModelNotFoundError:
    absent = ref.absent_error()
    if not refused:
        return absent
    shown = ", ".join(public_form(import_source(place.removeprefix(STORE))[0])[:200] for place in refused)
    return ModelNotFoundError(
        f"{absent}. Not asked, because only the saved stage names it: {shown}. If you trust it, name it as the mirror "
        f"(sparkcls.configure(mirror=...), ${MIRROR_VARIABLE}), or read the model from there yourself with "
        "pretrained(..., remote_loc=...) or loadSavedModel(...)"
    )


def by_digest(ref: ModelRef) -> Path:
    """Where the cache keeps a model that came from another machine."""
    return cache_folder() / DIGESTS / ref.digest.replace(":", "-")


def _named(ref: ModelRef) -> Path:
    check_names(ref.name, ref.lang)
    return cache_folder() / folder_name(ref.name, ref.lang)


def _cached(ref: ModelRef) -> list[Path]:
    try:
        digest = by_digest(ref)
    except ParamError:
        # A user without a home directory has no cache.
        return []
    try:
        return [*([_named(ref)] if ref.lang else []), digest]
    except (ParamError, ParamTypeError):
        # What the ref is called is not the name of a folder.
        return [digest]


def _copy_of(ref: ModelRef, shared: Iterable[Path], changed: list[Path]) -> Path | None:
    """A copy in the cache of a folder on a network mount; the folder itself where nothing can be written."""
    for folder in shared:
        if not folder.is_dir():
            continue
        try:
            return copy_into_cache(ref, folder)
        except ModelFormatError:
            changed.append(folder)
        except ModelNotFoundError as e:
            logger.warning("%s", e)
        except ParamError as e:
            if has_digest(folder, ref.digest):
                logger.warning("%s is used where it is, over the network: %s", folder, e)
                return folder
            changed.append(folder)
    return None


def copy_into_cache(ref: ModelRef, folder: Path) -> Path:
    """The model in this machine's cache, copied from a folder unless it is there by then.

    Raises
    ------
    ModelFormatError
        The folder does not have the ref's content.
    ParamError
        The cache cannot be written.
    """

    def make(work: Path, model: Path) -> dict[str, str]:
        copied = 0
        for name, file in decisive_files(folder).items():
            (model / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, model / name)
            copied += (model / name).stat().st_size
        emit("copy", model=ref.name, bytes=copied, source=str(folder))
        return {"folder": str(folder)}

    return install(by_digest(ref), cache_folder(), make, ref.digest)


def keep(ref: ModelRef, write: Callable[[Path], None]) -> None:
    """Put a model into this machine's cache, unless it is on this machine.

    Parameters
    ----------
    write
        Puts the model's files into a folder.

    Raises
    ------
    ModelFormatError
        What was written has another content.
    ParamError
        The cache cannot be written.
    """
    ref, _ = consented(ref)
    if ref.first_with_digest(chain(ref.folders(), _cached(ref)), []) is None:

        def make(work: Path, model: Path) -> dict[str, str]:
            model.mkdir()
            write(model)
            size = sum(file.stat().st_size for file in decisive_files(model).values())
            emit("copy", model=ref.name, bytes=size, source="a saved stage")
            return {"folder": "a saved stage"}

        install(by_digest(ref), cache_folder(), make, ref.digest)


def _converted(ref: ModelRef) -> Path | None:
    for place in ref.places:
        folder = import_again(ref, place, by_digest(ref)) if place.startswith(IMPORT) else None
        if folder is not None:
            return folder
    return None


def _fetch_any(ref: ModelRef, remote: list[str], absent: Exception) -> Path:
    reasons = []
    for place in remote:
        try:
            return _fetch(place, ref, by_digest(ref))
        except (NotThere, Unreachable) as e:
            reasons.append(str(e))
    raise ModelNotFoundError(
        f"{absent}. Nor can it be fetched there: {'; '.join(reasons)}. Let host {socket.gethostname()} see one of "
        f"the folders, reach a store, or put the folder into its cache, {by_digest(ref)} (${CACHE_VARIABLE})"
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
