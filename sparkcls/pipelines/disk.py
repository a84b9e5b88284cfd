"""Saved pipelines and stages: ours, as pyspark writes them, and Spark NLP's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pyspark.ml import PipelineModel, Transformer

from sparkcls.catalogue.imported import local_folder
from sparkcls.catalogue.paths import is_elsewhere
from sparkcls.errors import ModelFormatError, ModelNotFoundError
from sparkcls.formats.sparknlp.saved_stage import OF_SPARK_NLP, PIPELINE_CLASSES, is_saved_stage, read_metadata
from sparkcls.pipelines.saved import classes_in, read_pipeline
from sparkcls.pipelines.sparknlp import import_pipeline, import_saved
from sparkcls.saving.reading import light_metadata, light_pieces
from sparkcls.stages.stage import stage_of


def load_pipeline(path: str | os.PathLike[str]) -> PipelineModel:
    """A saved pipeline. One of Spark NLP is imported; its stages become ours.

    Parameters
    ----------
    path
        A path or URI, see `sparkcls.catalogue.imported.local_folder`, or for a pipeline that sparkcls saved any path
        that Spark reads.

    Raises
    ------
    ModelFormatError
        It is damaged, or has stages of other libraries, which pyspark would import by the names that stand in it.
    """
    location = os.fspath(path)
    with _seen_here(location) as folder:
        if folder is not None and is_saved_stage(folder):
            if _is_foreign(folder):
                return import_pipeline(folder)
            if _is_ours(folder):
                return read_pipeline(folder)
            # Its stages of Spark need Spark to read them.
            location = location if is_elsewhere(location) else str(folder)
    return PipelineModel.load(location)


def load_saved(path: str | os.PathLike[str]) -> Transformer | None:
    """A saved pipeline, see `load_pipeline`, or a saved stage; None if nothing that Spark ML saved is there."""
    location = os.fspath(path)
    try:
        with local_folder(f"{location.rstrip('/')}/metadata" if is_elsewhere(location) else location) as found:
            folder = found.parent if is_elsewhere(location) else found
            if not is_saved_stage(folder):
                return None
            name = read_metadata(folder)["class"]
    except ModelNotFoundError:
        return None
    if name in PIPELINE_CLASSES:
        return load_pipeline(location)
    with local_folder(location) as folder:
        if name.startswith(OF_SPARK_NLP):
            return import_saved(folder)
        stage: Transformer = stage_of(light_metadata(folder), location, lambda: light_pieces(folder))
        return stage


@contextmanager
def _seen_here(location: str) -> Iterator[Path | None]:
    """The folder, None where Spark may see more than this process."""
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(local_folder(location))
        except ModelNotFoundError:
            yield None
            return
        yield folder


def _is_foreign(folder: Path) -> bool:
    """Whether the JVM saved it, as it does Spark NLP's; or Python, with a pipeline of Spark NLP's inside of it."""
    name = read_metadata(folder)["class"]
    if name != PIPELINE_CLASSES[1]:
        return bool(name == PIPELINE_CLASSES[0])
    return any(inner.startswith(OF_SPARK_NLP) for inner in classes_in(folder))


def _is_ours(folder: Path) -> bool:
    """Whether all stages are of sparkcls; else the others are Spark's. Raises ModelFormatError for any other."""
    classes = classes_in(folder)
    strange = sorted(name for name in classes if not name.startswith(("sparkcls.", "pyspark.ml.", "org.apache.spark.")))
    if strange:
        raise ModelFormatError(
            f"{folder} has stages that are neither of sparkcls nor of Spark: {', '.join(strange)[:200]}. If you trust "
            "it, read it with pyspark.ml.PipelineModel.load, which imports these classes, so that their code runs"
        )
    return all(name.startswith("sparkcls.") for name in classes)
