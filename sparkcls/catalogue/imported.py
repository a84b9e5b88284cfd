"""Foreign model folders that a user names by path: converted once, kept in the cache by content."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from sparkcls.catalogue.bases import find_base
from sparkcls.catalogue.consent import name_location
from sparkcls.catalogue.install import install
from sparkcls.catalogue.paths import is_elsewhere, local_path
from sparkcls.catalogue.stores.locations import has_secrets, plain, public_form
from sparkcls.errors import ModelNotFoundError
from sparkcls.events import emit
from sparkcls.families.registry import FAMILIES
from sparkcls.models.otherkinds import is_adapter
from sparkcls.models.ref import ModelRef, folder_digest, import_place, import_source, is_folder
from sparkcls.settings import Settings, cache_folder, in_force

logger = logging.getLogger(__name__)

#: Where converted folders are kept, below the cache.
IMPORTED = "imported"
#: Counts up when the same folder is converted to something else; 1 guessed activation and heads.
CONVERTER = 2
_CHUNK = 1 << 20


def import_folder(
    location: str | os.PathLike[str],
    heads: int | None = None,
    settings: Settings | None = None,
    family: str | None = None,
) -> ModelRef:
    """The model in a folder of another system, converted into this machine's cache unless it is there.

    Other machines convert the same folder themselves, if they see it under the same path or URI. An adapter is merged
    into its base here and nowhere else: Spark carries the result to machines that do not see the cache.

    Parameters
    ----------
    heads
        Attention heads that the network must have; None for those that it has.
    settings
        What counts for this call; None for what counts in this thread as it begins.
    family
        The ``model_type`` of what an exporter's folder holds, where its files do not tell; None: they must.

    Raises
    ------
    ModelNotFoundError
        There is no such folder.
    ModelFormatError
        The folder cannot be read, see `sparkcls.formats.convert`.
    ParamError
        The cache cannot be written.
    """
    with in_force(settings), local_folder(location) as folder:
        base = find_base(folder) if is_adapter(folder) else None
        target = _target(folder, heads, base, family)
        _convert(folder, target, heads, base, family)
        if base is not None:
            # Merged once: other machines get the result.
            return ModelRef.of_folder(folder.name, str(target))
        source = str(folder)
        if is_elsewhere(location):
            source = os.fspath(location)
            name_location(source)
        # A ref is saved, sent and logged.
        places = [] if has_secrets(source) else [import_place(source, heads, family)]
        return ModelRef.of_folder(folder.name, str(target), *places)


def import_again(ref: ModelRef, place: str, target: Path) -> Path | None:
    """On another machine: the folder of a ref made by `import_folder`; None if the source is not seen here.

    Parameters
    ----------
    target
        Where to put it, unless it is there: one process of the machine reads the source, others wait.
    """
    source, heads, family = import_source(place)

    def make(work: Path, model: Path) -> dict[str, str]:
        from sparkcls.formats.convert import convert_folder

        with local_folder(source) as folder:
            if not is_folder(folder):
                raise ModelNotFoundError(f"{public_form(source)} is not there")
            convert_folder(folder, model, heads, family=FAMILIES.get(family or ""))
        emit("copy", model=ref.name, bytes=sum(f.stat().st_size for f in model.iterdir()), source=public_form(source))
        return {"folder": public_form(source)}

    try:
        return install(target, cache_folder(), make, ref.digest)
    except ModelNotFoundError as e:
        logger.info("%s", e)
        return None


def _target(folder: Path, heads: int | None, base: Path | None, family: str | None) -> Path:
    # What other versions, other heads or another base made of the folder is another model.
    parts = [str(CONVERTER), str(heads or ""), content_digest(folder), *([folder_digest(base)] if base else [])]
    parts += [family] if family else []
    made = hashlib.sha256(" ".join(parts).encode()).hexdigest()
    return cache_folder() / IMPORTED / f"{folder.name}-{made[:16]}"


def _convert(folder: Path, target: Path, heads: int | None, base: Path | None, family: str | None) -> None:
    def make(work: Path, model: Path) -> dict[str, str]:
        from sparkcls.formats.convert import convert_folder

        convert_folder(folder, model, heads, base, FAMILIES.get(family or ""))
        return {"folder": str(folder)}

    install(target, cache_folder(), make)


def content_digest(folder: Path) -> str:
    """Hexadecimal sha256 over the names and bytes of all files of a folder, checksum files left out."""
    whole = hashlib.sha256()
    for file in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.endswith(".crc")):
        whole.update(f"{file.relative_to(folder).as_posix()}\0{file.stat().st_size}\n".encode())
        with open(file, "rb") as content:
            while chunk := content.read(_CHUNK):
                whole.update(chunk)
    return whole.hexdigest()


@contextmanager
def local_folder(location: str | os.PathLike[str]) -> Iterator[Path]:
    """A folder of any filesystem as one of this machine's: itself, or a copy that lives for the with block.

    Parameters
    ----------
    location
        A path, ``file:`` or ``dbfs:`` (with the mount /dbfs), see `local_path`, or a URI that `pyarrow.fs` opens (s3,
        gs, hdfs, ...).

    Raises
    ------
    ModelNotFoundError
        There is no such folder, or its filesystem cannot be reached.
    ParamTypeError, ParamError
        It is not a str or path, or a ``file:`` URI of another host.
    """
    here = local_path(location)
    if here is not None:
        yield here
        return
    location = os.fspath(location)
    with tempfile.TemporaryDirectory(prefix="sparkcls-") as temporary:
        copy = Path(temporary) / (PurePosixPath(urlsplit(public_form(location)).path).name or "model")
        copy.mkdir()
        try:
            from pyarrow.fs import FileSystem, copy_files

            filesystem, path = FileSystem.from_uri(location.rstrip("/"))
            copy_files(path, str(copy), source_filesystem=filesystem)
        except (OSError, ValueError) as e:  # pyarrow's errors inherit these
            raise ModelNotFoundError(
                f"{public_form(location)} cannot be read ({plain(e)}); give a folder that this machine sees, or copy "
                "it to one"
            ) from e
        yield copy
