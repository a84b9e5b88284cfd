"""StopWordsCleaner: tokens that are stop words disappear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sparkcls.annotation import TOKEN, Annotation
from sparkcls.errors import ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.spark.columns import ColumnMetadata, Row, RowFunction
from sparkcls.stages.annotating import RowStage
from sparkcls.stages.params import Converter, boolean, param, text
from sparkcls.text.stopwords import ENGLISH, StopWords, is_locale


def _words(name: str) -> Converter:
    # Lists from files often end with an empty word; it does no harm.
    single = text(f"each item of {name}", empty=True)

    def convert(value: Any) -> list[str]:
        if not isinstance(value, (list, tuple)):
            raise ParamTypeError(f"{name} takes a list of str, got {value!r}")
        return [single(word) for word in value]

    return convert


def _locale(name: str) -> Converter:
    single = text(name, empty=True)

    def convert(value: Any) -> str:
        if not is_locale(single(value)):
            raise ParamError(f"{name} must be the name of a Java locale, such as en, en_US, tr or zh_CN; got {value!r}")
        return value

    return convert


@dataclass(frozen=True)
class Cleaning:
    """The row function of a StopWordsCleaner."""

    stop_words: StopWords

    def __call__(self) -> RowFunction:
        """Return the row function; there is nothing to load."""
        return self.annotate

    def annotate(self, rows: Sequence[Row]) -> list[list[Annotation]]:
        """Tokens of every row that are no stop words, as they are."""
        return [[token for token in tokens if (token.result or "") not in self.stop_words] for (tokens,) in rows]


class StopWordsCleaner(RowStage):
    """Drop tokens that are stop words; the others stay as they are.

    Parameters
    ----------
    inputCols
        One token column. Default ``token``.
    outputCol
        Default ``cleanedToken``.
    stopWords
        The words. Default: Spark ML's 181 English ones, see `loadDefaultStopWords`.
    caseSensitive
        Whether case counts. Default False: tokens and words are compared in lower case.
    locale
        The Java locale of that lower case. Default ``en``. Only ``tr`` and ``az`` differ from it.

    Examples
    --------
    >>> StopWordsCleaner().setInputCols(["token"]).setStopWords(["the", "a"]).getStopWords()
    ['the', 'a']
    """

    stopWords = param("stopWords", "words that are dropped", _words)
    caseSensitive = param("caseSensitive", "whether case counts", boolean)
    locale = param("locale", "Java locale in which case is ignored", _locale)

    inputAnnotatorTypes = (TOKEN,)
    outputAnnotatorType = TOKEN

    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCol: str | None = None,
        stopWords: list[str] | None = None,
        caseSensitive: bool | None = None,
        locale: str | None = None,
        lazyAnnotator: bool | None = None,
    ):
        super().__init__()
        self._setDefault(
            inputCols=["token"],
            outputCol="cleanedToken",
            stopWords=list(ENGLISH),
            caseSensitive=StopWords.case_sensitive,
            locale=StopWords.locale,
        )
        self._update(
            inputCols=inputCols,
            outputCol=outputCol,
            stopWords=stopWords,
            caseSensitive=caseSensitive,
            locale=locale,
            lazyAnnotator=lazyAnnotator,
        )

    @classmethod
    def pretrained(
        cls, name: str = "stopwords_en", lang: str = "en", remote_loc: str | None = None
    ) -> StopWordsCleaner:
        """Not here: Spark NLP's pretrained lists cannot be read.

        Raises
        ------
        ModelNotFoundError
            Always; it says what to do instead.
        """
        raise ModelNotFoundError(
            f"StopWordsCleaner.pretrained({name!r}, {lang!r}): sparkcls reads no pretrained lists of stop words. "
            "StopWordsCleaner() has Spark ML's English list; give others with setStopWords([...])"
        )

    @staticmethod
    def loadDefaultStopWords(language: str = "english") -> list[str]:
        """Spark ML's stop words of a language; only those of ``english`` are here.

        Raises
        ------
        ParamError
            Another language.
        """
        if language != "english":
            raise ParamError(
                f"loadDefaultStopWords({language!r}): only 'english' is here. On classic Spark, "
                "pyspark.ml.feature.StopWordsRemover.loadDefaultStopWords has other languages; give its list to "
                "setStopWords"
            )
        return list(ENGLISH)

    def setStopWords(self, value: list[str]) -> StopWordsCleaner:
        """The words that are dropped, default Spark ML's English ones."""
        return self._update(stopWords=value)

    def getStopWords(self) -> list[str]:
        """The words that are dropped."""
        return self._get("stopWords")

    def setCaseSensitive(self, value: bool) -> StopWordsCleaner:
        """Whether case counts, default False."""
        return self._update(caseSensitive=value)

    def getCaseSensitive(self) -> bool:
        """Whether case counts."""
        return self._get("caseSensitive")

    def setLocale(self, value: str) -> StopWordsCleaner:
        """Java locale of the lower case that is compared, default ``en``."""
        return self._update(locale=value)

    def getLocale(self) -> str:
        """Java locale of the lower case that is compared."""
        return self._get("locale")

    def row_function(self, metadata: ColumnMetadata) -> Callable[[], RowFunction]:
        return Cleaning(StopWords(tuple(self.getStopWords()), self.getCaseSensitive(), self.getLocale()))
