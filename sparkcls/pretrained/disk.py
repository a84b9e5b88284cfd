"""Saved pipelines: ours, as pyspark writes them, and Spark NLP's."""

from __future__ import annotations

from pathlib import Path

from pyspark.ml import PipelineModel

from sparkcls.formats.sparknlp import PIPELINE_CLASS, is_saved_stage, read_metadata
from sparkcls.stages.importer import import_pipeline


def load_pipeline(path: str) -> PipelineModel:
    """A saved pipeline. One of Spark NLP is imported; its stages become ours.

    Parameters
    ----------
    path
        A folder of this machine, or for a pipeline that sparkcls saved any path that Spark reads.
    """
    if is_saved_stage(Path(path)) and read_metadata(Path(path))["class"] == PIPELINE_CLASS:
        return import_pipeline(path)
    return PipelineModel.load(path)
