"""How a classifier stage works: its row function, and the column that it adds to a DataFrame."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from pyspark.sql import DataFrame

from sparkcls.annotation import CATEGORY, DOCUMENT, TOKEN
from sparkcls.catalogue.locate import locate
from sparkcls.engine.contract import SPARKNLP
from sparkcls.errors import ModelNotFoundError, ParamError
from sparkcls.models.layout import read_model_folder
from sparkcls.models.ref import ModelRef
from sparkcls.rows.delivery import delivered
from sparkcls.rows.scoring import Scoring
from sparkcls.spark.columns import ColumnMetadata, RowFunction, column_metadata, put_column, restored
from sparkcls.spark.confs import take_over_confs
from sparkcls.spark.observing import Observed
from sparkcls.spark.udf import annotate_column
from sparkcls.stages.classifier_params import ONCE
from sparkcls.stages.has_model import HasModel
from sparkcls.stages.params import param, text
from sparkcls.stages.stage import AnnotatorStage
from sparkcls.stages.tokenizer import LOSSLESS_KEY, SOURCE_KEY


class Classifying(HasModel, AnnotatorStage):
    """A stage whose column is what its model says of documents or sentences."""

    inputAnnotatorTypes = (DOCUMENT, TOKEN)
    outputAnnotatorType = CATEGORY

    pairCol = param("pairCol", "name of the document column with the second texts of pairs", text)

    #: Figures of the DataFrame that was transformed last, with metrics on.
    observed: Observed | None = None

    def __getstate__(self) -> dict[str, Any]:
        # Figures are those of a DataFrame of this process's session.
        return super().__getstate__() | {"observed": None}

    def setInputCols(self, *value: Any) -> Any:
        """A document column and a token column, in any order; with another document column, pairs are classified.

        Of two document columns the first is the first text of each pair.

        Raises
        ------
        ParamTypeError
            Not str, or neither two nor three.
        """
        return super().setInputCols(*value)

    def _check_number(self, columns: list[str]) -> None:
        if len(columns) != len(self.inputAnnotatorTypes) + 1:
            super()._check_number(columns)

    def setPairCol(self, value: str) -> Any:
        """Classify pairs of texts: the document column with the second text of each row.

        Every sentence of a row is paired with it. A row that has no second text, or a blank one, has no annotation; one
        that has several gets an annotation with the metadata key ``error``.
        """
        return self._update(pairCol=value)

    def getPairCol(self) -> str | None:
        """The column with the second text of each row; None where it is not set."""
        found: str | None = self._get("pairCol")
        return found

    def columns_read(self) -> list[str]:
        """The input columns, and the pair column if it was set apart."""
        columns = super().columns_read()
        pair = self.getPairCol()
        if pair is not None and len(columns) > len(self.inputAnnotatorTypes):
            raise ParamError(
                f"{self.uid}: pairCol is {pair!r}, and inputCols has a second text too: {columns}; leave one out"
            )
        return columns if pair is None else [*columns, pair]

    def types_read(self) -> tuple[str, ...]:
        """A document and a token column, and for pairs another document column."""
        return (*self.inputAnnotatorTypes, DOCUMENT) if self.reads_pairs() else self.inputAnnotatorTypes

    def reads_pairs(self) -> bool:
        """Whether it classifies pairs of texts."""
        columns = self.getInputCols() if self.isDefined("inputCols") else []
        return self.getPairCol() is not None or len(columns) > len(self.inputAnnotatorTypes)

    def score_labels(self) -> list[str]:
        """The labels whose scores each annotation has."""
        return self.getClasses()

    def setThreshold(self, value: float | list[float] | dict[str, float]) -> Any:
        """Probability that a label must exceed, with sigmoid: one for all labels, or one a label.

        A model with one output gives its label for every text until a threshold or multilabel is set.

        Parameters
        ----------
        value
            A number for all labels; a list of one a label, in the order of their scores; or a dict from label to
            number, where labels that it does not name have 0.5. `sparkcls.tune_thresholds` finds them.

        Raises
        ------
        ParamError, ParamTypeError
            Not numbers from 0 to 1, or not for the labels that are scored.
        """
        if isinstance(value, (list, tuple, Mapping)):
            try:
                labels = self.score_labels()
            except (ModelNotFoundError, ParamError):
                # Not known yet: what uses the threshold will check.
                return super().setThreshold(value)
            self._threshold_over(labels, self.getParam("threshold").typeConverter(value))
        return super().setThreshold(value)

    def row_function(self, metadata: ColumnMetadata) -> Callable[[], RowFunction]:
        """A factory that loads the model where it is called, once per process."""
        return self._scoring(metadata)

    def _scoring(self, metadata: ColumnMetadata) -> Scoring:
        documents, tokens, *pair = self.match_columns(metadata)
        if pair and self.getTokenization() == SPARKNLP:
            raise ParamError(
                f"{self.uid}: Spark NLP's classifiers take no pairs of texts, so tokenization 'sparknlp' says nothing "
                "of them; call setTokenization('huggingface')"
            )
        ref = self._ref()
        folder = self._folder()
        self._check_length(self.getMaxSentenceLength(), folder)
        self._check_tokenization(folder)
        if self.getCaseSensitive():
            if self.getTokenization() == SPARKNLP:
                _warn_of_case(ref, _CASE_HURTS)
            elif self.isSet("caseSensitive"):
                _warn_of_case(ref, _CASE_IDLE)
        return Scoring(
            model=ref,
            device=self.getDevice(),
            precision=self.getPrecision(),
            reading=self._reading(),
            decision=self._decision(folder.labels, lambda: self._activation_of(folder)),
            on_error=self.getOnError(),
            reads_tokens=not self._text_is_enough(documents, tokens, metadata),
            reads_pairs=bool(pair),
        )

    def _text_is_enough(self, documents: str, tokens: str, metadata: ColumnMetadata) -> bool:
        """Whether a sentence's text says all that the token column says of it.

        In Spark NLP's way of reading, tokens of another column than the sentences may stand across their ends.
        """
        facts = metadata[tokens]
        from_them = self.getTokenization() != SPARKNLP or metadata.same(facts.get(SOURCE_KEY, ""), documents)
        return bool(facts.get(LOSSLESS_KEY, False)) and from_them

    def _transform(self, dataset: DataFrame) -> DataFrame:
        take_over_confs(dataset.sparkSession)
        metadata = column_metadata(dataset)
        columns = self.match_columns(metadata)
        types = self.types_read()
        dataset = restored(dataset, metadata, columns, types)
        scoring = delivered(self._scoring(metadata), dataset.sparkSession)
        if not scoring.reads_tokens:
            # Leaving the token column out lets Spark leave out the UDF that makes it.
            columns, types = [columns[0], *columns[2:]], (types[0], *types[2:])
        output, written = self.getOutputCol(), self.output_metadata()
        once = self.getScoring() == ONCE
        if not self.getMetrics():
            return put_column(dataset, output, annotate_column(scoring, columns, types, once=once), written, self.uid)
        self.observed = Observed(output)
        counted = annotate_column(scoring, columns, types, once=once, counted=True)
        return self.observed.put(dataset, output, counted, written, self.uid)


_CASE_IDLE = (
    "setCaseSensitive(True) has no effect: the vocabulary of {name!r} is lower-case, and the model's own tokenizer "
    "lower-cases. It acts with setTokenization('sparknlp') only"
)
_CASE_HURTS = (
    "caseSensitive is True, but the vocabulary of {name!r} is lower-case: with tokenization 'sparknlp' every "
    "capitalised word is read as [UNK]. Spark NLP does the same; setCaseSensitive(False) reads the words"
)


@lru_cache(maxsize=64)
def _warn_of_case(ref: ModelRef, message: str) -> None:
    """Warn, once per model in a process, if the model's vocabulary is lower-case."""
    from sparkcls.engine.encoder import TextEncoder

    if not TextEncoder(read_model_folder(locate(ref))).cased:
        warnings.warn(message.format(name=ref.name), stacklevel=4)
