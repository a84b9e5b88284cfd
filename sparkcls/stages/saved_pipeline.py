"""A saved pipeline of sparkcls, read from a folder of this machine without a Spark session."""

from __future__ import annotations

from pathlib import Path

from pyspark.ml import PipelineModel, Transformer

from sparkcls.errors import ModelFormatError
from sparkcls.stages.saving import light_metadata, light_pieces
from sparkcls.stages.stage import stage_of

_PIPELINES = ("pyspark.ml.pipeline.PipelineModel", "org.apache.spark.ml.PipelineModel")
#: Stages of Spark itself, which only Spark can run.
_FOREIGN = ("pyspark.", "org.apache.spark.")


def read_pipeline(path: Path) -> PipelineModel:
    """A PipelineModel with the stages of sparkcls in it; those of Spark are left out.

    Raises
    ------
    ModelNotFoundError
        There is none.
    ModelFormatError
        It is damaged, a newer sparkcls wrote it, or it is a single stage.
    """
    metadata = light_metadata(path)
    if metadata["class"] not in _PIPELINES:
        raise ModelFormatError(
            f"{path} holds a {metadata['class'].rpartition('.')[2]}; expected a fitted pipeline, as PipelineModel.save "
            "writes it"
        )
    try:
        uids: list[str] = metadata["paramMap"]["stageUids"]
    except (KeyError, TypeError) as e:
        raise ModelFormatError(f"{path}/metadata is damaged: it lists no stageUids") from e
    # pyspark pads the number with zeros to the width of the largest.
    width = len(str(len(uids)))
    stages = [_read(path / "stages" / f"{i:0{width}d}_{uid}") for i, uid in enumerate(uids)]
    pipeline = PipelineModel([stage for stage in stages if stage is not None])
    pipeline._resetUid(metadata["uid"])
    return pipeline


def _read(path: Path) -> Transformer | None:
    metadata = light_metadata(path)
    if metadata["class"] in _PIPELINES:
        return read_pipeline(path)
    if metadata["class"].startswith(_FOREIGN):
        return None
    stage: Transformer = stage_of(metadata, str(path), lambda: light_pieces(path))
    return stage
