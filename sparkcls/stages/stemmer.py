"""Stemmer: tokens become their stems."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sparkcls.annotation import TOKEN, Annotation
from sparkcls.spark.columns import ColumnMetadata, Row, RowFunction
from sparkcls.stages.annotating import RowStage
from sparkcls.stages.params import one_of
from sparkcls.text.stem import stem


@dataclass(frozen=True)
class Stemming:
    """The row function of a Stemmer."""

    def __call__(self) -> RowFunction:
        """Return the row function; there is nothing to load."""
        return self.annotate

    def annotate(self, rows: Sequence[Row]) -> list[list[Annotation]]:
        """Stems of every row, one a token; offsets stay those of the token."""
        return [[token.copy(stem(token.result or "")) for token in tokens] for (tokens,) in rows]


#: The language of the rules.
ENGLISH = "english"


class Stemmer(RowStage):
    """Replace tokens by their stems: English, Porter's algorithm with Spark NLP's deviations.

    Every token gives one, in lower case, at the token's own offsets. The stem of ``s`` is empty.

    Parameters
    ----------
    inputCols
        One token column.
    outputCol
        Default ``stem``.

    Examples
    --------
    >>> Stemmer().setInputCols(["token"]).setOutputCol("stem").getOutputCol()
    'stem'
    """

    inputAnnotatorTypes = (TOKEN,)
    outputAnnotatorType = TOKEN

    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCol: str | None = None,
        lazyAnnotator: bool | None = None,
    ):
        super().__init__()
        self._setDefault(outputCol="stem")
        self._update(inputCols=inputCols, outputCol=outputCol, lazyAnnotator=lazyAnnotator)

    def setLanguage(self, value: str) -> Stemmer:
        """Take ``english``, the one language there is (in Spark NLP too, which takes any word).

        Raises
        ------
        ParamError
            Any other.
        """
        one_of("language", ENGLISH)(value)
        return self

    def getLanguage(self) -> str:
        """Always ``english``."""
        return ENGLISH

    def row_function(self, metadata: ColumnMetadata) -> Callable[[], RowFunction]:
        return Stemming()
