"""A pipeline for single texts and small batches in plain Python, in the form that MLflow calls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from pyspark.ml import PipelineModel

from sparkcls.errors import ColumnError, ParamTypeError
from sparkcls.pipelines.chaining import chain_of
from sparkcls.pipelines.walk import text_stages
from sparkcls.rows.answers import as_structs
from sparkcls.rows.here import answers_here


class Served:
    """A classifier as MLflow serves it: texts in, a pandas DataFrame out.

    Parameters
    ----------
    model
        A pipeline that `text_stages` takes.
    """

    def __init__(self, model: PipelineModel):
        self._column, stages = text_stages("load_model", model)
        self._chain = chain_of("predict", stages)

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
        # Kept, so that the model stays loaded.
        self._in_use = function = self._chain()
        found = as_structs(answers_here(self._chain, function, [texts]), self._chain.labels)
        if isinstance(model_input, (pd.DataFrame, pd.Series)):
            found.index = model_input.index
        return found

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
