"""The stages of a pipeline as one row function: texts in, what its classifier says of each out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pandas as pd

from sparkcls.annotation import DOCUMENT, Annotation
from sparkcls.errors import ParamTypeError
from sparkcls.rows.answers import Answers, answers_of
from sparkcls.spark.columns import Row, RowFunction
from sparkcls.text.cleanup import clean
from sparkcls.text.java import replace_surrogates, utf16_length

if TYPE_CHECKING:
    from sparkcls.engine.prepared import Prepared
    from sparkcls.rows.scoring import Annotating, Scoring


@dataclass(frozen=True)
class DocumentAssembling:
    """The row function of a DocumentAssembler over a column of texts."""

    mode: str

    def __call__(self) -> RowFunction:
        """Return the row function; there is nothing to load."""
        return self.annotate

    def annotate(self, rows: Sequence[Row]) -> list[list[Annotation]]:
        """The document of every text; none of a null."""
        return [[_document(clean(text.result or "", self.mode)) for text in texts] for (texts,) in rows]


@dataclass(frozen=True)
class Link:
    """A stage before the classifier.

    Parameters
    ----------
    makes
        Number of its column.
    reads
        Numbers of the columns that it reads.
    factory
        Gives its row function, see `AnnotatorStage.row_function`.
    """

    makes: int
    reads: tuple[int, ...]
    factory: Callable[[], RowFunction]


@dataclass(frozen=True)
class Chain:
    """All that a worker must know to classify texts; pickled into the UDF.

    Parameters
    ----------
    name
        What the function is called, for messages.
    texts
        How many texts a row has. They are the columns from number 0; links make those after them.
    links
        The stages before the classifier, in order.
    scoring, reads, labels
        The classifier, the numbers of its columns, and its model's labels.
    """

    name: str
    texts: int
    links: tuple[Link, ...]
    scoring: Scoring
    reads: tuple[int, ...]
    labels: tuple[str, ...]

    #: See `Scoring`.
    scores_rows: ClassVar[bool] = True

    def __call__(self) -> Chained:
        """Load the model, unless this process has it, and return the row function."""
        return Chained(self, self.scoring())

    def read(self, series: tuple[pd.Series, ...]) -> list[Row]:
        """A row of the texts of each row of columns."""
        return list(zip(*map(self._texts, series), strict=True))

    def _texts(self, values: Any) -> list[list[Annotation]]:
        if isinstance(values, pd.DataFrame):
            # A struct, whose fields would be taken for the texts.
            values = values.to_dict("records")
        return [self._text(value) for value in values]

    def _text(self, value: Any) -> list[Annotation]:
        """A null is a row without a text, a blank text is one."""
        if value is None or value is pd.NA:
            return []
        if not isinstance(value, str):
            raise ParamTypeError(
                f"{self.name}(text) takes a STRING, got values like {str(value)[:40]!r} of type "
                f"{type(value).__name__}; write {self.name}(CAST(column AS STRING))"
            )
        return [_document(replace_surrogates(value))]


class Chained:
    """The row function of a `Chain` with its model. Like `Annotating` it can be called in two parts."""

    def __init__(self, chain: Chain, classifier: Annotating):
        self._chain, self._classifier = chain, classifier
        self._functions = [link.factory() for link in chain.links]
        self.overlaps, self.close, self.recover = classifier.overlaps, classifier.close, classifier.recover
        self.figures, self.device, self.precision = classifier.figures, classifier.device, classifier.precision

    def __call__(self, rows: Sequence[Row]) -> Answers:
        """The answer of every row."""
        return self.finish(self.prepare(rows))

    def prepare(self, rows: Sequence[Row]) -> tuple[list[bool], tuple[list[list[Annotation]], Prepared]]:
        """Which rows lack a text, and all before the model."""
        columns = {number: [row[number] for row in rows] for number in range(self._chain.texts)}

        def read(numbers: tuple[int, ...]) -> list[Row]:
            return list(zip(*(columns[number] for number in numbers), strict=True))

        lacking = [not all(row) for row in rows]
        for link, function in zip(self._chain.links, self._functions, strict=True):
            columns[link.makes] = function(read(link.reads))
        return lacking, self._classifier.prepare(read(self._chain.reads))

    def finish(self, prepared: tuple[list[bool], tuple[list[list[Annotation]], Prepared]]) -> Answers:
        """The answer of every row."""
        lacking, sentences = prepared
        return answers_of(self._classifier.judge(sentences), lacking, self._classifier.labels)


def _document(text: str) -> Annotation:
    return Annotation(DOCUMENT, 0, utf16_length(text) - 1, text, {"sentence": "0"})
