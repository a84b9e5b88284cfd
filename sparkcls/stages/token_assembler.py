"""TokenAssembler: tokens become documents again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sparkcls.annotation import DOCUMENT, TOKEN, Annotation
from sparkcls.spark.columns import ColumnMetadata, Row, RowFunction
from sparkcls.stages.annotating import RowStage
from sparkcls.stages.params import boolean, param
from sparkcls.text.assemble import Span, assemble
from sparkcls.text.java import utf16_length


@dataclass(frozen=True)
class TokenAssembling:
    """The row function of a TokenAssembler."""

    preserve_position: bool

    def __call__(self) -> RowFunction:
        """Return the row function; there is nothing to load."""
        return self.annotate

    def annotate(self, rows: Sequence[Row]) -> list[list[Annotation]]:
        """Documents of every row, one for each that comes in, numbered within the row."""
        return [self._documents(documents, tokens) for documents, tokens in rows]

    def _documents(self, documents: list[Annotation], tokens: list[Annotation]) -> list[Annotation]:
        texts = assemble([_span(d) for d in documents], [_span(t) for t in tokens], self.preserve_position)
        return [
            Annotation(DOCUMENT, old.begin, old.begin + utf16_length(text) - 1, text, {"sentence": str(i)})
            for i, (old, text) in enumerate(zip(documents, texts, strict=True))
        ]


def _span(annotation: Annotation) -> Span:
    return annotation.result or "", annotation.begin, annotation.end


class TokenAssembler(RowStage):
    """Join tokens to documents again, after they were normalised, stemmed or thinned out.

    A classifier or SentenceDetector can then read the cleaned text. Every document (or sentence) that comes
    in gives one, at its own begin, of the tokens whose offsets lie inside of its own; it may be empty.

    Parameters
    ----------
    inputCols
        A document (or sentence) column and a token column, in any order.
    outputCol
        Default ``assembled``.
    preservePosition
        Whether the white space of the document stays between the tokens. Default False: one space, or none
        where two tokens touch.

    Notes
    -----
    The metadata of the documents is lost but for ``sentence``, the index in the row.

    Examples
    --------
    >>> TokenAssembler().setInputCols(["document", "clean"]).setPreservePosition(True).getPreservePosition()
    True
    """

    preservePosition = param("preservePosition", "whether the white space between tokens is kept", boolean)

    inputAnnotatorTypes = (DOCUMENT, TOKEN)
    outputAnnotatorType = DOCUMENT

    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCol: str | None = None,
        preservePosition: bool | None = None,
        lazyAnnotator: bool | None = None,
    ):
        super().__init__()
        self._setDefault(outputCol="assembled", preservePosition=False)
        self._update(
            inputCols=inputCols, outputCol=outputCol, preservePosition=preservePosition, lazyAnnotator=lazyAnnotator
        )

    def setPreservePosition(self, value: bool) -> TokenAssembler:
        """Whether the white space of the document stays between the tokens, default False."""
        return self._update(preservePosition=value)

    def getPreservePosition(self) -> bool:
        """Whether the white space of the document stays between the tokens."""
        return self._get("preservePosition")

    def row_function(self, metadata: ColumnMetadata) -> Callable[[], RowFunction]:
        return TokenAssembling(self.getPreservePosition())
