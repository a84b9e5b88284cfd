"""`TextClassifier`: a classifier that is called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pyspark.ml import PipelineModel
from pyspark.sql import SparkSession

from sparkcls.errors import ParamTypeError
from sparkcls.models.ref import ModelRef
from sparkcls.pipelines.chaining import chain_of, texts_read, usual_stages
from sparkcls.pipelines.walk import text_stages
from sparkcls.plain.columns import Layout
from sparkcls.plain.finding import find_model
from sparkcls.plain.frames import add_columns
from sparkcls.plain.local import as_columns, one_row
from sparkcls.plain.texts import as_frame, as_texts, column_of
from sparkcls.rows.answers import Answers
from sparkcls.rows.chain import Chain
from sparkcls.rows.here import answers_here
from sparkcls.spark.column_names import names_are_exact
from sparkcls.spark.confs import take_over_confs
from sparkcls.spark.observing import Observed
from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.classifier_params import ONCE
from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.zero_shot import ZeroShotClassifier

#: What the classifier is called in messages of its row function.
_NAME = "classify"


class TextClassifier:
    """A classifier of texts, made by `sparkcls.classifier`: call it with texts, or with a table and its column.

    Any number of threads may share it. It can be pickled.
    """

    def __init__(self, model: SequenceClassifier | PipelineModel):
        stages = text_stages(_NAME, model, pairs=True)[1] if isinstance(model, PipelineModel) else [model]
        classifier = stages[-1].copy()
        assert isinstance(classifier, SequenceClassifier)
        self._classifier = classifier
        # Of a pipeline alone; else those around the classifier are the usual ones.
        self._stages = [*stages[:-1], classifier] if isinstance(model, PipelineModel) else None
        #: How many texts a row has, where that is not the caller's choice.
        self._texts = len(texts_read(self._stages)) if self._stages else 2 if classifier.reads_pairs() else None
        # By the number of texts in a row, and whether names of columns are exact.
        self._chains: dict[tuple[int, bool], Chain] = {}
        #: What this process works with, kept so that the model stays loaded.
        self._in_use: Any = None
        # What is wrong with Params is told now, and not with the first text.
        self._exact = names_are_exact(SparkSession.getActiveSession())
        self._labels = self._chain(self._texts or 1, self._exact).labels

    def __getstate__(self) -> dict[str, Any]:
        """All but what belongs to this process."""
        return self.__dict__ | {"_in_use": None}

    def __repr__(self) -> str:
        return f"TextClassifier({self.name!r}, labels={self.labels})"

    @property
    def classifier(self) -> SequenceClassifier:
        """The stage, for `sparkcls.metrics`; its Params are those of the calls, and are not to be changed."""
        return self._classifier

    @property
    def name(self) -> str:
        """The model's name."""
        return self.model.name

    @property
    def model(self) -> ModelRef:
        """Which model it is: its name and digest."""
        return self._classifier._ref()

    @property
    def labels(self) -> list[str]:
        """What is scored, in the order of `scores`."""
        return list(self._labels)

    def pipeline(self, column: str = "text", output: str = "class") -> PipelineModel:
        """The same as a pipeline of Spark ML, to save or to log: `column` in, annotations in `output` out.

        One that was made of a pipeline keeps that one's columns.
        """
        if self._stages is not None:
            return PipelineModel([*self._stages[:-1], self._classifier.copy()])
        if self._texts == 2:
            raise ParamTypeError("It reads pairs of texts; put a pipeline of the columns together yourself")
        assembler, tokenizer, classifier = usual_stages(self._classifier)
        assert isinstance(assembler, DocumentAssembler)
        assert isinstance(classifier, SequenceClassifier)
        return PipelineModel([assembler.setInputCol(column), tokenizer, classifier.setOutputCol(output)])

    def given(self) -> SequenceClassifier | PipelineModel:
        """What it was made of: a classifier, or a pipeline."""
        return self._classifier if self._stages is None else PipelineModel(self._stages)

    def __call__(
        self,
        data: Any,
        column: Any = None,
        *,
        prefix: str = "",
        output: str | None = None,
        overwrite: bool = False,
    ) -> Any:
        """Classify texts; see `sparkcls.classify` for what goes in and what comes out."""
        if hasattr(data, "sparkSession"):
            return self._in_spark(data, column, prefix, output, overwrite)
        if isinstance(data, str):
            self._no_column(data, column)
            layout = self._layout(1, prefix, output)
            return one_row(self._answers([[data]]), layout, self._labels)
        frame = as_frame(data)
        if frame is None:
            self._no_column(data, column)
            layout, index = self._layout(1, prefix, output), data.index if isinstance(data, pd.Series) else None
            return as_columns(self._answers([as_texts(data)]), layout, self._labels, index)
        texts = [column_of(frame, name) for name in _columns(column, list(frame.columns))]
        layout = self._layout(len(texts), prefix, output)
        old = layout.replaced(map(str, frame.columns), True, overwrite)
        added = as_columns(self._answers(texts), layout, self._labels, frame.index)
        return pd.concat([frame.drop(columns=old), added], axis=1)

    @staticmethod
    def _no_column(data: Any, column: Any) -> None:
        if column is not None:
            raise ParamTypeError(
                f"column={column!r} is for tables; {type(data).__module__}.{type(data).__name__} has no columns"
            )

    def _in_spark(self, data: Any, column: Any, prefix: str, output: str | None, overwrite: bool) -> Any:
        take_over_confs(data.sparkSession)
        columns = _columns(column, data.columns)
        chain = self._chain(len(columns), names_are_exact(data.sparkSession))
        layout = Layout.of(chain, prefix, output)
        observed = Observed(layout.names()[0]) if self._classifier.getMetrics() else None
        once = self._classifier.getScoring() == ONCE
        found = add_columns(data, columns, chain, layout, overwrite, once, observed)
        self._classifier.observed = observed
        return found

    def _layout(self, texts: int, prefix: str, output: str | None) -> Layout:
        return Layout.of(self._chain(texts, self._exact), prefix, output)

    def _chain(self, texts: int, exact: bool) -> Chain:
        key = (texts, exact)
        if key not in self._chains:
            if texts != (self._texts or texts) or (texts > 1 and isinstance(self._classifier, ZeroShotClassifier)):
                wanted = "pairs of texts: name two columns, column=(a, b)" if self._texts == 2 else "one text a row"
                raise ParamTypeError(f"{self._classifier.uid} reads {wanted}")
            stages = self._stages or usual_stages(self._classifier, texts)
            self._chains[key] = chain_of(_NAME, stages, exact)
        return self._chains[key]

    def _answers(self, texts: Sequence[Sequence[str | None]]) -> Answers:
        chain = self._chain(len(texts), self._exact)
        self._in_use = function = chain()
        return answers_here(chain, function, texts)


def _columns(column: Any, present: Sequence[Any]) -> list[Any]:
    """The columns of texts, two for pairs."""
    if column is None:
        names = ", ".join(map(str, present))
        raise ParamTypeError(f"Name the column of texts, classify(data, column): one of {names}")
    if isinstance(column, (tuple, list)) and column not in present:
        if len(column) != 2:
            raise ParamTypeError(f"column takes one name, or a pair of them for pairs of texts; got {column!r}")
        return list(column)
    return [column]


def make_classifier(
    model: Any = None, *, candidate_labels: Sequence[str] | None = None, lang: str = "en", **params: Any
) -> TextClassifier:
    """See `sparkcls.classifier`."""
    if isinstance(model, TextClassifier):
        if candidate_labels is None and not params:
            return model
        model = model.given()
    return TextClassifier(find_model(model, candidate_labels, lang, params))
