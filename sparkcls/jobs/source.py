"""What a job reads: files of a format, a table or a query, as a DataFrame that has lost no row."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from pyspark.sql import functions as F
from pyspark.sql.types import NullType, StringType, StructType

from sparkcls.errors import ColumnError, ParamError, SparkclsError
from sparkcls.jobs.encodings import has_ascii, java_charset
from sparkcls.jobs.formats import FORMATS, format_of, format_of_name, is_document
from sparkcls.jobs.listing import File, exact, exists, files_of, has_glob, reason
from sparkcls.spark.columns import as_unicode, quoted

#: A row of which not all could be read has the whole of it here, as it stands in the file; others have null.
CORRUPT = "corrupt_record"
#: Where a row stood: file, place of its block in it, and number. Rows in its order are in the input's.
ORDER = "_sparkcls_order"
#: What stands for bytes that are no text in the encoding.
REPLACEMENT = "\ufffd"
_CONFS = {
    # Without it Spark 4 knows seven encodings.
    "spark.sql.legacy.javaCharsets": "true",
    # Without it Spark 4 fails at the first byte that is no text.
    "spark.sql.legacy.codingErrorAction": "true",
}


#: A folder whose name tells the value of a column, as `partitionBy` makes them.
_PARTITION = re.compile(r"/[^/=]+=[^/]*/")


@dataclass(frozen=True)
class Source:
    """Files, or a table, or a query; one of the three.

    Parameters
    ----------
    paths
        Files, folders and patterns, of any file system that Spark reads.
    table, query
        Name of a table; a query of SQL.
    format
        One of `FORMATS`; None tells it from the files' names.
    encoding
        Of csv, tsv, jsonl, json and text: any name of Python or Java's.
    sep
        Between fields of csv; None is a comma, and a tab in tsv.
    header
        Whether csv and tsv have the columns' names in the first line. Else they are ``_c0``, ``_c1``...
    one_line
        Whether no field of csv or tsv has a line break: a large file is then read by many tasks.
    """

    paths: tuple[str, ...] = ()
    table: str | None = None
    query: str | None = None
    format: str | None = None
    encoding: str = "utf-8"
    sep: str | None = None
    header: bool = True
    one_line: bool = False

    def __post_init__(self) -> None:
        if sum(map(bool, (self.paths, self.table, self.query))) != 1:
            raise ParamError("Name what to read: files, or --table NAME, or --sql QUERY; one of the three")
        if self.format is not None and self.format not in FORMATS:
            raise ParamError(f"--format {self.format}: expected one of {', '.join(FORMATS)}")
        java_charset(self.encoding)

    def open(self, spark: Any) -> Opened:
        """Look at the input, and make a DataFrame of it; no row is read yet but what its columns need.

        Raises
        ------
        ParamError
            There is no such input, its format is not told, or it is not of it.
        ColumnError
            It has no columns.
        """
        for name, value in _CONFS.items():
            try:
                spark.conf.set(name, value)
            except Exception:  # a managed cluster may refuse, and needs it for rare encodings only
                continue
        try:
            opened = self._files(spark) if self.paths else self._rows(spark)
        except SparkclsError:
            raise
        except Exception as e:  # of classic Spark, whose readers' errors come as py4j's, or of Connect
            raise ParamError(f"The input cannot be read: {reason(e)}") from e
        if not opened.columns:
            raise ColumnError("The input has no columns: is it empty?")
        for name in ("_metadata", ORDER):
            if name in opened.columns:
                raise ColumnError(f"The input has a column {name}, which has a meaning of its own here; rename it")
        return opened

    def _rows(self, spark: Any) -> Opened:
        frame = spark.table(self.table) if self.table else spark.sql(self.query)
        return Opened(_valid(frame), self.table or "query", ())

    def _files(self, spark: Any) -> Opened:
        if self.format == "delta" or (self.format is None and all(_is_delta(spark, path) for path in self.paths)):
            return Opened(_valid(_delta(spark, self.paths)), "delta", ())
        files = files_of(spark, self.paths)
        kind = self.format or format_of(files)
        paths = [exact(path) for path in self.paths]
        # Unless told so, Spark leaves out files in folders of folders without a word, if no names tell values.
        deep = {"recursiveFileLookup": not any(_PARTITION.search(file.path) for file in files)}
        if kind in ("csv", "tsv"):
            frame = self._csv(spark, paths, "\t" if kind == "tsv" else ",", exact(_first(files)), deep)
        elif kind in ("json", "jsonl"):
            document = kind == "json" and is_document(spark, exact(_first(files)))
            options = {"encoding": self._charset, "columnNameOfCorruptRecord": CORRUPT, "multiLine": document}
            frame = spark.read.options(**options, **deep).json(paths)
        elif kind == "text":
            frame = spark.read.options(**deep).text(paths)
            frame = frame.withColumn("value", self._decoded("value")).withColumnRenamed("value", "text")
        else:
            frame = _valid(spark.read.format(kind).options(**deep).load(paths))
        opened = Opened(frame, kind, tuple(files))
        if kind in ("csv", "tsv") and has_ascii(self._charset):
            return replace(opened, lines=spark.read.options(**deep).text(paths))
        return opened

    @property
    def _charset(self) -> str:
        return java_charset(self.encoding)

    def _csv(self, spark: Any, paths: list[str], sep: str, first: str, deep: dict[str, bool]) -> Any:
        options = {
            "header": self.header,
            "sep": (self.sep or sep).replace("\\t", "\t"),
            "encoding": self._charset,
            "multiLine": not self.one_line,
            # Quotes within quotes are doubled, as in RFC 4180 and all spreadsheets.
            "escape": '"',
            "mode": "PERMISSIVE",
            # Else a line end of Windows would be part of the last field.
            "ignoreTrailingWhiteSpace": True,
        }
        if not self.one_line and has_ascii(self._charset) and not _has_ends_of_old_macs(spark, first):
            # Else Spark takes the first line's end for that of all, and lines that end otherwise for one row.
            options["lineSep"] = "\n"
        # Of the first file alone, and all strings: an id such as 007 stays what it is.
        # To infer from several lines Spark takes a name with signs of patterns for a pattern.
        lines = {"multiLine": False} if has_glob(first) else {}
        schema = spark.read.options(**options | lines).csv(first).schema
        if not schema.fields:
            raise ColumnError(f"{first}: the input has no columns: is it empty?")
        if CORRUPT in schema.names:
            raise ColumnError(
                f"The input has a column {CORRUPT}, which is kept for rows that cannot be read; rename it"
            )
        more = {
            "columnNameOfCorruptRecord": CORRUPT,
            # A file whose header differs is an error, rather than texts in the wrong columns.
            "enforceSchema": False,
            # Else what counts as a broken row depends on the columns that are asked for.
            "columnPruning": False,
        }
        schema = StructType([*schema.fields]).add(CORRUPT, StringType())
        rows = spark.read.schema(schema).options(**options, **more, **deep).csv(paths)
        # An empty line is no row.
        return rows.where(F.coalesce(F.col(CORRUPT) != "", F.lit(True)))

    def _decoded(self, name: str) -> Any:
        if self._charset == "UTF-8":
            return as_unicode(F.col(quoted(name)))
        if not has_ascii(self._charset):
            raise ParamError(
                f"--encoding {self.encoding}: plain text files are read in encodings that have single bytes for line "
                "breaks; convert the file to utf-8 first"
            )
        return F.decode(F.col(name).cast("binary"), self._charset)


@dataclass(frozen=True)
class Opened:
    """An input that was looked at.

    Attributes
    ----------
    frame
        Its rows, and the column `CORRUPT` if some can be corrupt.
    kind
        Its format, or the table's name.
    files
        All its files; none for a table, a query and Delta.
    lines
        The lines of its files of csv, as they are; None for other formats.
    """

    frame: Any
    kind: str
    files: tuple[File, ...] = field(repr=False)
    lines: Any = None

    @property
    def columns(self) -> list[str]:
        """The input's own columns."""
        return [name for name in self.frame.columns if name != CORRUPT]

    def check_columns(self, *wanted: str) -> None:
        """Raise ColumnError, with the columns that there are, unless all these are there."""
        for name in wanted:
            if name not in self.columns:
                raise ColumnError(f"There is no column {name!r}; the input has {', '.join(map(repr, self.columns))}")

    def ordered(self) -> Any:
        """Its rows with the column `ORDER`."""
        place = [F.lit("").alias("file"), F.lit(0).cast("long").alias("block")]
        if self.files:
            place = [F.col("_metadata.file_path").alias("file"), F.col("_metadata.file_block_start").alias("block")]
        return self.frame.select("*", F.struct(*place, F.monotonically_increasing_id().alias("row")).alias(ORDER))


def odd_quotes(lines: Any) -> list[str]:
    """The files in which the number of quotes is odd, so that one may be opened and never closed; five at most."""
    quotes = F.length("value") - F.length(F.replace(F.col("value"), F.lit('"'), F.lit("")))
    counts = lines.groupBy(F.col("_metadata.file_path").alias("file")).agg(F.sum(quotes).alias("quotes"))
    return [row[0] for row in counts.where(F.col("quotes") % 2 == 1).orderBy("file").limit(5).collect()]


def _first(files: list[File]) -> str:
    """The first file that has something in it."""
    return next((file.path for file in files if file.size), files[0].path)


def _has_ends_of_old_macs(spark: Any, file: str) -> bool:
    """Whether lines end in a carriage return alone."""
    first = spark.read.option("lineSep", "\n").text(file).select(as_unicode(F.col("value"))).first()
    return first is not None and "\r" in first[0].rstrip("\r")


def _is_delta(spark: Any, path: str) -> bool:
    return not has_glob(path) and format_of_name(path) is None and exists(spark, f"{path.rstrip('/')}/_delta_log")


def _delta(spark: Any, paths: tuple[str, ...]) -> Any:
    if len(paths) != 1:
        raise ParamError("Delta tables are classified one at a time")
    try:
        frame = spark.read.format("delta").load(paths[0])
        frame.schema  # noqa: B018 (asks a Connect server)
        return frame
    except Exception as e:
        if "DATA_SOURCE_NOT_FOUND" in str(e) or "Failed to find" in str(e):
            raise ParamError(
                f"{paths[0]} is a Delta table, and this Spark has no Delta: install delta-spark, and name its package, "
                "as in --conf spark.jars.packages=io.delta:delta-spark_2.13:VERSION"
            ) from e
        raise


def _valid(frame: Any) -> Any:
    """A frame whose strings are all valid UTF-8, and whose columns can be written."""

    def column(name: str, kind: Any) -> Any:
        found = F.col(quoted(name))
        if isinstance(kind, NullType):
            found = found.cast("string")
        elif isinstance(kind, StringType):
            found = as_unicode(found)
        return found.alias(name)

    return frame.select(*(column(f.name, f.dataType) for f in frame.schema.fields))
