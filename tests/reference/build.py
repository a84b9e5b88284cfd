"""Build a pipeline from its description, with Spark NLP or with sparkcls alike."""

from __future__ import annotations

import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

from pyspark.sql.types import ArrayType, StringType, StructField, StructType

MODELS = Path(__file__).parent.parent / "data" / "sparknlp"
DOCUMENTS = "text array<string not null>"


def frame_of(spark: Any, rows: list[Any], schema: str) -> Any:
    """A DataFrame of one partition. `DOCUMENTS`, which DDL cannot say, is the type that Spark NLP wants of arrays."""
    typed = StructType([StructField("text", ArrayType(StringType(), containsNull=False))])
    return spark.createDataFrame([tuple(row) for row in rows], typed if schema == DOCUMENTS else schema).coalesce(1)


@cache
def unzipped(model: str) -> Path:
    """The folder of a stage that Spark NLP saved."""
    folder = Path(tempfile.mkdtemp(prefix="reference")) / model
    with zipfile.ZipFile(MODELS / f"{model}.zip") as archive:
        archive.extractall(folder)
    return folder


def build_stage(namespace: Any, kind: str, params: dict[str, Any]) -> Any:
    """One stage: ``set<Param>`` is called for every Param, names that begin with ``add`` as they stand.

    A value ``{"file": text}`` is a path to a file with this text; ``{"args": [...]}`` are several arguments. ``model``
    is a stage in tests/data/sparknlp that is loaded.
    """
    params = dict(params)
    stage_class = getattr(namespace, kind)
    stage = stage_class.load(str(unzipped(params.pop("model")))) if "model" in params else stage_class()
    for name, value in params.items():
        setter = getattr(stage, name if name.startswith("add") else "set" + name[0].upper() + name[1:])
        if isinstance(value, dict) and "file" in value:
            folder = Path(tempfile.mkdtemp(prefix="reference"))
            (folder / "file.txt").write_text(value["file"], encoding="utf-8")
            setter(str(folder / "file.txt"), *value.get("args", []))
        elif isinstance(value, dict) and "args" in value:
            setter(*value["args"])
        else:
            setter(value)
    return stage


def plain(value: Any) -> Any:
    """Rows, annotations and their lists as JSON has them: an annotation is the list of its six fields."""
    if hasattr(value, "annotatorType"):
        return [
            value.annotatorType,
            value.begin,
            value.end,
            value.result,
            dict(value.metadata),
            list(value.embeddings),
        ]
    if isinstance(value, dict):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value
