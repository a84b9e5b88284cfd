"""How a classifier stage works: its row function, and the column that it adds to a DataFrame."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pyspark.sql import DataFrame

from sparkcls.annotation import CATEGORY, DOCUMENT, TOKEN
from sparkcls.catalogue.locate import locate
from sparkcls.engine.contract import SPARKNLP
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
from sparkcls.stages.stage import AnnotatorStage
from sparkcls.stages.tokenizer import LOSSLESS_KEY, SOURCE_KEY


class Classifying(HasModel, AnnotatorStage):
    """A stage whose column is what its model says of documents or sentences."""

    inputAnnotatorTypes = (DOCUMENT, TOKEN)
    outputAnnotatorType = CATEGORY

    #: Figures of the DataFrame that was transformed last, with metrics on.
    observed: Observed | None = None

    def __getstate__(self) -> dict[str, Any]:
        # Figures are those of a DataFrame of this process's session.
        return super().__getstate__() | {"observed": None}

    def row_function(self, metadata: ColumnMetadata) -> Callable[[], RowFunction]:
        """A factory that loads the model where it is called, once per process."""
        return self._scoring(metadata)

    def _scoring(self, metadata: ColumnMetadata) -> Scoring:
        documents, tokens = self.match_columns(metadata)
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
            decision=self._decision(len(folder.labels), lambda: self._activation_of(folder)),
            on_error=self.getOnError(),
            reads_tokens=not self._text_is_enough(documents, tokens, metadata),
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
        types: tuple[str, ...] = self.inputAnnotatorTypes
        dataset = restored(dataset, metadata, columns, types)
        scoring = delivered(self._scoring(metadata), dataset.sparkSession)
        if not scoring.reads_tokens:
            # Leaving the token column out lets Spark leave out the UDF that makes it.
            columns, types = columns[:1], types[:1]
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
