"""The folder of a job that is being done: its input cut into parts, and the parts that are done.

    <work>/manifest                            one JSON object: the run, what it was made from, its parts
    <work>/<run>/input/*.parquet               the input's rows, with their places; each file belongs to one part
    <work>/<run>/done/_sparkcls_part=3/        a part with its answers
    <work>/<run>/result/                       the output until it gets its name

Spark writes and reads all of it, so it may lie in any file system that Spark writes to, and a client of Spark Connect
needs no access to it. A part is done if all its rows are in it, each once; that is counted, and rests on no file
system's rename being atomic. So a job that was killed at any moment goes on with the parts that are not done.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from sparkcls.jobs.listing import exists
from sparkcls.jobs.quality import Quality, quality_of
from sparkcls.jobs.source import ORDER

#: In the done rows, the number of their part; Spark makes it of the names of folders.
PART = "_sparkcls_part"
#: What Spark says of a folder in which there is no file of Parquet.
_EMPTY = ("UNABLE_TO_INFER_SCHEMA", "Unable to infer schema")


@dataclass(frozen=True)
class Part:
    """Rows that are scored together: names of copied files; without any, all of them."""

    number: int
    files: tuple[str, ...]
    rows: int


@dataclass(frozen=True)
class Work:
    """An input that was cut into parts: what the manifest says."""

    path: str
    run: str
    made_from: dict[str, Any]
    schema: StructType
    parts: tuple[Part, ...]
    quality: Quality

    @property
    def rows(self) -> int:
        """Rows of all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def folder(self) -> str:
        """The run's folder."""
        return f"{self.path}/{self.run}"

    def read(self, spark: Any, part: Part) -> Any:
        """The rows of a part."""
        folder = f"{self.folder}/input"
        return spark.read.schema(self.schema).parquet(*(f"{folder}/{name}" for name in part.files or ("",)))

    def write(self, part: Part, scored: Any) -> None:
        """Write a part with its answers."""
        scored.write.mode("overwrite").parquet(f"{self.folder}/done/{PART}={part.number}")

    def done(self, spark: Any) -> Any | None:
        """All rows that have answers; None if there is none."""
        return _read_if_there(spark, f"{self.folder}/done")

    def missing(self, spark: Any) -> list[Part]:
        """The parts that are not done: those that lack a row, or have one twice."""
        rows = self.done(spark)
        found = {}
        if rows is not None:
            counts = rows.groupBy(PART).agg(F.count("*"), F.countDistinct(f"{ORDER}.row"))
            found = {number: (count, different) for number, count, different in counts.collect()}
        return [part for part in self.parts if not part.rows or found.get(part.number) != (part.rows, part.rows)]


def copy_input(spark: Any, path: str, rows: Any, lines: Any, made_from: dict[str, Any], part_rows: int) -> Work:
    """Copy an input into a work folder, cut into parts; an older run there is forgotten.

    Parameters
    ----------
    rows
        The input with the column `ORDER`.
    lines
        See `Opened`.
    made_from
        What the answers depend on, as JSON takes it.
    part_rows
        Rows of a part, at most.
    """
    run = uuid.uuid4().hex[:12]
    folder = f"{path}/{run}/input"
    rows.write.mode("overwrite").option("maxRecordsPerFile", part_rows).parquet(folder)
    copied = spark.read.schema(rows.schema).parquet(folder)
    files = sorted(copied.groupBy("_metadata.file_name").count().collect())
    # An input without rows has a part too, so that its output has the columns.
    parts = tuple(Part(i, *part) for i, part in enumerate(_parts(files, part_rows))) or (Part(0, (), 0),)
    work = Work(path, run, made_from, rows.schema, parts, quality_of(copied, lines))
    manifest = asdict(work) | {"schema": work.schema.jsonValue()}
    line = spark.createDataFrame([(json.dumps(manifest),)], "value string")
    line.coalesce(1).write.mode("overwrite").text(f"{path}/manifest")
    return work


def _parts(files: Iterable[tuple[str, int]], most: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """Neighbouring files, as many as have at most so many rows together."""
    names: list[str] = []
    rows = 0
    for name, count in files:
        if names and rows + count > most:
            yield tuple(names), rows
            names, rows = [], 0
        names.append(name)
        rows += count
    if names:
        yield tuple(names), rows


def read_work(spark: Any, path: str) -> Work | None:
    """What lies in a work folder; None if nothing does, or its input was not copied to the end."""
    lines = _read_if_there(spark, f"{path}/manifest", "text")
    found = [] if lines is None else lines.collect()
    if len(found) != 1:
        return None
    try:
        value = json.loads(found[0][0])
        parts = tuple(Part(part["number"], tuple(part["files"]), part["rows"]) for part in value["parts"])
        schema = StructType.fromJson(value["schema"])
        return Work(path, value["run"], value["made_from"], schema, parts, Quality(**value["quality"]))
    except (ValueError, KeyError, TypeError):
        return None


def _read_if_there(spark: Any, path: str, kind: str = "parquet") -> Any | None:
    if not exists(spark, path):
        return None
    try:
        frame = spark.read.format(kind).load(path)
        frame.schema  # noqa: B018 (asks a Connect server)
    except PySparkException as e:
        if any(sign in str(e) for sign in _EMPTY):
            return None
        raise
    return frame


def changes(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What differs between what two runs are made from, in words."""
    return [
        f"{key}: was {_short(before.get(key))}, is {_short(now.get(key))}"
        for key in sorted({*before, *now})
        if before.get(key) != now.get(key)
    ]


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 120 else f"{text[:117]}..."
