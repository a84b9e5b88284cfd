"""`sparkcls.metrics`: what a classifier has done."""

from __future__ import annotations

from typing import Any

from pyspark.ml import PipelineModel

from sparkcls.errors import MetricsError, ParamTypeError
from sparkcls.stages.distilbert import DistilBertForSequenceClassification


def metrics_of(model: Any, output: str | None, timeout: float) -> dict[str, Any]:
    """See `sparkcls.metrics`."""
    stages = [s for s in _stages(model) if isinstance(s, DistilBertForSequenceClassification)]
    if not stages:
        raise ParamTypeError(
            f"metrics takes a classifier stage or a PipelineModel that holds one, got {type(model).__name__}"
        )
    chosen = [s for s in stages if output in (None, s.getOutputCol())]
    if len(chosen) != 1:
        columns = ", ".join(s.getOutputCol() for s in stages)
        raise MetricsError(f"Which classifier is meant? Name its output column, metrics(model, output=...): {columns}")
    if chosen[0].observed is None:
        raise MetricsError(
            f"{chosen[0].uid} has transformed nothing with metrics on; call setMetrics(True) before transform"
        )
    return chosen[0].observed.get(timeout)


def _stages(model: Any) -> list[Any]:
    return [inner for s in model.stages for inner in _stages(s)] if isinstance(model, PipelineModel) else [model]
