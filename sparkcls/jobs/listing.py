"""Which files an input consists of, in any file system that Spark reads, on classic Spark and on Connect."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from pyspark.errors import PySparkException

from sparkcls.catalogue.paths import local_path
from sparkcls.errors import ParamError, first_line

_GLOB = re.compile(r"[*?\[\]{}\\]")


@dataclass(frozen=True)
class File:
    """A file as Spark lists it."""

    path: str
    size: int
    modified: str

    @property
    def suffix(self) -> str:
        """What the name ends in, without what tells of compression: ``.csv`` of ``a.CSV.gz``."""
        name = re.sub(r"\.(gz|bz2|zst|zstd|lz4|snappy|deflate)$", "", self.path.lower())
        return os.path.splitext(name)[1]


def has_glob(path: str) -> bool:
    """Whether Spark would take a path for a pattern."""
    return bool(_GLOB.search(path))


def exact(path: str) -> str:
    """A path as Spark must be given it: a name with signs of patterns in it is meant as it is if it is there."""
    here = local_path(path)
    if has_glob(path) and here is not None and os.path.lexists(here):
        return _GLOB.sub(r"\\\g<0>", path)
    return path


def files_of(spark: Any, paths: Sequence[str]) -> list[File]:
    """All files below paths, which may be files, folders and patterns, by name; without empty ones
    and those whose names begin with `_` or `.`.

    Raises
    ------
    ParamError
        A path leads to nothing, or cannot be read; or two lead to one file.
    """
    found: list[File] = []
    for path in paths:
        try:
            reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
            rows = reader.load(exact(path)).selectExpr("path", "length", "cast(modificationTime as string)").collect()
        except Exception as e:  # a file system that Spark has no classes for comes as py4j's own error
            raise _unreadable(path, e) from e
        if not rows:
            raise ParamError(f"{path}: there is no file in it that is not empty")
        found += [File(*row) for row in rows]
    found.sort(key=lambda file: file.path)
    for file, following in pairwise(found):
        if file.path == following.path:
            raise ParamError(f"{file.path} is named by two of the inputs, so its rows would be there twice")
    return found


def exists(spark: Any, path: str) -> bool:
    """Whether this process or Spark sees a file or folder of a path."""
    here = local_path(path)
    if here is not None and os.path.lexists(here):
        return True
    try:
        # Twice, because of one path that is not there Spark logs a page.
        spark.read.format("binaryFile").option("recursiveFileLookup", "true").load([path, path]).limit(0).collect()
    except Exception as e:
        if "PATH_NOT_FOUND" in str(e) or "Path does not exist" in str(e):
            return False
        raise _unreadable(path, e) from e
    return True


def _unreadable(path: str, error: Exception) -> ParamError:
    if "PATH_NOT_FOUND" in str(error) or "Path does not exist" in str(error):
        return ParamError(
            f"{path}: no such file, folder or pattern where Spark runs (a path without a scheme is one of Spark's own "
            "file system, which on a cluster is not this machine's)"
        )
    return ParamError(f"{path} cannot be read: {reason(error)}")


def reason(error: Exception) -> str:
    """What went wrong, of an error of Spark with its many lines."""
    lines = [line.strip().removeprefix(": ") for line in str(error).splitlines() if "Exception" in line]
    named = isinstance(error, PySparkException) or not lines
    return (first_line(error) if named else lines[0])[:400]
