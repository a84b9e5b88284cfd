"""Tokenizer: sentences become tokens."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from sparkcls.annotation import DOCUMENT, TOKEN, Annotation
from sparkcls.spark.columns import ColumnMetadata, Row, RowFunction
from sparkcls.stages.annotating import RowStage
from sparkcls.stages.tokenizer_params import TokenizerParams
from sparkcls.text.tokens import TokenRules, split_tokens

#: Key in the token column's metadata: whether the tokens cover all of the text but white space.
LOSSLESS_KEY = "sparkcls.lossless"
#: Another: the document column that they were made from.
SOURCE_KEY = "sparkcls.source"


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


class Tokenizer(RowStage, TokenizerParams):
    r"""Split documents or sentences into tokens by Spark NLP's rules.

    By default words, with leading and trailing punctuation apart: ``(don't!)`` gives ``(``, ``don't``, ``!)``.
    Spark leaves the work out of the plan when nobody reads the token column, and a classifier does not
    read it as long as the tokens cover the whole text.

    A Transformer, so it needs no fitting; `fit` exists because Spark NLP's Tokenizer is an Estimator.
    All patterns are in Java's syntax, and are checked when they are set.

    Parameters
    ----------
    inputCols
        One document column. Default ``["document"]``.
    outputCol
        Default ``token``.
    targetPattern
        Characters that tokens are made of, default ``\S+``. Read as the inside of a class: ``\w+`` is word
        characters and the characters ``(?:+)``.
    prefixPattern, suffixPattern, infixPatterns
        How a run of such characters is cut; every group is a token. Unset by default, which cuts off
        `contextChars` at both ends.
    contextChars
        Default ``. , ; : ! ? * - ( ) " '``.
    exceptions, exceptionsPath, caseSensitiveExceptions
        Patterns of what stays whole, from a list or else from a file; case counts by default.
    splitPattern, splitChars
        What tokens are split at in the end. Unset by default.
    minLength, maxLength
        Tokens outside of these lengths (UTF-16 units, both included) are dropped. Default 0 and 99999.

    Examples
    --------
    >>> Tokenizer().setInputCols(["document"]).setOutputCol("token").getInputCols()
    ['document']
    """

    inputAnnotatorTypes = (DOCUMENT,)
    outputAnnotatorType = TOKEN

    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCol: str | None = None,
        targetPattern: str | None = None,
        prefixPattern: str | None = None,
        suffixPattern: str | None = None,
        infixPatterns: list[str] | None = None,
        contextChars: list[str] | None = None,
        exceptions: list[str] | None = None,
        exceptionsPath: str | None = None,
        caseSensitiveExceptions: bool | None = None,
        splitPattern: str | None = None,
        splitChars: list[str] | None = None,
        minLength: int | None = None,
        maxLength: int | None = None,
        lazyAnnotator: bool | None = None,
    ):
        super().__init__()
        self._setDefault(inputCols=["document"], outputCol="token")
        self._set_tokenizer_defaults()
        self._update(
            inputCols=inputCols,
            outputCol=outputCol,
            targetPattern=targetPattern,
            prefixPattern=prefixPattern,
            suffixPattern=suffixPattern,
            infixPatterns=infixPatterns,
            contextChars=contextChars,
            exceptions=exceptions,
            caseSensitiveExceptions=caseSensitiveExceptions,
            splitPattern=splitPattern,
            splitChars=splitChars,
            minLength=minLength,
            maxLength=maxLength,
            lazyAnnotator=lazyAnnotator,
        )
        if exceptionsPath is not None:
            self.setExceptionsPath(exceptionsPath)

    def fit(self, dataset: DataFrame, params: dict[Any, Any] | None = None) -> Tokenizer:
        """An equal stage; nothing is learned from the data."""
        return self.copy(params)

    def row_function(self, metadata: ColumnMetadata) -> Callable[[], RowFunction]:
        return Tokenizing(self._rules())

    def output_metadata(self) -> dict[str, Any]:
        return super().output_metadata() | {LOSSLESS_KEY: self._rules().lossless, SOURCE_KEY: self.getInputCols()[0]}

    def _transform(self, dataset: DataFrame) -> DataFrame:
        if self._get("exceptions") and self._get("exceptionsOfFile"):
            warnings.warn(
                f"{self.uid}: exceptions are set, so those of {self.getExceptionsPath()} are not used, as in Spark "
                "NLP; put all of them into one place",
                stacklevel=3,
            )
        return super()._transform(dataset)


#: Spark NLP's name of the fitted stage.
TokenizerModel = Tokenizer
