"""What Spark NLP saved about one stage: its metadata, taken over into a stage of sparkcls."""

from __future__ import annotations

import os
import warnings
from typing import Any

from sparkcls.catalogue.imported import local_folder
from sparkcls.catalogue.paths import is_elsewhere
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.formats.sparknlp.saved_stage import OF_SPARK_NLP, is_saved_stage, read_metadata
from sparkcls.saving.stage_files import as_path

#: Params that have no meaning here, with the one value that changes nothing.
_IDLE = {"targetPattern": "\\S+", "caseSensitiveExceptions": True}
#: Of the JVM's machinery: never of consequence for a result.
_IGNORED = ("engine", "configProtoBytes", "model")


def foreign_metadata(path: str | os.PathLike[str]) -> dict[str, Any] | None:
    """The metadata of a stage that Spark NLP saved at a path; None if it is one of ours, or not seen from here."""
    path = as_path("load(path)", path)
    try:
        elsewhere = is_elsewhere(path)
        with local_folder(f"{path.rstrip('/')}/metadata" if elsewhere else path) as folder:
            stage = folder.parent if elsewhere else folder
            metadata = read_metadata(stage) if is_saved_stage(stage) else None
    except (ModelNotFoundError, ModelFormatError, ParamError, OSError):
        # Spark may see more than this process, and its reader has the better message.
        return None
    return metadata if metadata and metadata["class"].startswith(OF_SPARK_NLP) else None


def with_saved_params(stage: Any, metadata: dict[str, Any], where: str) -> Any:
    """The stage with the uid and the Params that its saved counterpart was given.

    Raises
    ------
    ModelFormatError
        A value is one that the Param does not take.
    """
    values = metadata.get("paramMap") or {}
    if not isinstance(values, dict):
        raise ModelFormatError(f"{where}: paramMap is no object of Params by name")
    known = {name: value for name, value in values.items() if stage.hasParam(name) and name not in _IGNORED}
    lost = [n for n, v in values.items() if n not in known and n not in _IGNORED and _IDLE.get(n) != v]
    if lost:
        warnings.warn(
            f"{where}: {type(stage).__name__} has no {', '.join(sorted(lost))} here; results may differ",
            stacklevel=2,
        )
    try:
        stage._update(**known)
    except (ParamError, ParamTypeError) as e:
        raise ModelFormatError(f"{where}: {e}") from e
    if isinstance(metadata.get("uid"), str):
        stage._resetUid(metadata["uid"])
    return stage
