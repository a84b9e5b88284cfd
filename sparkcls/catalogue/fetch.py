"""Fetching a model from a store into the cache: download, check, unpack, convert."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sparkcls.catalogue.imported import CONVERTER
from sparkcls.catalogue.index import Entry
from sparkcls.catalogue.install import PARTIAL, install
from sparkcls.catalogue.names import folder_name
from sparkcls.catalogue.stores.base import CHUNK, OBJECT_LIMITS, Content, Limits, Store, TooLarge, transfer
from sparkcls.catalogue.stores.locations import has_secrets, public_form
from sparkcls.errors import ModelFormatError
from sparkcls.models.layout import may_be_decisive
from sparkcls.models.ref import STORE
from sparkcls.settings import cache_folder
from sparkcls.temporary import in_the_making

logger = logging.getLogger(__name__)

#: From here on a progress bar is shown although nobody may be watching.
LARGE = 10_000_000
_HASHES = {32: "md5", 64: "sha256"}


@dataclass(frozen=True)
class Parcel:
    """What to fetch from a store.

    Parameters
    ----------
    key
        The archive, or a folder that is already converted (then ending in '/').
    checksum
        Of the archive, hexadecimal; empty if none is known.
    files
        Of a folder: the SHA-256 of each of its files by name.
    """

    key: str
    checksum: str = ""
    engine: str = ""
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_folder(self) -> bool:
        """Whether it is converted already."""
        return self.key.endswith("/")

    @staticmethod
    def of_key(key: str) -> Parcel:
        """The archive with a key, of which nothing else is known."""
        return Parcel(f"{key}.zip")

    @staticmethod
    def of_entry(entry: Entry) -> Parcel:
        """What an entry of an index stands for."""
        if entry.folder is not None:
            return Parcel(f"{entry.folder}/", engine=entry.engine, files=entry.files)
        return Parcel(entry.key + (".zip" if entry.zipped else ""), entry.checksum, entry.engine)

    def place(self, store: Store) -> str | None:
        """The place from which other machines fetch it; None if it would hold a password."""
        return None if has_secrets(store.location) else f"{STORE}{store.location}#{self.key}"


def fetch(store: Store, parcel: Parcel, name: str, lang: str, target: Path | None = None, digest: str = "") -> Path:
    """The model folder in the cache, fetched unless another process has done so meanwhile.

    Parameters
    ----------
    target
        Default: ``<cache>/<name>_<lang>``.
    digest
        The digest that it must have, empty for any.

    Raises
    ------
    NotThere, Unreachable
        Of `sparkcls.catalogue.stores.base`: the store lacks it, or cannot be asked.
    ModelFormatError
        The archive is damaged, does not match its checksum, or is no model that can be read.
    ParamError
        The cache cannot be written.
    """
    cache = cache_folder()
    target = target or cache / folder_name(name, lang)
    partial = cache / PARTIAL / target.name / parcel.key.rstrip("/").rpartition("/")[2]

    def make(work: Path, model: Path) -> dict[str, Any]:
        if parcel.is_folder:
            _fetch_files(store, parcel, partial, model)
        else:
            _fetch_archive(store, parcel, partial, work, model)
        source = {
            **{"name": name, "lang": lang, "store": public_form(store.location)},
            **{"key": parcel.key, "engine": parcel.engine, "place": parcel.place(store)},
            "converter": 0 if parcel.is_folder else CONVERTER,
        }
        return {k: v for k, v in source.items() if v}

    return install(target, cache, make, digest)


def _fetch_archive(store: Store, parcel: Parcel, partial: Path, work: Path, model: Path) -> None:
    # Not at the top: they import NumPy and more, and most calls find the model in the cache.
    from sparkcls.formats.archive import extract
    from sparkcls.formats.convert import convert_folder

    download(store, parcel.key, partial)
    try:
        verify(partial, parcel.checksum, f"{public_form(store.location)}/{parcel.key}")
        extract(partial, work)
        convert_folder(work, model)
    except ModelFormatError:
        # It may be damaged; never build on it again.
        _drop(partial)
        raise


def _fetch_files(store: Store, parcel: Parcel, partial: Path, model: Path) -> None:
    """A converted folder, file by file; what an earlier attempt has finished is kept."""
    room = OBJECT_LIMITS.size
    # Whatever else an index names is not part of a model.
    files = {name: digest for name, digest in sorted(parcel.files.items()) if may_be_decisive(name)}
    for name, digest in files.items():
        file = partial / name
        download(store, parcel.key + name, file, replace(OBJECT_LIMITS, size=room))
        room -= file.stat().st_size
        try:
            verify(file, digest, f"{public_form(store.location)}/{parcel.key}{name}")
        except ModelFormatError:
            _drop(file)
            raise
    for name in files:
        (model / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(partial / name, model / name)


def download(store: Store, key: str, partial: Path, limits: Limits = OBJECT_LIMITS) -> None:
    """Download an object to a file, going on where an earlier attempt ended. Raises NotThere, Unreachable."""
    from tqdm import tqdm

    sidecar = _sidecar(partial)
    partial.parent.mkdir(parents=True, exist_ok=True)
    # Open to both, and not emptied: what is there is the beginning, if the object is still the same.
    with open(os.open(partial, os.O_RDWR | os.O_CREAT, 0o644), "r+b") as sink:
        bar: Any = None

        def on_start(content: Content) -> None:
            nonlocal bar
            if content.start == 0:
                # Only now, after the old bytes are gone, may the file be taken for the new object's beginning.
                _write_sidecar(sidecar, store.location, content.validator)
            if bar is None:
                tty = sys.stderr.isatty()
                bar = tqdm(
                    desc=key.rpartition("/")[2],
                    total=content.total,
                    unit="B",
                    unit_scale=True,
                    file=sys.stderr,
                    disable=not tty and (content.total or 0) < LARGE,
                    mininterval=0.2 if tty else 10,
                )
            bar.n = content.start

        try:
            validator = _read_sidecar(sidecar, store.location)
            transfer(store, key, sink, validator, on_start, lambda count: bar.update(count), limits)
        except TooLarge:
            # Nothing to go on with.
            _drop(partial)
            raise
        except BaseException:
            if not os.fstat(sink.fileno()).st_size:
                _drop(partial)
            raise
        finally:
            if bar is not None:
                bar.close()


def _sidecar(partial: Path) -> Path:
    return partial.with_name(partial.name + ".json")


def _write_sidecar(sidecar: Path, location: str, validator: str) -> None:
    with in_the_making(sidecar) as fresh:
        fresh.write_text(json.dumps({"store": public_form(location), "validator": validator}), encoding="utf-8")


def _read_sidecar(sidecar: Path, location: str) -> str:
    """The validator of what was downloaded so far; empty if that is of another store, or unknown."""
    try:
        known = json.loads(sidecar.read_text(encoding="utf-8"))
        return str(known["validator"]) if known["store"] == public_form(location) else ""
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _drop(partial: Path) -> None:
    partial.unlink(missing_ok=True)
    _sidecar(partial).unlink(missing_ok=True)


def verify(file: Path, checksum: str, what: str) -> None:
    """Raise ModelFormatError unless a file has this MD5 or SHA-256; an empty checksum is that of any file."""
    if not checksum:
        return
    if len(checksum) not in _HASHES:
        logger.warning("%s: its checksum %r is neither MD5 nor SHA-256, so it is not checked", what, checksum[:80])
        return
    found = hashlib.new(_HASHES[len(checksum)], usedforsecurity=False)
    with open(file, "rb") as source:
        while chunk := source.read(CHUNK):
            found.update(chunk)
    if found.hexdigest() != checksum.lower():
        raise ModelFormatError(
            f"{what} is damaged: its {found.name} is {found.hexdigest()}, the index says {checksum}; fetch it again. "
            "If that fails too, the index or the file is wrong there"
        )
