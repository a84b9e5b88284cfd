"""Formats of inputs: what file names tell, and how Spark is told to read each without losing a row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pyspark.sql import functions as F

from sparkcls.errors import ParamError
from sparkcls.jobs.listing import File
from sparkcls.spark.columns import as_unicode

FORMATS = ("csv", "tsv", "jsonl", "json", "parquet", "orc", "text", "delta")
_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".orc": "orc",
    ".txt": "text",
    ".text": "text",
}


def format_of_name(path: str) -> str | None:
    """The format that a file's name tells, None if it tells none."""
    return _SUFFIXES.get(File(path, 0, "").suffix)


def format_of(files: Sequence[File]) -> str:
    """The one format of all files.

    Raises
    ------
    ParamError
        Their names tell none, or several.
    """
    found = {format_of_name(file.path): file.path for file in files}
    if None in found:
        raise ParamError(
            f"{found[None]}: its name does not tell its format; name it, as in --format csv ({', '.join(FORMATS)})"
        )
    if len(found) > 1:
        raise ParamError(
            f"The input is of several formats ({', '.join(sorted(map(str, found)))}); classify one at a time, or force "
            "one with --format"
        )
    return str(next(iter(found)))


def is_document(spark: Any, path: str) -> bool:
    """Whether a file of JSON is one document, rather than an object a line.

    Read as the wrong one of the two Spark would drop all objects but the first without a word.
    """
    head = spark.read.text(path).limit(100).select(as_unicode(F.col("value"))).collect()
    lines = [row[0].strip("\ufeff \t") for row in head]
    first = next((line for line in lines if line), "")
    if first.startswith("["):
        return True
    try:
        json.loads(first)
    except ValueError:
        return True
    return False
