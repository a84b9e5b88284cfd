"""Tokenizer: sentences become tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from sparkcls.annotation import DOCUMENT, TOKEN, Annotation
from sparkcls.errors import ParamError
from sparkcls.stages.params import param, whole_number
from sparkcls.stages.stage import AnnotatorStage, ColumnMetadata, Row, RowFunction, put_column, schema_metadata
from sparkcls.stages.udf import annotate_column
from sparkcls.text.tokens import TokenRules, split_tokens

#: Key in the token column's metadata: whether the tokens cover all of the text but white space.
LOSSLESS_KEY = "sparkcls.lossless"


@dataclass(frozen=True)
class Tokenizing:
    """The row function of a Tokenizer."""

    rules: TokenRules

    def __call__(self) -> RowFunction:
        """Return the row function; there is nothing to load."""
        return self.annotate

    def annotate(self, rows: Sequence[Row]) -> list[list[Annotation]]:
        """Tokens of every row."""
        return [[token for document in documents for token in self._tokens(document)] for (documents,) in rows]

    def _tokens(self, document: Annotation) -> list[Annotation]:
        metadata = {"sentence": document.metadata.get("sentence", "0")}
        start = document.begin
        return [
            Annotation(TOKEN, start + begin, start + end, token, dict(metadata))
            for token, begin, end in split_tokens(document.result or "", self.rules)
        ]


class Tokenizer(AnnotatorStage):
    """Split documents or sentences into tokens by Spark NLP's default rules.

    Words, with leading and trailing punctuation apart: ``(don't!)`` gives ``(``, ``don't``, ``!)``.
    Spark leaves the work out of the plan when nobody reads the token column, and a classifier does not
    read it as long as the tokens cover the whole text.

    A Transformer, so it needs no fitting; `fit` exists because Spark NLP's Tokenizer is an Estimator.

    Parameters
    ----------
    inputCols
        One document column.
    outputCol
        Default ``token``.
    minLength, maxLength
        Tokens outside of these lengths (UTF-16 units, both included) are dropped. Default 0 and 99999.

    Examples
    --------
    >>> Tokenizer().setInputCols(["document"]).setOutputCol("token").getInputCols()
    ['document']
    """

    minLength = param("minLength", "shortest token that is kept", lambda name: whole_number(name, 0))
    maxLength = param("maxLength", "longest token that is kept", lambda name: whole_number(name, 0))

    inputAnnotatorTypes = (DOCUMENT,)
    outputAnnotatorType = TOKEN

    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCol: str | None = None,
        minLength: int | None = None,
        maxLength: int | None = None,
        lazyAnnotator: bool | None = None,
    ):
        super().__init__()
        rules = TokenRules()
        self._setDefault(outputCol="token", minLength=rules.min_length, maxLength=rules.max_length)
        self._update(
            inputCols=inputCols,
            outputCol=outputCol,
            minLength=minLength,
            maxLength=maxLength,
            lazyAnnotator=lazyAnnotator,
        )

    def setMinLength(self, value: int) -> Tokenizer:
        """Length of the shortest token that is kept, default 0."""
        return self._update(minLength=value)

    def getMinLength(self) -> int:
        """Length of the shortest token that is kept."""
        return self._get("minLength")

    def setMaxLength(self, value: int) -> Tokenizer:
        """Length of the longest token that is kept, default 99999."""
        return self._update(maxLength=value)

    def getMaxLength(self) -> int:
        """Length of the longest token that is kept."""
        return self._get("maxLength")

    def fit(self, dataset: DataFrame, params: dict[Any, Any] | None = None) -> Tokenizer:
        """An equal stage; nothing is learned from the data."""
        return self.copy(params)

    def row_function(self, metadata: ColumnMetadata) -> Callable[[], RowFunction]:
        return Tokenizing(self._rules())

    def output_metadata(self) -> dict[str, Any]:
        return super().output_metadata() | {LOSSLESS_KEY: self._rules().lossless}

    def _rules(self) -> TokenRules:
        shortest, longest = self.getMinLength(), self.getMaxLength()
        if shortest > longest:
            raise ParamError(f"{self.uid}: minLength {shortest} is over maxLength {longest}; no token could be kept")
        return TokenRules(shortest, longest)

    def _transform(self, dataset: DataFrame) -> DataFrame:
        metadata = schema_metadata(dataset.schema)
        columns = self.match_columns(metadata)
        column = annotate_column(self.row_function(metadata), columns, self.inputAnnotatorTypes)
        return put_column(dataset, self.getOutputCol(), column, self.output_metadata())


#: Spark NLP's name of the fitted stage.
TokenizerModel = Tokenizer
