"""The model that an adapter changes: a folder, or one of the Hugging Face Hub, as the adapter names it."""

from __future__ import annotations

from pathlib import Path

from sparkcls.catalogue.install import source_of
from sparkcls.catalogue.inventory import find_local
from sparkcls.catalogue.snapshots import snapshot, without_weights
from sparkcls.catalogue.stores.base import NotThere, Unreachable
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.formats.lora.config import base_of
from sparkcls.models.bundled import BUNDLED_LANGUAGE
from sparkcls.models.otherkinds import ADAPTER, is_adapter
from sparkcls.models.shards import has_weights


def find_base(adapter: Path) -> Path:
    """The folder of an adapter's base on this machine; it may lack a classifier's head.

    Asked in this order: the path that the adapter names, for a relative one beside the adapter's folder, in it and in
    the working folder; the bundled models, the cache and a mirror that is a folder, under that name; the Hub.

    Raises
    ------
    ModelNotFoundError
        None of them has it.
    ModelFormatError
        The adapter names none, or several folders may be meant, or the base is an adapter itself.
    """
    name, revision = base_of(adapter)
    base = _folder(adapter, name) or _named(name, revision) or _from_hub(adapter, name, revision)
    if is_adapter(base):
        raise ModelFormatError(
            f"{base}, the base of {adapter}, is an adapter too; merge that one first (`sparkcls convert`)"
        )
    return base


def _folder(adapter: Path, name: str) -> Path | None:
    path = Path(name).expanduser()
    places = [path] if path.is_absolute() else [adapter.parent / path, adapter / path, path]
    found = list(dict.fromkeys(place.resolve() for place in places if place.is_dir() and any(place.iterdir())))
    if len(found) > 1:
        raise ModelFormatError(
            f"{adapter / ADAPTER}: base_model_name_or_path {name!r} may mean {' or '.join(map(str, found))}; write the "
            "whole path there"
        )
    return found[0] if found else None


def _named(name: str, revision: str | None) -> Path | None:
    """A model of this machine with that name. Its revision must be the one that is asked for, if one is."""
    try:
        found = find_local(name, BUNDLED_LANGUAGE)
    except (ParamError, ParamTypeError):
        # A path, for instance.
        return None
    return found.path if found and revision in (None, source_of(found.path).get("revision")) else None


def _from_hub(adapter: Path, name: str, revision: str | None) -> Path:
    try:
        base = snapshot(name, revision)
    except (NotThere, Unreachable) as e:
        raise ModelNotFoundError(
            f"{adapter} is an adapter, and its base {name!r} was not found: there is no such folder here, no model of "
            f"that name in the cache or a mirror, and {e}. Write the path of the base's folder into "
            f"base_model_name_or_path in {adapter / ADAPTER}, or put the folder beside it"
        ) from e
    if not has_weights(base) and not is_adapter(base):
        raise without_weights(name, revision)
    return base
