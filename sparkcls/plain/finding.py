"""From what a user calls a model to the stages from a text to its categories."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pyspark.ml import PipelineModel, Transformer

from sparkcls.catalogue.names import is_repository
from sparkcls.catalogue.paths import is_elsewhere, local_path
from sparkcls.errors import ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.models.bundled import BUNDLED_DEFAULT, BUNDLED_LANGUAGE, bundled_names
from sparkcls.pipelines.disk import load_saved
from sparkcls.stages.params import setter
from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.transformer import TransformerForSequenceClassification, TransformerForZeroShotClassification
from sparkcls.stages.zero_shot import ZeroShotClassifier

#: Params of a classifier that a call sees to itself, or that would have no effect.
_OWN = ("inputCols", "outputCol", "pairCol", "model", "lazyAnnotator", "saveWeights")
_LABELS = "candidateLabels"


def find_model(
    model: Any, candidate_labels: Sequence[str] | None, lang: str, params: Mapping[str, Any]
) -> SequenceClassifier | PipelineModel:
    """A classifier with a model, or a pipeline that ends in one, with Params set. What was given is not changed.

    Parameters
    ----------
    model, candidate_labels, lang, params
        See `sparkcls.classifier`.

    Raises
    ------
    ModelNotFoundError, ModelFormatError
        There is no such model, or it cannot be used.
    ParamError, ParamTypeError
        It is no model; a Param is unknown or has a bad value.
    """
    values = dict(params)
    if candidate_labels is not None:
        values[_LABELS] = candidate_labels
    if model is None or isinstance(model, (str, os.PathLike)):
        model = _named(model, _LABELS in values, lang)
    if isinstance(model, PipelineModel):
        # What reads the pipeline says what it takes.
        return PipelineModel([*model.stages[:-1], _with_params(model.stages[-1], values)]) if values else model
    if isinstance(model, SequenceClassifier):
        return _with_params(model, values)
    raise ParamTypeError(
        "A model is a name, a folder, owner/name of the Hugging Face Hub, a saved pipeline, a classifier stage, or a "
        f"fitted PipelineModel that ends in one; got {type(model).__name__}" + _advice(model)
    )


def _advice(model: Any) -> str:
    if hasattr(model, "fit"):
        return "; call fit first"
    return "" if not hasattr(model, "pipeline_model") else "; give its pipeline_model"


def _named(model: str | os.PathLike[str] | None, zero_shot: bool, lang: str) -> Transformer:
    stage: type[SequenceClassifier] = (
        TransformerForZeroShotClassification if zero_shot else TransformerForSequenceClassification
    )
    if model is None:
        if zero_shot:
            raise ParamError(
                "candidate_labels needs a model of natural language inference, and none is bundled: name one with "
                "model="
            )
        if lang != BUNDLED_LANGUAGE:
            raise ParamError(
                f"lang={lang!r} goes with a model's name; without one it is a bundled model, which reads English"
            )
        return stage.pretrained(BUNDLED_DEFAULT)
    location = os.fspath(model)
    if not _is_folder(model):
        return stage.pretrained(location, lang)
    return load_saved(location) or stage.loadSavedModel(location)


def _is_folder(model: str | os.PathLike[str]) -> bool:
    """Whether it is a folder, and not a name. A bundled model's name is that; else a folder of the name comes first."""
    location = os.fspath(model)
    if location in bundled_names() or not location:
        return False
    if is_elsewhere(location):
        return True
    path = local_path(location)
    assert path is not None
    if path.is_dir():
        # Of a plain name, such as imdb, there may be a folder of something else.
        is_name = isinstance(model, str) and re.fullmatch(r"\w[\w.-]*", location) is not None
        return not is_name or any((path / name).exists() for name in ("config.json", "metadata", "assets"))
    if isinstance(model, os.PathLike) or location.startswith((".", "/", "~", "file:", "dbfs:")) or _is_deep(location):
        raise ModelNotFoundError(f"There is no folder {path}; a model is a folder, a name, or owner/name")
    return False


def _is_deep(location: str) -> bool:
    return os.sep in location and not is_repository(location)


def _with_params(stage: Any, values: Mapping[str, Any]) -> Any:
    """A copy of a classifier with Params set, each through its setter."""
    if not isinstance(stage, SequenceClassifier):
        raise ParamTypeError(
            f"The Params {', '.join(values)} are a classifier's, but the pipeline ends in {type(stage).__name__}; set "
            "them on its classifier"
        )
    if _LABELS in values and not isinstance(stage, ZeroShotClassifier):
        raise ParamError(
            f"candidate_labels is for zero-shot classifiers; {type(stage).__name__} chooses among its model's labels"
        )
    known = [param.name for param in stage.params if param.name not in _OWN]
    for name in values:
        if name not in known:
            raise ParamTypeError(_unknown(name, known))
    found = stage.copy()
    for name, value in values.items():
        if value is not None:
            getattr(found, setter(name))(value)
    return found


def _unknown(name: str, known: Sequence[str]) -> str:
    plain = {other.lower(): other for other in known}
    near = difflib.get_close_matches(name.replace("_", "").lower(), list(plain), n=2)
    why = "a call sees to that itself" if name in _OWN else f"it has {', '.join(sorted(known))}"
    meant = f"; is {' or '.join(plain[n] for n in near)} meant?" if near and name not in _OWN else ""
    return f"The classifier has no Param {name!r} to set here{meant} ({why})"
