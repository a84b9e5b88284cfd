"""`sparkcls pull`: a model into the cache, or into a folder to ship."""

from __future__ import annotations

import argparse
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


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `run`."""
    parser.add_argument("name", metavar="NAME", help="the model's name, such as distilbert_sequence_classifier_emotion")
    parser.add_argument("--lang", default="en", metavar="LANG", help="its language (default: en)")
    parser.add_argument(
        "--to",
        type=Path,
        metavar="DIR",
        help="put <name>_<lang>/ and an index metadata.json there; the folder then serves as a cache "
        "(SPARKCLS_CACHE=DIR, for instance in an image) and, copied or uploaded anywhere, as a mirror",
    )
    parser.add_argument("--from", dest="store", metavar="STORE", help="fetch from this folder, URL or remote_loc")


def run(args: argparse.Namespace) -> None:
    """Fetch the model and print its folder."""
    print(pull(args.name, args.lang, args.to, args.store))


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
