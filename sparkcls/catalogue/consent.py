"""Which places of the network are asked: what the user has named, never what only a file names.

A saved stage, which may be a stranger's, says where its model can be fetched. Following it would let a stranger make
this machine talk to whatever he likes, from inside of its network.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote, urlsplit

from sparkcls.catalogue.paths import local_path
from sparkcls.catalogue.sources import PUBLIC
from sparkcls.errors import ParamError
from sparkcls.models.ref import HUB, STORE, ModelRef, import_source, is_remote
from sparkcls.settings import mirror

#: What the user's code has named in this process.
_named: set[str] = set()


def name_location(location: str) -> None:
    """The user has named a store, or the URI of a folder; he may be asked for it by a saved stage from now on."""
    _named.add(location)


def may_ask(place: str) -> bool:
    """Whether a place that a file names may be asked.

    Folders of this machine may: what is found there is used only if its digest is right. So may the Hugging Face Hub,
    whose address is the user's setting, the public store, the mirror in force, and whatever `name_location` was given.
    """
    if place.startswith(HUB) or not is_remote(place):
        return not place.startswith(("//", "\\\\"))
    location, *_ = import_source(place)
    if place.startswith(STORE):
        location, _, key = place.removeprefix(STORE).rpartition("#")
        if ".." in unquote(key).split("/"):
            return False
    try:
        if local_path(location) is not None:
            return not location.startswith(("//", "\\\\"))
    except ParamError:
        return False
    return any(_is_below(location, named) for named in (PUBLIC, mirror(), *_named) if named)


def _is_below(location: str, base: str) -> bool:
    if location.rstrip("/") == base.rstrip("/"):
        return True
    try:
        here, there = urlsplit(location), urlsplit(base)
    except ValueError:
        return False
    path = unquote(here.path)
    same = (here.scheme, here.netloc, here.query, here.fragment) == (there.scheme, there.netloc, there.query, "")
    return same and path.startswith(unquote(there.path).rstrip("/") + "/") and ".." not in path.split("/")


def consented(ref: ModelRef) -> tuple[ModelRef, list[str]]:
    """The ref with the places that may be asked, and the others."""
    if not ref.from_file:
        return ref, []
    refused = [place for place in ref.places if not may_ask(place)]
    places = tuple(place for place in ref.places if place not in refused)
    return replace(ref, places=places, from_file=False), refused
