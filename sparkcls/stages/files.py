"""Reading the small text files that some Params name."""

from __future__ import annotations

import os
from typing import Any

from sparkcls.catalogue.paths import local_path
from sparkcls.errors import ParamError, ParamFileError, ParamTypeError
from sparkcls.text.files import lines_of


def read_lines(name: str, path: Any) -> list[str]:
    """The lines of a UTF-8 file, without blank ones.

    Parameters
    ----------
    name
        The Param that names the file.
    path
        A path, ``file:``, ``dbfs:`` (with the mount /dbfs), see `local_path`, or a URI that `fsspec` opens.

    Raises
    ------
    ParamFileError
        There is no such file, or it cannot be read.
    ParamTypeError, ParamError
        `path` is not a path; the file is not UTF-8.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise ParamTypeError(f"{name} takes a path as str, got {path!r}")
    location = os.fspath(path)
    here = local_path(location)
    try:
        content = here.read_bytes() if here is not None else _read(location)
    except Exception as e:
        # Every filesystem has its own classes of errors.
        raise ParamFileError(f"{name}: {location} cannot be read ({type(e).__name__}: {e}); is the path right?") from e
    return [line for line in lines_of(content, f"{name}: {location}", ParamError) if line.strip()]


def _read(location: str) -> bytes:
    # Here and not at the top: few pipelines have such a file.
    import fsspec

    with fsspec.open(location, "rb") as file:
        content: bytes = file.read()
    return content
