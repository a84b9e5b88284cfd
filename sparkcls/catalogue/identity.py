"""Which model a folder ``<name>_<lang>`` holds: two names may stand for one folder (``a/b`` and ``a--b``)."""

from __future__ import annotations

import logging
from pathlib import Path

from sparkcls.catalogue.index import INDEX
from sparkcls.catalogue.install import source_of
from sparkcls.catalogue.names import folder_name
from sparkcls.catalogue.sources import read_index
from sparkcls.catalogue.stores.base import NotThere, Unreachable
from sparkcls.catalogue.stores.locations import plain
from sparkcls.catalogue.stores.opening import open_store
from sparkcls.errors import ModelFormatError
from sparkcls.models.layout import CONFIG

logger = logging.getLogger(__name__)


def known_as(folder: Path) -> tuple[str, str] | None:
    """Name and language of a folder's model, by its ``source.json`` or the index beside it; None if neither tells."""
    source = source_of(folder)
    name, _, lang = folder.name.rpartition("_")
    told = (source.get("name"), source.get("lang"))
    # Older versions wrote neither; what they fetched from the Hub is called like its repository.
    for known in (told, (source.get("hub"), lang)):
        if all(isinstance(part, str) for part in known) and folder_name(*map(str, known)) == folder.name:
            return str(known[0]), str(known[1])
    if "--" not in name:
        return None
    if "store" in source:
        # No store has names with '/'.
        return name, lang
    return _of_index(folder) if (folder.parent / INDEX).is_file() else None


def named(folder: Path) -> tuple[str, str]:
    """The same, or what the folder's own name says."""
    name, _, lang = folder.name.rpartition("_")
    return known_as(folder) or (name, lang)


def is_another(folder: Path, name: str, lang: str) -> bool:
    """Whether a folder that has the right name is known to hold another model."""
    return known_as(folder) not in (None, (name, lang))


def refuse_another(folder: Path, name: str, lang: str) -> None:
    """Raise ModelFormatError if a folder that has the right name is known to hold another model."""
    if is_another(folder, name, lang):
        other, its_lang = named(folder)
        raise ModelFormatError(
            f"{folder} holds the model {other!r} ({its_lang}), and {name!r} ({lang}) would be in a folder of the same "
            "name. Move it away, name another cache, or read the one that you mean with loadSavedModel(folder)"
        )


def model_folders(base: Path) -> list[Path]:
    """The model folders ``<name>_<lang>`` in a folder, sorted. One that cannot be read is left out, with a warning."""
    try:
        return [path for path in sorted(base.glob("[!.]*_*")) if is_model(path)]
    except OSError as e:
        logger.warning("%s is left out, for it cannot be read: %s", base, plain(e))
        return []


def is_model(path: Path) -> bool:
    """Whether a path is a model folder, as far as its being there tells."""
    try:
        return (path / CONFIG).is_file()
    except OSError as e:
        logger.warning("%s is left out, for it cannot be read: %s", path, plain(e))
        return False


def _of_index(folder: Path) -> tuple[str, str] | None:
    try:
        entries = read_index(open_store(str(folder.parent)))
    except (NotThere, Unreachable, ModelFormatError):
        return None
    names = {(e.name, e.language or "") for e in entries if e.folder == folder.name}
    return names.pop() if len(names) == 1 else None
