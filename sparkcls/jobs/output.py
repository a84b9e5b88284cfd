"""Where a job's answers go, in which format, and how they get their name only when they are complete."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BinaryType, MapType, StructType

import sparkcls._classic as _classic
from sparkcls.catalogue.paths import local_path
from sparkcls.errors import ParamError
from sparkcls.jobs.formats import format_of_name
from sparkcls.jobs.listing import File, has_glob
from sparkcls.spark.columns import quoted
from sparkcls.spark.confs import is_connect

FORMATS = ("parquet", "csv", "tsv", "jsonl", "orc", "delta")
_CSV = {
    "header": "true",
    "quote": '"',
    # Doubled quotes, as RFC 4180 has it: what comes out is read again by any reader of CSV.
    "escape": '"',
    "ignoreLeadingWhiteSpace": "false",
    "ignoreTrailingWhiteSpace": "false",
}


@dataclass(frozen=True)
class Output:
    """What is to be written.

    Parameters
    ----------
    path
        A file or folder to make. One whose name ends in the name of a format becomes one file, where this process
        sees what Spark writes; any other a folder of many.
    format
        One of `FORMATS`; None is what the name says, and Parquet if it says nothing.
    """

    path: str
    format: str | None = None

    def __post_init__(self) -> None:
        if has_glob(self.path):
            raise ParamError(
                f"--out {self.path}: none of * ? [ ] {{ }} and \\ may be in it, which Spark takes for a pattern"
            )
        if not self.path.rstrip("/"):
            raise ParamError("--out: expected the name of a file or folder to make")
        if re.search(r"\.(bz2|zst|zstd|lz4|snappy|deflate)$", self.path.lower()):
            raise ParamError(f"--out {self.path}: of what compresses whole files only .gz is written")
        if self.kind not in FORMATS:
            raise ParamError(f"--out-format {self.kind}: expected one of {', '.join(FORMATS)}")

    @property
    def kind(self) -> str:
        """The format."""
        told = format_of_name(self.path)
        return self.format or ("jsonl" if told == "json" else told) or "parquet"

    @property
    def is_file(self) -> bool:
        """Whether one file is wanted, as its name tells."""
        return self.kind not in ("delta",) and format_of_name(self.path) is not None

    @property
    def work(self) -> str:
        """The folder in which it is made: beside it, in the same file system."""
        head, slash, name = self.path.rstrip("/").rpartition("/")
        return f"{head}{slash}.{name}.sparkcls"

    def check_apart(self, files: Sequence[File]) -> None:
        """Raise ParamError if files of the input would be replaced with the output."""
        inside = next((file.path for file in files if _holds(self.path, file.path)), None)
        if inside is not None:
            raise ParamError(
                f"--out {self.path}: the input {inside} is there, and would be replaced; choose another name"
            )

    def write(self, rows: Any, order: str, folder: str, one_file: bool) -> None:
        """Write rows in an order, without the column that tells it, into a folder."""
        rows = rows.repartition(1).sortWithinPartitions(order) if one_file else rows.orderBy(order)
        rows = rows.drop(order)
        if self.kind in ("csv", "tsv"):
            rows = _flat(rows)
        writer = rows.write.mode("overwrite")
        if self.kind in ("csv", "tsv"):
            writer = writer.options(**_CSV, sep="\t" if self.kind == "tsv" else ",")
        elif self.kind == "jsonl":
            writer = writer.option("ignoreNullFields", "false")
        if self.path.lower().endswith(".gz"):
            writer = writer.option("compression", "gzip")
        writer.format({"tsv": "csv", "jsonl": "json"}.get(self.kind, self.kind)).save(folder)


def _flat(rows: Any) -> Any:
    """Rows whose columns fit into CSV: what has parts is JSON, bytes are base64."""

    def column(name: str, kind: Any) -> Any:
        found = F.col(quoted(name))
        if isinstance(kind, (MapType, ArrayType, StructType)):
            found = F.to_json(found)
        elif isinstance(kind, BinaryType):
            found = F.base64(found)
        return found.alias(name)

    return rows.select(*(column(f.name, f.dataType) for f in rows.schema.fields))


class Here:
    """Files that this process sees: a name is given by one rename, which is atomic."""

    @staticmethod
    def sees(path: str) -> bool:
        """Whether what Spark has written to a path is seen from here."""
        here = local_path(path)
        return here is not None and here.exists()

    def publish(self, made: str, path: str, one_file: bool) -> None:
        """Give what was made its name, in place of what has it."""
        source, target = _here(made), _here(path)
        if one_file:
            source = next(source.glob("part-*"))
        if os.path.lexists(target) and (not one_file or (target.is_dir() and not target.is_symlink())):
            # Where a folder comes or goes one rename does not do; for a moment nothing is there.
            target.rename(source.parent / "replaced")
        os.replace(source, target)

    def delete(self, path: str) -> bool:
        """Delete a folder; whether it is gone."""
        shutil.rmtree(_here(path), ignore_errors=True)
        return not _here(path).exists()


class Elsewhere:
    """Files of another file system, by Spark's classes for it. Of them only classic Spark has a rename."""

    def __init__(self, spark: Any):
        self._spark = spark

    def publish(self, made: str, path: str, one_file: bool) -> None:
        """Give what was made its name. As atomic as the file system's rename: HDFS and ABFS are, S3 is not."""
        del one_file
        _classic.delete_path(self._spark, path)
        _classic.rename_path(self._spark, made, path)

    def delete(self, path: str) -> bool:
        """Delete a folder; whether it is gone."""
        return _classic.delete_path(self._spark, path)


def _holds(folder: str, file: str) -> bool:
    """Whether a file is the first path or lies below it."""
    above, below = local_path(folder), local_path(file)
    if above is None or below is None:
        return f"{file}/".startswith(f"{folder.rstrip('/')}/")
    return below.resolve().is_relative_to(above.resolve())


def _here(path: str) -> Path:
    found = local_path(path)
    assert found is not None, path
    return found


def store_of(spark: Any, written: str) -> Here | Elsewhere | None:
    """Who can rename and delete where Spark has written something; None: nobody but Spark's writers."""
    if Here.sees(written):
        return Here()
    return None if is_connect(spark) else Elsewhere(spark)
