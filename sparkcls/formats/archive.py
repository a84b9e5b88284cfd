"""Unpacking a zip that came over the network: nothing outside the folder, nothing beyond its limits."""

from __future__ import annotations

import errno
import io
import os
import stat
import zipfile
from pathlib import Path, PurePosixPath

from sparkcls.errors import ModelFormatError

#: Most bytes that an archive may unpack to. A DistilBERT has some 270 MB, a large XLM-RoBERTa 2.2 GB.
MOST_BYTES = 8 << 30
#: Most entries of an archive.
MOST_ENTRIES = 20_000
#: Text compresses to a hundredth, deflate's own limit is a thousandth: between them lies what only bombs reach.
MOST_RATIO = 300
_SLACK = 16 << 20
#: Most bytes of the list of entries: room for `MOST_ENTRIES` with long names.
MOST_DIRECTORY = 8 << 20
_ENCRYPTED = 1

#: The machine's fault, not the archive's.
_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)


def extract(archive: Path, folder: Path, most_bytes: int = MOST_BYTES) -> list[Path]:
    """Unpack `archive` into `folder`, which is made; the files written.

    Raises
    ------
    ModelFormatError
        It is no zip, is cut off or corrupt, unpacks to more than `most_bytes` or at a ratio that only
        bombs have, or has an entry that is a link, leaves the folder, appears twice, is encrypted, or is compressed
        in another way than deflate.
    """
    try:
        with open(archive, "rb", buffering=0) as raw, _Bounded(raw) as file, zipfile.ZipFile(file) as source:
            file.most = None
            entries = [e for e in source.infolist() if not e.is_dir()]
            names = _check(archive, entries, most_bytes)
            written = []
            left = most_bytes
            for entry, name in zip(entries, names, strict=True):
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                left -= _unpack(source, entry, target, min(left, entry.file_size))
                written.append(target)
            return written
    except ModelFormatError:
        raise
    except Exception as e:
        # zipfile raises whatever corrupt bytes lead it to.
        if isinstance(e, OSError) and e.errno in _DISK:
            raise
        raise ModelFormatError(f"{archive} is no zip archive, or is cut off or corrupt ({e}); fetch it again") from e


class _Bounded(io.BufferedReader):
    """A file of which at most so much is read at once: zipfile takes its whole list of entries into memory."""

    most: int | None = MOST_DIRECTORY

    def read(self, size: int | None = -1, /) -> bytes:
        """As of any file."""
        left = os.fstat(self.fileno()).st_size - self.tell()
        if self.most is not None and min(left, left if size is None or size < 0 else size) > self.most:
            name = getattr(self, "name", "the archive")
            raise ModelFormatError(f"{name} is refused: its list of entries has over {self.most} bytes; no model's has")
        return super().read(size)


def _check(archive: Path, entries: list[zipfile.ZipInfo], most_bytes: int) -> list[PurePosixPath]:
    """The entries' relative paths; everything that an archive declares is judged before a byte is written."""

    def refuse(reason: str) -> ModelFormatError:
        return ModelFormatError(f"{archive} is refused: {reason}")

    if len(entries) > MOST_ENTRIES:
        raise refuse(f"it has {len(entries)} entries; the most is {MOST_ENTRIES}")
    declared = sum(e.file_size for e in entries)
    if declared > most_bytes:
        raise refuse(f"it unpacks to {declared} bytes; the most is {most_bytes}")
    if declared > _SLACK + MOST_RATIO * archive.stat().st_size:
        raise refuse(f"it unpacks to {declared} bytes, more than {MOST_RATIO} times its size")
    names = []
    for entry in entries:
        name = PurePosixPath(entry.filename.replace("\\", "/"))
        drive = ":" in name.parts[0] if name.parts else True
        if name.is_absolute() or drive or ".." in name.parts or "\0" in entry.filename:
            raise refuse(f"its entry {entry.filename!r} lies outside of the folder")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # Others need memory and time that the size of an entry does not bound.
            raise refuse(f"its entry {entry.filename!r} is compressed in a way that is not deflate; pack it again")
        if entry.flag_bits & _ENCRYPTED:
            raise refuse(f"its entry {entry.filename!r} is encrypted; unpack it yourself, and give the folder")
        mode = entry.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
            raise refuse(f"its entry {entry.filename!r} is a link or a device")
        names.append(name)
    if len(set(names)) != len(names):
        raise refuse("it has two entries of one name")
    return names


def _unpack(source: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, most: int) -> int:
    """Write one entry and give its size, counting what really comes out of it."""
    written = 0
    with source.open(entry) as reader, open(target, "xb") as writer:
        while chunk := reader.read(1 << 20):
            written += len(chunk)
            if written > most:
                raise ModelFormatError(f"The entry {entry.filename!r} holds more than it declares; it is refused")
            writer.write(chunk)
    return written
