"""SentenceDetector: documents become sentences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from sparkcls.annotation import DOCUMENT, Annotation
from sparkcls.errors import ParamError
from sparkcls.spark.columns import ColumnMetadata, Row, RowFunction, put_column, quoted
from sparkcls.stages.annotating import RowStage
from sparkcls.stages.params import boolean, java_patterns, one_of, param, whole_number
from sparkcls.text.sentences import APPEND, NONE, PREPEND, SentenceRules, split_sentences


@dataclass(frozen=True)
class Detecting:
    """The row function of a SentenceDetector."""

    rules: SentenceRules

    def __call__(self) -> RowFunction:
        """Return the row function; there is nothing to load."""
        return self.annotate

    def annotate(self, rows: Sequence[Row]) -> list[list[Annotation]]:
        """Sentences of every row, in the order of their begins, numbered within the row."""
        return [self._sentences(documents) for (documents,) in rows]

    def _sentences(self, documents: list[Annotation]) -> list[Annotation]:
        found = [
            Annotation(DOCUMENT, begin, end, sentence, dict(document.metadata))
            for document in documents
            for sentence, begin, end in split_sentences(document.result or "", self.rules)
        ]
        found.sort(key=lambda sentence: sentence.begin)
        for i, sentence in enumerate(found):
            sentence.metadata["sentence"] = str(i)
        return found


class SentenceDetector(RowStage):
    """Split documents into sentences by Spark NLP's rules.

    A classifier that reads its output gives one result per sentence.

    Parameters
    ----------
    inputCols
        One document column.
    outputCol
        Default ``sentence``.
    useAbbreviations
        Whether dots of known abbreviations end no sentence. Default True.
    detectLists
        Whether list numbers begin a sentence. Default True, which also takes ``34.`` in running text
        for one.
    customBounds
        Regular expressions of further boundaries.
    useCustomBoundsOnly
        Whether those are the only ones. Default False.
    customBoundsStrategy
        ``none`` (default): what a custom bound matches disappears; ``prepend``: it begins the next
        sentence; ``append``: it ends the one before.
    splitLength
        Cut sentences at spaces into pieces no longer than this. Default: unset.
    minLength, maxLength
        Sentences outside of these lengths are dropped. Default 0 and no limit.
    explodeSentences
        Whether each sentence gets a row of its own; rows without sentences disappear. Default False.

    Notes
    -----
    Lengths and offsets are in UTF-16 units of the document. Every document of an array starts at 0.
    """

    useAbbreviations = param("useAbbreviations", "whether abbreviations are known", boolean)
    detectLists = param("detectLists", "whether list numbers begin a sentence", boolean)
    customBounds = param("customBounds", "regular expressions of further boundaries", java_patterns)
    useCustomBoundsOnly = param("useCustomBoundsOnly", "whether custom bounds are the only ones", boolean)
    customBoundsStrategy = param(
        "customBoundsStrategy", "what becomes of a custom bound", lambda n: one_of(n, NONE, PREPEND, APPEND)
    )
    explodeSentences = param("explodeSentences", "whether each sentence gets a row", boolean)
    splitLength = param("splitLength", "longest piece of a sentence", lambda n: whole_number(n, 1))
    minLength = param("minLength", "shortest sentence that is kept", lambda n: whole_number(n, 0))
    maxLength = param("maxLength", "longest sentence that is kept, if set", lambda n: whole_number(n, 0))

    inputAnnotatorTypes = (DOCUMENT,)
    readsWholeMetadata = True
    outputAnnotatorType = DOCUMENT

    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCol: str | None = None,
        useAbbreviations: bool | None = None,
        detectLists: bool | None = None,
        customBounds: list[str] | None = None,
        useCustomBoundsOnly: bool | None = None,
        customBoundsStrategy: str | None = None,
        explodeSentences: bool | None = None,
        splitLength: int | None = None,
        minLength: int | None = None,
        maxLength: int | None = None,
        lazyAnnotator: bool | None = None,
    ):
        super().__init__()
        self._setDefault(
            outputCol="sentence",
            useAbbreviations=True,
            detectLists=True,
            customBounds=[],
            useCustomBoundsOnly=False,
            customBoundsStrategy=NONE,
            explodeSentences=False,
            minLength=0,
            maxLength=99_999,
        )
        self._update(
            inputCols=inputCols,
            outputCol=outputCol,
            useAbbreviations=useAbbreviations,
            detectLists=detectLists,
            customBounds=customBounds,
            useCustomBoundsOnly=useCustomBoundsOnly,
            customBoundsStrategy=customBoundsStrategy,
            explodeSentences=explodeSentences,
            splitLength=splitLength,
            minLength=minLength,
            maxLength=maxLength,
            lazyAnnotator=lazyAnnotator,
        )

    def setUseAbbreviations(self, value: bool) -> SentenceDetector:
        """Whether dots of known abbreviations end no sentence."""
        return self._update(useAbbreviations=value)

    def getUseAbbreviations(self) -> bool:
        """Whether dots of known abbreviations end no sentence."""
        return self._get("useAbbreviations")

    def setDetectLists(self, value: bool) -> SentenceDetector:
        """Whether list numbers begin a sentence."""
        return self._update(detectLists=value)

    def getDetectLists(self) -> bool:
        """Whether list numbers begin a sentence."""
        return self._get("detectLists")

    def setCustomBounds(self, value: list[str]) -> SentenceDetector:
        """Java regexes of further boundaries."""
        return self._update(customBounds=value)

    def getCustomBounds(self) -> list[str]:
        """Regular expressions of further boundaries."""
        return self._get("customBounds")

    def setUseCustomBoundsOnly(self, value: bool) -> SentenceDetector:
        """Whether custom bounds are the only rules, if there are any."""
        return self._update(useCustomBoundsOnly=value)

    def getUseCustomBoundsOnly(self) -> bool:
        """Whether custom bounds are the only rules."""
        return self._get("useCustomBoundsOnly")

    def setCustomBoundsStrategy(self, value: str) -> SentenceDetector:
        """What a bound matches is dropped (``none``), begins a sentence (``prepend``) or ends one (``append``)."""
        return self._update(customBoundsStrategy=value)

    def getCustomBoundsStrategy(self) -> str:
        """What becomes of a custom bound."""
        return self._get("customBoundsStrategy")

    def setExplodeSentences(self, value: bool) -> SentenceDetector:
        """Whether each sentence gets a row of its own."""
        return self._update(explodeSentences=value)

    def getExplodeSentences(self) -> bool:
        """Whether each sentence gets a row of its own."""
        return self._get("explodeSentences")

    def setSplitLength(self, value: int) -> SentenceDetector:
        """Longest piece, in UTF-16 units, into which sentences are cut at spaces."""
        return self._update(splitLength=value)

    def getSplitLength(self) -> int | None:
        """Longest piece into which sentences are cut, None if unset."""
        return self._get("splitLength")

    def setMinLength(self, value: int) -> SentenceDetector:
        """Length of the shortest sentence that is kept, in UTF-16 units."""
        return self._update(minLength=value)

    def getMinLength(self) -> int:
        """Length of the shortest sentence that is kept."""
        return self._get("minLength")

    def setMaxLength(self, value: int) -> SentenceDetector:
        """Length of the longest sentence that is kept, in UTF-16 units."""
        return self._update(maxLength=value)

    def getMaxLength(self) -> int:
        """Length of the longest sentence that is kept; the default limits nothing."""
        return self._get("maxLength")

    def row_function(self, metadata: ColumnMetadata) -> Callable[[], RowFunction]:
        """A factory of the row function; nothing is loaded."""
        longest = self.getMaxLength() if self.isSet("maxLength") else None
        if longest is not None and longest < self.getMinLength():
            raise ParamError(f"{self.uid}: maxLength {longest} is under minLength {self.getMinLength()}")
        return Detecting(
            SentenceRules(
                use_abbreviations=self.getUseAbbreviations(),
                detect_lists=self.getDetectLists(),
                custom_bounds=tuple(self.getCustomBounds()),
                custom_only=self.getUseCustomBoundsOnly(),
                strategy=self.getCustomBoundsStrategy(),
                split_length=self.getSplitLength(),
                min_length=self.getMinLength(),
                max_length=longest,
            )
        )

    def _transform(self, dataset: DataFrame) -> DataFrame:
        result = super()._transform(dataset)
        if not self.getExplodeSentences():
            return result
        name = self.getOutputCol()
        sentences = F.col(quoted(name))
        exploded = result.withColumn(name, F.explode(F.transform(sentences, lambda sentence: F.array(sentence))))
        # explode drops the column's metadata.
        return put_column(exploded, name, sentences, self.output_metadata())
