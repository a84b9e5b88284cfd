"""Saved stages: pyspark's line of metadata, and beside it the files that a stage carries.

    <path>/metadata/part-*          one JSON object, see pyspark's DefaultParamsWriter; ours is "sparkcls":
                                    {"format": n, "version": "...", "files": {name: {"bytes": n, "sha256": hex}}}
    <path>/files/part-*.parquet     the files in pieces: file string, offset long (bytes), content binary

Both are written and read through Spark, so a path may be in any file system that Spark knows, and Spark Connect, where
a path means the server's, works alike. This module writes; `sparkcls.saving.reading` reads.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pyspark.errors import PySparkException
from pyspark.ml.param import Params
from pyspark.ml.util import DefaultParamsWriter

import sparkcls._classic as _classic
from sparkcls._version import __version__
from sparkcls.errors import ParamError, ParamTypeError
from sparkcls.models.checksums import file_sha256
from sparkcls.models.layout import FORMERLY_DECISIVE

#: Version of what is described above; 0 is what sparkcls 0.1 wrote: no "sparkcls" in the metadata, and no files. Format
#: 1 knows fewer names of files, and is written where these suffice, so that sparkcls 0.2 reads it.
FORMAT = 2
#: Defaults that are not written, because sparkcls 0.2 refuses Params that it does not have.
_SINCE_0_3 = {"longText": "truncate", "windowPooling": "mean"}
#: Bytes of a piece, and of what is given to Spark at once.
PIECE, LOAD = 4 << 20, 32 << 20
SCHEMA = "file string, offset long, content binary"

#: A piece of a file: its name, where the piece begins, its bytes.
Piece = tuple[str, int, bytes]


class StageWriter(DefaultParamsWriter):
    """Writes a stage by the DataFrame API alone.

    The stage gives ``saved_files()``, files of this machine by name.

    pyspark's own writer deletes the old folder through the JVM, which Spark Connect does not give (SPARK-55452);
    Spark's overwrite mode does the same.
    """

    instance: Any

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write to `path`, in any file system that Spark writes to; an existing stage only after ``overwrite()``.

        Overwriting is as atomic as Spark's: if it is interrupted, the old stage is lost, and loading says so.
        """
        path = as_path("save(path)", path)
        spark, mode = self.sparkSession, "overwrite" if self.shouldOverwrite else "error"
        files: Mapping[str, Path] = self.instance.saved_files()
        ours = our_metadata(self.instance, files)
        line = DefaultParamsWriter._get_metadata_to_save(self.instance, spark, extraMetadata=ours)
        if files and not self.shouldOverwrite and _is_there(spark, f"{path}/metadata"):
            raise ParamError(f"{path} holds a stage; to replace it call write().overwrite().save(...)")
        if files:
            _write_files(spark, files, f"{path}/files", mode)
        # Last, so that what was interrupted is not taken for a stage.
        frame = spark.createDataFrame([(line,)], "value string").coalesce(1)
        frame.write.mode(mode).text(f"{path}/metadata")


def _is_there(spark: Any, path: str) -> bool:
    try:
        # Spark looks for the files when it is asked for the schema.
        return bool(spark.read.text(path).schema)
    except PySparkException:
        return False


def our_metadata(stage: Params, files: Mapping[str, Path]) -> dict[str, Any]:
    """What the metadata of a stage with these files says beside pyspark's, or in its place."""
    defaults = {param.name: value for param, value in stage._defaultParamMap.items()}
    known = {name: value for name, value in defaults.items() if _SINCE_0_3.get(name) != value}
    facts = {name: {"bytes": file.stat().st_size, "sha256": file_sha256(file)} for name, file in files.items()}
    form = 1 if set(files) <= set(FORMERLY_DECISIVE) else FORMAT
    return {"defaultParamMap": known, "sparkcls": {"format": form, "version": __version__, "files": facts}}


def _write_files(spark: Any, files: Mapping[str, Path], target: str, mode: str) -> None:
    for load in loads(files):
        frame = _frame(spark, load).coalesce(1)
        frame.write.mode(mode).option("compression", "uncompressed").parquet(target)
        mode = "append"


def _frame(spark: Any, load: list[Piece]) -> Any:
    if _classic.IS_3:
        # It takes no Arrow table.
        return spark.createDataFrame([(name, offset, bytearray(content)) for name, offset, content in load], SCHEMA)
    import pyarrow as pa

    names, offsets, contents = zip(*load, strict=True)
    columns = {
        "file": pa.array(names, pa.string()),
        "offset": pa.array(offsets, pa.int64()),
        "content": pa.array(contents, pa.binary()),
    }
    return spark.createDataFrame(pa.table(columns))


def loads(files: Mapping[str, Path]) -> Iterator[list[Piece]]:
    """Files in pieces, as many at a time as are held in memory."""
    load: list[Piece] = []
    size = 0
    for name, file in files.items():
        with open(file, "rb") as source:
            for offset in range(0, max(1, file.stat().st_size), PIECE):
                content = source.read(PIECE)
                load.append((name, offset, content))
                size += len(content)
                if size >= LOAD:
                    yield load
                    load, size = [], 0
    if load:
        yield load


def as_path(what: str, path: Any) -> str:
    """A path or URI as str. Raises ParamTypeError; `what` says of which argument."""
    if isinstance(path, (str, os.PathLike)):
        found = os.fspath(path)
        if isinstance(found, str):
            return found
    raise ParamTypeError(f"{what} takes a path as str, got {path!r}")
