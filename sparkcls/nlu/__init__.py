"""`nlu.load(ref).predict(data)`: the one-liner of the model cards.

Column names and arguments are nlu's. One thing differs on purpose: without an `output_level` one row comes back
per text, in the order given. (nlu then splits texts into sentences with a deep-learning detector, and its rows
come back in any order; ask for ``output_level="sentence"`` to have sentences.)
"""

from __future__ import annotations

import os
import sys
from typing import Any

from sparkcls import __version__, version
from sparkcls.catalogue.imported import local_folder
from sparkcls.errors import ColumnError, ParamError, ParamTypeError
from sparkcls.models.ref import ModelRef
from sparkcls.nlu.pipeline import CATEGORY, NLUPipeline
from sparkcls.nlu.references import REFERENCES, candidates, load_reference, short_ids
from sparkcls.pipelines.disk import load_pipeline
from sparkcls.pipelines.walk import pipeline_stages
from sparkcls.stages.classifiers import classifier_of_folder
from sparkcls.stages.sequence_classifier import SequenceClassifier

__all__ = ["REFERENCES", "NLUPipeline", "__version__", "candidates", "load", "nlu", "version"]

#: So that ``from sparkcls.nlu import *`` brings the module along, as with nlu.
nlu = sys.modules[__name__]

#: Arguments of nlu's `load` that change nothing here.
_IDLE = ("streamlit_caching", "get_tracer")


def load(
    request: str = "from_disk",
    path: str | os.PathLike[str] | None = None,
    verbose: bool = False,
    gpu: bool = False,
    apple_silicon: bool = False,
    **ignored: Any,
) -> NLUPipeline:
    """The pipeline of a reference such as ``en.classify.distilbert_sequence.imdb``.

    Parameters
    ----------
    request
        A reference of nlu for a sequence classifier; any ``<lang>.classify.<family>.<x>``, such as
        ``en.classify.bert.<x>``, or ``<lang>.classify.<name of a model>``, whose model is bundled, cached or in the
        store (``en.`` may be left out); or a model's name. Several are separated by spaces; their columns are then
        called ``classified_sequence_<id>``.
    path
        Load this folder instead, named by a path or URI: a model folder, or a saved pipeline with a classifier in it.
    verbose
        Whether to print which models the request stands for.
    gpu, apple_silicon
        Whether the classifier must run on a CUDA device, or on an Apple GPU; without one it then fails.
        By default it takes what there is.
    ignored
        ``streamlit_caching`` and ``get_tracer``, for nlu's callers.

    Raises
    ------
    ModelNotFoundError
        The reference is unknown, or its model is nowhere to be found.
    ParamTypeError
        The request is no str, or an argument is unknown.
    """
    unknown = sorted(set(ignored) - set(_IDLE))
    if unknown:
        raise ParamTypeError(
            f"nlu.load: unknown argument {', '.join(unknown)}; it takes request, path, verbose, gpu, apple_silicon"
        )
    if not isinstance(request, str):
        raise ParamTypeError(f"nlu.load takes a reference as str, got {request!r}")
    if path is not None:
        classifiers = _from_disk(path)
    else:
        references = list(dict.fromkeys(request.split()))
        if not references or references == ["from_disk"]:
            raise ParamError("nlu.load needs a reference, such as 'en.classify.distilbert_sequence.imdb', or a path")
        classifiers = dict(zip(short_ids(references), map(load_reference, references), strict=True))
    for classifier in classifiers.values():
        if verbose:
            print(ModelRef.from_json(classifier.getOrDefault("model")).name)  # noqa: T201
        if gpu or apple_silicon:
            classifier.setDevice("cuda" if gpu else "mps")
    return NLUPipeline(classifiers)


def _from_disk(path: str | os.PathLike[str]) -> dict[str, SequenceClassifier]:
    with local_folder(path) as folder:
        is_pipeline = (folder / "stages").is_dir()
        stages = pipeline_stages(load_pipeline(path)) if is_pipeline else []
    if not is_pipeline:
        return {"": classifier_of_folder(path)}
    found = [stage for stage in stages if isinstance(stage, SequenceClassifier)]
    if any(stage.reads_pairs() for stage in found):
        raise ParamTypeError(
            f"nlu.load(path={path!r}): its classifier reads pairs of texts, and predict takes single texts; load it "
            "with LightPipeline.load or PipelineModel.load"
        )
    if len(found) == 1:
        return {"": found[0]}
    ids = {stage.getOutputCol().removeprefix(f"{CATEGORY}_"): stage for stage in found}
    if not found or len(ids) < len(found) or not all(s.getOutputCol() == f"{CATEGORY}_{i}" for i, s in ids.items()):
        raise ColumnError(
            f"nlu.load(path={path!r}): the pipeline has {len(found)} classifiers; expected one, or several that "
            "NLUPipeline.save wrote"
        )
    return ids
