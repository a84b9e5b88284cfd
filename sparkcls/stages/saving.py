"""Saved stages: pyspark's line of metadata, and beside it the files that a stage carries.

    <path>/metadata/part-*          one JSON object, see pyspark's DefaultParamsWriter; ours is "sparkcls":
                                    {"format": n, "version": "...", "files": {name: {"bytes": n, "sha256": hex}}}
    <path>/files/part-*.parquet     the files in pieces: file string, offset long (bytes), content binary

Both are written and read through Spark, so a path may be in any file system that Spark knows, and Spark Connect, where
a path means the server's, works alike. `light_metadata` and `light_pieces` read a folder of this machine without Spark.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pyspark.errors import PySparkException
from pyspark.ml.util import DefaultParamsWriter

import sparkcls._classic as _classic
from sparkcls._version import __version__
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError
from sparkcls.models.layout import FORMERLY_DECISIVE, may_be_decisive
from sparkcls.models.ref import file_sha256

#: Version of what is described above; 0 is what sparkcls 0.1 wrote: no "sparkcls" in the metadata, and no files. Format
#: 1 knows fewer names of files, and is written where these suffice, so that sparkcls 0.2 reads it.
FORMAT = 2
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

    def save(self, path: str) -> None:
        """Write to `path`, any file system that Spark writes to; an existing stage only after ``overwrite()``.

        Overwriting is as atomic as Spark's: if it is interrupted, the old stage is lost, and loading says so.
        """
        spark, mode = self.sparkSession, "overwrite" if self.shouldOverwrite else "error"
        files: Mapping[str, Path] = self.instance.saved_files()
        ours = our_metadata(files)
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


def our_metadata(files: Mapping[str, Path]) -> dict[str, Any]:
    """What the metadata of a stage with these files says beside pyspark's."""
    facts = {name: {"bytes": file.stat().st_size, "sha256": file_sha256(file)} for name, file in files.items()}
    form = 1 if set(files) <= set(FORMERLY_DECISIVE) else FORMAT
    return {"sparkcls": {"format": form, "version": __version__, "files": facts}}


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


def read_metadata(spark: Any, path: str) -> dict[str, Any]:
    """The metadata of a saved stage. Raises ModelFormatError if a newer sparkcls wrote it."""
    line = spark.read.text(f"{path}/metadata").first()
    return checked(json.loads(line[0]) if line else None, path)


def read_pieces(spark: Any, path: str) -> Iterator[Piece]:
    """The files of a saved stage in pieces, in any order."""
    for row in spark.read.schema(SCHEMA).parquet(f"{path}/files").toLocalIterator():
        yield row["file"], row["offset"], bytes(row["content"])


def light_metadata(path: Path) -> dict[str, Any]:
    """The metadata of a stage or pipeline that is saved in a folder of this machine.

    Raises
    ------
    ModelNotFoundError
        There is none.
    ModelFormatError
        It cannot be read, or a newer sparkcls wrote it.
    """
    parts = sorted((path / "metadata").glob("part-*"))
    lines = [line for part in parts for line in part.read_text(encoding="utf-8").splitlines()]
    if not lines:
        raise ModelNotFoundError(f"No saved pipeline or stage at {path}; it must be a folder with metadata/")
    try:
        return checked(json.loads(lines[0]), str(path))
    except ValueError as e:
        raise e if isinstance(e, ModelFormatError) else ModelFormatError(f"{path}/metadata is damaged: {e}") from e


def light_pieces(path: Path) -> Iterator[Piece]:
    """The files of a stage that is saved in a folder of this machine, in pieces."""
    import pyarrow.parquet as pq

    for part in sorted((path / "files").glob("part-*.parquet")):
        for batch in pq.ParquetFile(part).iter_batches(batch_size=8):
            for row in batch.to_pylist():
                yield row["file"], row["offset"], row["content"]


def checked(metadata: Any, path: str) -> dict[str, Any]:
    """Metadata that this version can read, its part "sparkcls" filled in."""
    if not isinstance(metadata, dict) or "class" not in metadata:
        raise ModelFormatError(f"{path}/metadata is damaged: it names no class")
    ours = metadata.setdefault("sparkcls", {"format": 0, "version": "0.1", "files": {}})
    if ours["format"] > FORMAT:
        raise ModelFormatError(
            f"{path} was saved by sparkcls {ours['version']} in format {ours['format']}; this is sparkcls "
            f"{__version__}, which reads formats up to {FORMAT}. Install sparkcls {ours['version']} or newer"
        )
    return metadata


def put_together(pieces: Iterable[Piece], facts: Mapping[str, Mapping[str, Any]], target: Path, path: str) -> None:
    """Write the files of a saved stage into a folder.

    Raises
    ------
    ModelFormatError
        One is missing, cut or changed.
    """
    strange = sorted(name for name in facts if not may_be_decisive(name))
    if strange:
        # Names become paths, and the folder may be a stranger's.
        raise ModelFormatError(f"{path} lists files that are no part of a model: {', '.join(strange)[:200]}")
    for name, offset, content in pieces:
        if name not in facts:
            continue
        file = target / name
        file.parent.mkdir(parents=True, exist_ok=True)
        with open(file, "r+b" if file.exists() else "wb") as sink:
            sink.seek(offset)
            sink.write(content)
    for name, fact in facts.items():
        file = target / name
        if not file.is_file() or file.stat().st_size != fact["bytes"] or file_sha256(file) != fact["sha256"]:
            raise ModelFormatError(
                f"{path} is damaged: its file {name} is missing, cut or changed; copy it again, or save it anew"
            )
