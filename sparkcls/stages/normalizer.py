"""Normalizer: tokens lose characters, slang is replaced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame

from sparkcls.annotation import TOKEN, Annotation
from sparkcls.errors import ParamError, ParamTypeError
from sparkcls.spark.columns import ColumnMetadata, Row, RowFunction
from sparkcls.stages.annotating import RowStage
from sparkcls.stages.files import read_lines
from sparkcls.stages.params import Converter, boolean, java_patterns, one_of, param, text, whole_number
from sparkcls.text.java import utf16_length
from sparkcls.text.normalize import NormalizerRules, read_slang
from sparkcls.text.remember import remembered


def _dictionary(name: str) -> Converter:
    def convert(value: Any) -> dict[str, str]:
        if not isinstance(value, dict) or not all(isinstance(part, str) for pair in value.items() for part in pair):
            raise ParamTypeError(f"{name} takes a dict of str to str, got {value!r}")
        return dict(value)

    return convert


@dataclass(frozen=True)
class Normalizing:
    """The row function of a Normalizer."""

    rules: NormalizerRules

    def __call__(self) -> RowFunction:
        """Return the row function; there is nothing to load."""
        normalize = remembered(self.rules.normalize)

        def words(token: Annotation) -> list[Annotation]:
            return [
                Annotation(TOKEN, token.begin, token.begin + utf16_length(word) - 1, word, dict(token.metadata))
                for word in normalize(token.result or "")
            ]

        def annotate(rows: Sequence[Row]) -> list[list[Annotation]]:
            """Tokens of every row after normalisation."""
            return [[word for token in tokens for word in words(token)] for (tokens,) in rows]

        return annotate


class Normalizer(RowStage):
    """Remove characters from tokens, replace slang, and drop tokens of which nothing is left.

    By default what is no letter disappears: ``don't`` becomes ``dont``, and ``1990`` no token at all.

    A Transformer, so it needs no fitting; `fit` exists because Spark NLP's Normalizer is an Estimator.

    Parameters
    ----------
    inputCols
        One token column.
    outputCol
        Default ``normal``.
    cleanupPatterns
        Java regexes; what they match is removed, one after the other. Default ``[^\\pL+]``: all but letters and
        ``+``. An empty list removes nothing.
    lowercase
        Whether the rest becomes lower-case. Default False.
    slangDictionary
        Tokens and the words that they become before that; here as a dict, from a file by `setSlangDictionary`.
        Default: none.
    slangMatchCase
        Whether the case of slang counts. Default False.
    minLength, maxLength
        Results outside of these lengths (UTF-16 units, both included) are dropped. Default 0 and no limit.

    Notes
    -----
    A result begins where its token did and ends as if it followed there without a gap, as in Spark NLP: offsets
    of shortened tokens do not cut the same text out of the document.

    Examples
    --------
    >>> Normalizer().setInputCols(["token"]).setLowercase(True).getCleanupPatterns()
    ['[^\\\\pL+]']
    """

    cleanupPatterns = param("cleanupPatterns", "Java regexes of what is removed", java_patterns)
    lowercase = param("lowercase", "whether tokens become lower-case", boolean)
    slangDictionary = param("slangDictionary", "slang and the words that it becomes", _dictionary)
    slangMatchCase = param("slangMatchCase", "whether the case of slang counts", boolean)
    minLength = param("minLength", "shortest token that is kept", lambda name: whole_number(name, 0))
    maxLength = param("maxLength", "longest token that is kept, if set", lambda name: whole_number(name, 0))

    inputAnnotatorTypes = (TOKEN,)
    outputAnnotatorType = TOKEN

    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCol: str | None = None,
        cleanupPatterns: list[str] | None = None,
        lowercase: bool | None = None,
        slangDictionary: dict[str, str] | None = None,
        slangMatchCase: bool | None = None,
        minLength: int | None = None,
        maxLength: int | None = None,
        lazyAnnotator: bool | None = None,
    ):
        super().__init__()
        rules = NormalizerRules()
        self._setDefault(
            outputCol="normal",
            cleanupPatterns=list(rules.patterns),
            lowercase=rules.lowercase,
            slangDictionary={},
            slangMatchCase=rules.match_case,
            minLength=rules.min_length,
        )
        self._update(
            inputCols=inputCols,
            outputCol=outputCol,
            cleanupPatterns=cleanupPatterns,
            lowercase=lowercase,
            slangDictionary=slangDictionary,
            slangMatchCase=slangMatchCase,
            minLength=minLength,
            maxLength=maxLength,
            lazyAnnotator=lazyAnnotator,
        )

    def setCleanupPatterns(self, value: list[str]) -> Normalizer:
        """Java regexes of what is removed, default ``[^\\pL+]``."""
        return self._update(cleanupPatterns=value)

    def getCleanupPatterns(self) -> list[str]:
        """Java regexes of what is removed."""
        return self._get("cleanupPatterns")

    def setLowercase(self, value: bool) -> Normalizer:
        """Whether tokens become lower-case, default False."""
        return self._update(lowercase=value)

    def getLowercase(self) -> bool:
        """Whether tokens become lower-case."""
        return self._get("lowercase")

    def setSlangDictionary(
        self, path: str, delimiter: str, read_as: str = "TEXT", options: dict[str, str] | None = None
    ) -> Normalizer:
        """Read the slang dictionary from a text file, now; its entries are saved with the stage.

        A line is a token, the delimiter, and the words that the token becomes: ``idk,I do not know``. Of entries
        for the same token the last counts.

        Parameters
        ----------
        path
            A UTF-8 file: a path, or a URI that `fsspec` opens.
        delimiter
            A Java regex.
        read_as
            ``TEXT``; files cannot be read otherwise here.
        options
            Not used; Spark NLP's callers pass it.

        Raises
        ------
        ParamFileError, ParamError
            The file cannot be read, or has a line of nothing but delimiters; the delimiter is no regex, or one
            that matches the empty text.
        """
        one_of("slangDictionary: read_as", "text")(read_as)
        separator = text("slangDictionary: delimiter")(delimiter)
        lines = read_lines("slangDictionary", path)
        try:
            return self._update(slangDictionary=read_slang(lines, separator))
        except ValueError as e:
            raise ParamError(f"slangDictionary: {path!r} cannot be read with the delimiter {delimiter!r}: {e}") from e

    def getSlangDictionary(self) -> dict[str, str]:
        """Slang and the words that it becomes."""
        return dict(self._get("slangDictionary"))

    def setSlangMatchCase(self, value: bool) -> Normalizer:
        """Whether the case of slang counts, default False."""
        return self._update(slangMatchCase=value)

    def getSlangMatchCase(self) -> bool:
        """Whether the case of slang counts."""
        return self._get("slangMatchCase")

    def setMinLength(self, value: int) -> Normalizer:
        """Length of the shortest token that is kept, default 0."""
        return self._update(minLength=value)

    def getMinLength(self) -> int:
        """Length of the shortest token that is kept."""
        return self._get("minLength")

    def setMaxLength(self, value: int) -> Normalizer:
        """Length of the longest token that is kept."""
        return self._update(maxLength=value)

    def getMaxLength(self) -> int | None:
        """Length of the longest token that is kept, None if there is no limit."""
        return self._get("maxLength")

    def fit(self, dataset: DataFrame, params: dict[Any, Any] | None = None) -> Normalizer:
        """An equal stage; nothing is learned from the data."""
        return self.copy(params)

    def row_function(self, metadata: ColumnMetadata) -> Callable[[], RowFunction]:
        return Normalizing(self._rules())

    def _rules(self) -> NormalizerRules:
        shortest, longest = self.getMinLength(), self.getMaxLength()
        if longest is not None and shortest > longest:
            raise ParamError(f"{self.uid}: minLength {shortest} is over maxLength {longest}; no token could be kept")
        return NormalizerRules(
            tuple(self.getCleanupPatterns()),
            self.getLowercase(),
            self.getSlangDictionary(),
            self.getSlangMatchCase(),
            shortest,
            longest,
        )


#: Spark NLP's name of the fitted stage.
NormalizerModel = Normalizer
