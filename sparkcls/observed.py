"""`sparkcls.metrics`: what a classifier has done."""

from __future__ import annotations

from typing import Any

from pyspark.ml import PipelineModel

from sparkcls.errors import MetricsError, ParamTypeError
from sparkcls.pipelines.walk import pipeline_stages
from sparkcls.spark.observing import figures_of_progress
from sparkcls.stages.sequence_classifier import SequenceClassifier


def metrics_of(model: Any, output: str | None, timeout: float) -> dict[str, Any]:
    """See `sparkcls.metrics`."""
    if hasattr(model, "lastProgress"):
        figures = figures_of_progress(model.lastProgress) if model.lastProgress else {}
        return figures[_choose(list(figures), output)]
    # A TextClassifier, which stands above this module, has its stage.
    model = getattr(model, "classifier", model)
    stages = [
        s
        for s in (pipeline_stages(model) if isinstance(model, PipelineModel) else [model])
        if isinstance(s, SequenceClassifier)
    ]
    if not stages:
        raise ParamTypeError(
            f"metrics takes a classifier stage or a PipelineModel that holds one, got {type(model).__name__}"
        )
    column = _choose([s.getOutputCol() for s in stages], output)
    stage = next(s for s in stages if s.getOutputCol() == column)
    if stage.observed is None:
        raise MetricsError(
            f"{stage.uid} has transformed nothing with metrics on; call setMetrics(True) before transform"
        )
    return stage.observed.get(timeout)


def _choose(columns: list[str], output: str | None) -> str:
    if not columns:
        raise MetricsError(
            "The query has no figures, or not yet: a batch must have ended, with setMetrics(True) before transform"
        )
    chosen = [c for c in columns if output in (None, c)]
    if len(chosen) != 1:
        raise MetricsError(f"Which output column is meant? metrics(..., output=...) takes one of {', '.join(columns)}")
    return chosen[0]
