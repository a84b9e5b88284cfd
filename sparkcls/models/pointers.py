"""Pointers of git-lfs: what stands in a clone in place of a large file."""

from __future__ import annotations

from pathlib import Path

from sparkcls.errors import ModelFormatError

_START = b"version https://git-lfs"


def refuse_pointer(file: Path) -> None:
    """Raise ModelFormatError if a file is a pointer, OSError if it cannot be read."""
    with open(file, "rb") as content:
        if content.read(len(_START)) == _START:
            raise ModelFormatError(
                f"{file} is a pointer of git-lfs, the file's content is still to be fetched; run `git lfs pull` "
                "where the model was cloned"
            )
