"""Saved pipelines of sparkcls in folders of this machine, read and written without a Spark session."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pyspark
from pyspark.ml import PipelineModel, Transformer
from pyspark.ml.pipeline import PipelineSharedReadWrite
from pyspark.ml.util import DefaultParamsWriter

from sparkcls.errors import ModelFormatError, ParamTypeError
from sparkcls.saving.reading import light_metadata, light_pieces
from sparkcls.saving.stage_files import loads, our_metadata
from sparkcls.stages.stage import SavedTransformer, stage_of

_PIPELINES = ("pyspark.ml.pipeline.PipelineModel", "org.apache.spark.ml.PipelineModel")
#: Stages of Spark itself, which only Spark can run.
_FOREIGN = ("pyspark.", "org.apache.spark.")
#: Of pipelines in pipelines, together.
_MOST_STAGES = 200

_stage_path = PipelineSharedReadWrite.getStagePath


def read_pipeline(path: Path) -> PipelineModel:
    """A PipelineModel with the stages of sparkcls in it; those of Spark are left out.

    It may be a stranger's: no class is imported by a name that stands in it.

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
    return _pipeline(path, metadata, set())


def _pipeline(path: Path, metadata: dict[str, Any], seen: set[Path]) -> PipelineModel:
    stages = [_read(folder, seen) for folder in _stage_folders(path, metadata, seen)]
    pipeline = PipelineModel([stage for stage in stages if stage is not None])
    pipeline._resetUid(metadata["uid"])
    return pipeline


def _read(path: Path, seen: set[Path]) -> Transformer | None:
    metadata = light_metadata(path)
    if metadata["class"] in _PIPELINES:
        return _pipeline(path, metadata, seen)
    if metadata["class"].startswith(_FOREIGN):
        return None
    stage: Transformer = stage_of(metadata, str(path), lambda: light_pieces(path))
    return stage


def classes_in(path: Path, seen: set[Path] | None = None) -> set[str]:
    """The names of the classes of all stages of a saved stage or pipeline. Raises as `read_pipeline` does."""
    metadata = light_metadata(path)
    if metadata["class"] not in _PIPELINES:
        return {metadata["class"]}
    seen = set() if seen is None else seen
    return set().union(*(classes_in(folder, seen) for folder in _stage_folders(path, metadata, seen)))


def _stage_folders(path: Path, metadata: dict[str, Any], seen: set[Path]) -> list[Path]:
    """The folders of a pipeline's stages, in their order, each added to the ones `seen`. Raises ModelFormatError."""
    uids = metadata["paramMap"].get("stageUids")
    # Each becomes part of a path.
    if not isinstance(uids, list) or not all(isinstance(u, str) and not set(u) & set("/\\\0") for u in uids):
        raise ModelFormatError(f"{path}/metadata is damaged: it lists no stageUids")
    folders = [Path(_stage_path(uid, i, len(uids), str(path / "stages"))) for i, uid in enumerate(uids)]
    # Not Path.resolve(), which fails at a link to itself.
    here, *below = (Path(os.path.realpath(folder)) for folder in (path, *folders))
    found = {here, *below}
    if len(seen) + len(found) > _MOST_STAGES:
        raise ModelFormatError(f"{path} has more than {_MOST_STAGES} stages in all")
    if len(found) <= len(folders) or found & seen - {here}:
        raise ModelFormatError(f"{path} has one folder for two stages; is it linked into itself?")
    seen |= found
    return folders


def write_pipeline(model: PipelineModel, path: Path) -> None:
    """Write a pipeline as `PipelineModel.save` would, for it and for `LightPipeline.load`.

    Through Spark a path means the disks of the executors, or on Spark Connect the server's.

    Parameters
    ----------
    path
        A folder that is not there yet.

    Raises
    ------
    ParamTypeError
        A stage is not of sparkcls.
    """
    for number, stage in enumerate(model.stages):
        folder = Path(_stage_path(stage.uid, number, len(model.stages), str(path / "stages")))
        if isinstance(stage, PipelineModel):
            write_pipeline(stage, folder)
        else:
            _write_stage(stage, folder)
    _write_metadata(model, path, paramMap={"stageUids": [s.uid for s in model.stages], "language": "Python"})


def _write_stage(stage: Transformer, path: Path) -> None:
    if not isinstance(stage, SavedTransformer):
        raise ParamTypeError(f"{type(stage).__name__} is no stage of sparkcls; only Spark can save it")
    files = stage.saved_files()
    if files:
        _write_files(files, path / "files")
    _write_metadata(stage, path, extraMetadata=our_metadata(stage, files))


def _write_files(files: Mapping[str, Path], folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True)
    schema = pa.schema({"file": pa.string(), "offset": pa.int64(), "content": pa.binary()})
    target = folder / "part-00000.parquet"
    with pq.ParquetWriter(target, schema, compression="NONE", use_dictionary=False, write_statistics=False) as writer:
        for load in loads(files):
            columns = zip(*load, strict=True)
            writer.write_table(pa.table([list(column) for column in columns], schema=schema))


def _write_metadata(instance: Any, path: Path, **more: Any) -> None:
    spark = cast(Any, SimpleNamespace(version=pyspark.__version__))
    line = DefaultParamsWriter._get_metadata_to_save(instance, spark, **more)
    (path / "metadata").mkdir(parents=True)
    (path / "metadata" / "part-00000").write_text(line + "\n", encoding="utf-8")
