"""Stores on this machine's disks, and in object stores through pyarrow or fsspec."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sparkcls.catalogue.store import CHUNK, Content, Interrupted, NotThere, Store, Unreachable, public_form


class LocalStore(Store):
    """Objects in a folder."""

    def __init__(self, location: str, folder: Path):
        super().__init__(location)
        self.folder = folder

    @contextmanager
    def read(self, key: str, offset: int = 0, validator: str = "") -> Iterator[Content]:
        """See `Store.read`."""
        path = self.folder / key
        if not path.is_file():
            raise NotThere("not there")
        try:
            with open(path, "rb") as file:
                stat = path.stat()
                yield _content(file, stat.st_size, f"{stat.st_size}-{stat.st_mtime_ns}", offset, validator)
        except PermissionError as e:
            raise NotThere(str(e)) from e

    def size(self, key: str) -> int | None:
        """See `Store.size`."""
        path = self.folder / key
        if not path.is_file():
            raise NotThere("not there")
        return path.stat().st_size


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
        try:
            file = self._filesystem.open_input_file(info.path)
        except OSError as e:
            raise Interrupted(_reason(e)) from e
        with file:
            yield _content(file, info.size, f"{info.size}-{info.mtime_ns}", offset, validator)

    def size(self, key: str) -> int | None:
        """See `Store.size`."""
        return int(self._info(key).size)

    def _info(self, key: str) -> Any:
        from pyarrow.fs import FileType

        try:
            info = self._filesystem.get_file_info(f"{self._root}/{key}")
        except OSError as e:
            # pyarrow's clients have tried several times.
            raise Unreachable(_reason(e)) from e
        if info.type != FileType.File:
            raise NotThere("not there")
        return info


class FsspecStore(_FilesystemStore):
    """Objects in a filesystem of fsspec, for the schemes that pyarrow does not know."""

    @contextmanager
    def read(self, key: str, offset: int = 0, validator: str = "") -> Iterator[Content]:
        """See `Store.read`."""
        size, stamp = self._info(key)
        try:
            file = self._filesystem.open(f"{self._root}/{key}", "rb")
        except Exception as e:
            raise Interrupted(_reason(e)) from e
        with file:
            yield _content(file, size, stamp, offset, validator)

    def size(self, key: str) -> int | None:
        """See `Store.size`."""
        return self._info(key)[0]

    def _info(self, key: str) -> tuple[int | None, str]:
        try:
            info = self._filesystem.info(f"{self._root}/{key}")
        except FileNotFoundError:
            raise NotThere("not there") from None
        except Exception as e:
            # Every scheme has its own classes of errors.
            raise Unreachable(_reason(e)) from e
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
        raise Unreachable(_reason(e)) from e
    try:
        from fsspec.core import url_to_fs

        return FsspecStore(location, *url_to_fs(location))
    except Exception as e:
        # ImportError where a scheme's package is not installed; otherwise whatever that package raises.
        raise Unreachable(
            f"{public_form(location)}: neither pyarrow ({_reason(unknown)}) nor fsspec ({_reason(e)}) opens it"
        ) from e


def _content(file: Any, size: int | None, stamp: str, offset: int, validator: str) -> Content:
    resumable = validator != "" and validator == stamp and size is not None and offset <= size
    start = offset if resumable else 0
    if start:
        file.seek(start)
    return Content(start, size, stamp, _chunks(file))


def _chunks(file: Any) -> Iterator[bytes]:
    try:
        while chunk := file.read(CHUNK):
            yield chunk
    except OSError as e:
        raise Interrupted(_reason(e)) from e


def _reason(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:300]
