"""`sparkcls pull`: a model into the cache, or into a folder to ship."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from sparkcls.catalogue.install import LOCKS, PARTIAL, WORK
from sparkcls.catalogue.inventory import find_local
from sparkcls.catalogue.names import folder_name
from sparkcls.catalogue.resolve import resolve
from sparkcls.cli.mirroring import add_to_mirror
from sparkcls.settings import in_force, snapshot


def pull(name: str, lang: str, to: Path | None, store: str | None) -> Path:
    """Fetch a model unless it is here; its folder, which is `to`'s if that is given."""
    if to is None:
        return resolve(name, lang, store).find_here()
    here = find_local(name, lang) if store is None else None
    if here:
        return add_to_mirror(here.path, name, lang, to)
    with _as_cache(to, f"{folder_name(name, lang)}.lock"):
        # Fetched to where it is to be, so that 250 MB are not kept twice.
        return add_to_mirror(resolve(name, lang, store).find_here(), name, lang, to)


@contextlib.contextmanager
def _as_cache(folder: Path, lock: str) -> Iterator[None]:
    try:
        with in_force(replace(snapshot(), cache=folder.absolute())):
            yield
    finally:
        # Only what is ours: another process may be fetching into the same folder.
        with contextlib.suppress(OSError, Timeout), FileLock(folder / LOCKS / lock, timeout=0):
            (folder / LOCKS / lock).unlink()
        for name in (LOCKS, WORK, PARTIAL):
            # A download that broke off stays, to go on with.
            with contextlib.suppress(OSError):
                (folder / name).rmdir()
