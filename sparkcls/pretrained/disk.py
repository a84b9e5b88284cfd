"""Saved pipelines: ours, as pyspark writes them, and Spark NLP's."""

from __future__ import annotations

import json
from pathlib import Path

from pyspark.ml import PipelineModel, Transformer

#: What the metadata of a pipeline names that was saved on the JVM.
JVM_PIPELINE = "org.apache.spark.ml.PipelineModel"


def load_pipeline(path: str) -> PipelineModel:
    """A saved pipeline. One of Spark NLP is imported; its stages become ours.

    Parameters
    ----------
    path
        A folder of this machine, or for a pipeline that sparkcls saved any path that Spark reads.
    """
    if _saved_class(path) == JVM_PIPELINE:
        from sparkcls.stages.importer import import_pipeline

        return import_pipeline(Path(path))
    return PipelineModel.load(path)


def pipeline_stages(model: PipelineModel) -> list[Transformer]:
    """Stages in order, those of nested pipelines in place."""
    return [inner for s in model.stages for inner in (pipeline_stages(s) if isinstance(s, PipelineModel) else [s])]


def _saved_class(path: str) -> str | None:
    """The class that a saved folder of this machine names; None for other file systems."""
    parts = sorted(Path(path).glob("metadata/part-*"))
    try:
        lines = [line for part in parts for line in part.read_text(encoding="utf-8").splitlines() if line]
        return str(json.loads(lines[0])["class"]) if lines else None
    except (OSError, ValueError, KeyError):
        return None  # Spark's own reader says best what is wrong
