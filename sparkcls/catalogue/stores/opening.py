"""The store at a location."""

from __future__ import annotations

from sparkcls.catalogue.paths import local_path
from sparkcls.catalogue.stores.base import Store, Unreachable


def open_store(location: str) -> Store:
    """The store at a location: a path, ``file:``, ``http(s)://``, or any scheme that pyarrow or fsspec knows.

    Raises
    ------
    Unreachable
        Nothing installed knows the scheme, its settings are missing, or the location is malformed.
    """
    # Each imports what only it needs.
    if location.lower().startswith(("http://", "https://")):
        from sparkcls.catalogue.stores.web import HttpStore

        try:
            return HttpStore(location)
        except ValueError as e:
            raise Unreachable("malformed URL") from e
    from sparkcls.catalogue.stores.filesystems import LocalStore, open_filesystem

    folder = local_path(location)
    return LocalStore(location, folder) if folder is not None else open_filesystem(location)
