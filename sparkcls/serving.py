"""A pipeline for single texts and small batches in plain Python, in the form that MLflow calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pyspark.ml import PipelineModel, Transformer

from sparkcls.errors import ColumnError, ParamTypeError
from sparkcls.light import LightPipeline
from sparkcls.pretrained.disk import pipeline_stages
from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.chain import ANSWER, answers
from sparkcls.stages.distilbert import DistilBertForSequenceClassification
from sparkcls.stages.finisher import Finisher
from sparkcls.stages.stage import AnnotatorStage


def check_pipeline(caller: str, model: Any) -> None:
    """Raise ParamTypeError if it is not a fitted pipeline."""
    if not isinstance(model, PipelineModel):
        raise ParamTypeError(
            f"{caller} takes a fitted PipelineModel, got {type(model).__name__}"
            + ("; call fit first" if hasattr(model, "fit") else "")
        )


def check_servable(caller: str, model: Any) -> tuple[str, list[Transformer]]:
    """The column of texts that a pipeline reads, and its stages up to the classifier.

    Parameters
    ----------
    caller
        Name of the function that was called, for messages.

    Raises
    ------
    ParamTypeError
        It has no classifier at its end, a stage that only Spark can run, or several columns of texts.
    ColumnError
        A stage reads a column that no earlier stage makes.
    ParamError
        The classifier has no model.
    """
    check_pipeline(caller, model)
    stages = pipeline_stages(model)
    while stages and isinstance(stages[-1], Finisher):
        stages.pop()
    if not stages or not isinstance(stages[-1], DistilBertForSequenceClassification):
        last = type(stages[-1]).__name__ if stages else "nothing"
        raise ParamTypeError(f"{caller} takes a pipeline that ends in a classifier; this one ends in {last}")
    columns: dict[str, None] = {}
    metadata: dict[str, dict[str, Any]] = {}
    for stage in stages:
        if isinstance(stage, DocumentAssembler):
            columns[stage._require("inputCol")] = None
        elif isinstance(stage, AnnotatorStage):
            stage.match_columns(metadata)
        else:
            raise ParamTypeError(
                f"{caller}: {type(stage).__name__} works on DataFrames, not on single texts; leave it out of the "
                "pipeline, or use log_model"
            )
        metadata[stage.getOutputCol()] = stage.output_metadata()
    if len(columns) > 1:
        raise ParamTypeError(f"{caller}: the pipeline reads the columns {', '.join(sorted(columns))}; it must read one")
    stages[-1].getClasses()  # raises if it has no model
    return next(iter(columns)), stages


class Served:
    """A classifier as MLflow serves it: texts in, a pandas DataFrame out.

    Parameters
    ----------
    model
        A pipeline that `check_servable` takes. Its stages are changed.
    """

    def __init__(self, model: PipelineModel):
        self._column, stages = check_servable("load_model", model)
        for stage in stages:
            # As in a DataFrame; a LightPipeline would leave the stage out.
            if isinstance(stage, AnnotatorStage):
                stage.setLazyAnnotator(False)
        classifier = stages[-1]
        assert isinstance(classifier, DistilBertForSequenceClassification)
        self._light = LightPipeline(PipelineModel(stages))
        self._output, self._labels = classifier.getOutputCol(), classifier.getClasses()

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """A row a text, in their order: label, score, labels, scores, truncated, error.

        Parameters
        ----------
        model_input
            A DataFrame with the column that the pipeline reads (through MLflow, as the first), a list of str, or a str.
            Without a text (None, NaN) all is None.
        params
            Has no effect.

        Raises
        ------
        ColumnError
            There is no such column.
        ParamTypeError
            A value is not a str.
        """
        texts = self._texts(model_input)
        given = [text for text in texts if text is not None]
        found = iter(self._light.fullAnnotate(given) if given else [])
        rows = [None if text is None else next(found)[self._output] for text in texts]
        index = model_input.index if isinstance(model_input, (pd.DataFrame, pd.Series)) else None
        # Of objects, so that an integer beside a None stays one.
        return pd.DataFrame(list(answers(rows, self._labels)), index=index, columns=list(ANSWER), dtype=object)

    def _texts(self, model_input: Any) -> list[str | None]:
        if isinstance(model_input, pd.DataFrame):
            names = list(model_input.columns)
            # MLflow makes 0 of lists. Another name may be that of the first of many columns: it hands on no more.
            found = next((name for name in (self._column, 0, "0") if name in names), None)
            if found is None or (found != self._column and len(names) > 1):
                raise ColumnError(
                    f"predict takes a DataFrame with the column {self._column!r}; this one has {names}. MLflow hands "
                    f"on the first column alone, so give frame[[{self._column!r}]]"
                )
            model_input = model_input[found]
        values: Sequence[Any] = [model_input] if isinstance(model_input, str) else model_input
        if not isinstance(values, (list, tuple, np.ndarray, pd.Series)):
            raise ParamTypeError(
                f"predict takes a DataFrame, a list of str, or a str; got {type(model_input).__name__}"
            )
        return [_text(value, number) for number, value in enumerate(values)]


def _text(value: Any, number: int) -> str | None:
    if isinstance(value, str):
        return str(value)
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    raise ParamTypeError(f"predict takes texts; row {number} is {str(value)[:40]!r} of type {type(value).__name__}")
