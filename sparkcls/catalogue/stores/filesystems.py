"""Stores on this machine's disks, and in object stores through pyarrow or fsspec."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sparkcls.catalogue.stores.base import CHUNK, Content, Interrupted, NotThere, Store, Unreachable
from sparkcls.catalogue.stores.locations import plain, public_form


class LocalStore(Store):
    """Objects in a folder."""

    def __init__(self, location: str, folder: Path):
        super().__init__(location)
        self.folder = folder

    @contextmanager
    def read(self, key: str, offset: int = 0, validator: str = "") -> Iterator[Content]:
        """See `Store.read`."""
        found = self._stat(key)
        try:
            file = (self.folder / key).open("rb")
        except OSError as e:
            raise _refused(e) from e
        # What happens while it is open is the reader's: an error of writing, too.
        with file:
            yield _content(file, found.st_size, f"{found.st_size}-{found.st_mtime_ns}", offset, validator)

    def _stat(self, key: str) -> os.stat_result:
        try:
            found = (self.folder / key).stat()
        except OSError as e:
            raise _refused(e) from e
        if not stat.S_ISREG(found.st_mode):
            raise NotThere("not there")
        return found


class _FilesystemStore(Store):
    """Objects below a root of some library's filesystem."""

    def __init__(self, location: str, filesystem: Any, root: str):
        super().__init__(location)
        self._filesystem = filesystem
        self._root = root.rstrip("/")


class ArrowStore(_FilesystemStore):
    """Objects in a filesystem of pyarrow: S3, Google's, Azure's, HDFS."""

    @contextmanager
    def read(self, key: str, offset: int = 0, validator: str = "") -> Iterator[Content]:
        """See `Store.read`."""
        info = self._info(key)
        with _reading():
            file = self._filesystem.open_input_file(info.path)
        with file:
            yield _content(file, info.size, f"{info.size}-{info.mtime_ns}", offset, validator)

    def _info(self, key: str) -> Any:
        from pyarrow.fs import FileType

        try:
            info = self._filesystem.get_file_info(f"{self._root}/{key}")
        except PermissionError as e:
            raise NotThere(plain(e)) from e
        except Exception as e:
            # pyarrow's clients have tried several times.
            raise Unreachable(plain(e)) from e
        if info.type != FileType.File:
            raise NotThere("not there")
        return info


class FsspecStore(_FilesystemStore):
    """Objects in a filesystem of fsspec, for the schemes that pyarrow does not know."""

    @contextmanager
    def read(self, key: str, offset: int = 0, validator: str = "") -> Iterator[Content]:
        """See `Store.read`."""
        size, stamp = self._info(key)
        with _reading():
            file = self._filesystem.open(f"{self._root}/{key}", "rb")
        with file:
            yield _content(file, size, stamp, offset, validator)

    def _info(self, key: str) -> tuple[int | None, str]:
        try:
            info = self._filesystem.info(f"{self._root}/{key}")
        except FileNotFoundError:
            raise NotThere("not there") from None
        except PermissionError as e:
            raise NotThere(plain(e)) from e
        except Exception as e:
            raise Interrupted(plain(e)) from e
        if info.get("type") == "directory":
            raise NotThere("not there")
        stamps = [str(info[k]) for k in ("ETag", "etag", "mtime", "LastModified", "created") if info.get(k)]
        size = info.get("size")
        return (None if size is None else int(size)), f"{size}-{stamps[0]}" if stamps else ""


def open_filesystem(location: str) -> Store:
    """The store of any other scheme. Raises Unreachable if nothing installed can open it."""
    import pyarrow as pa
    from pyarrow.fs import FileSystem

    try:
        return ArrowStore(location, *FileSystem.from_uri(location))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as e:
        unknown: Exception = e
    except OSError as e:
        raise Unreachable(plain(e)) from e
    try:
        from fsspec.core import url_to_fs

        return FsspecStore(location, *url_to_fs(location))
    except Exception as e:
        # ImportError where a scheme's package is not installed; otherwise whatever that package raises.
        raise Unreachable(
            f"{public_form(location)}: neither pyarrow ({plain(unknown)}) nor fsspec ({plain(e)}) opens it"
        ) from e


def _refused(error: OSError) -> Exception:
    """What it means that this machine's disks do not give a file."""
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return NotThere("not there")
    # A network mount may be back in a moment.
    return NotThere(plain(error)) if isinstance(error, PermissionError) else Interrupted(plain(error))


@contextmanager
def _reading() -> Iterator[None]:
    """Every library has its own classes of errors; the next attempt may go well."""
    try:
        yield
    except Exception as e:
        raise Interrupted(plain(e)) from e


def _content(file: Any, size: int | None, stamp: str, offset: int, validator: str) -> Content:
    resumable = validator != "" and validator == stamp and size is not None and offset <= size
    start = offset if resumable else 0
    return Content(start, size, stamp, _chunks(file, start))


def _chunks(file: Any, start: int) -> Iterator[bytes]:
    # Each part of it alone, so that an error of whoever takes the chunks is not taken for the store's.
    if start:
        with _reading():
            file.seek(start)
    while True:
        with _reading():
            chunk = file.read(CHUNK)
        if not chunk:
            return
        yield chunk
