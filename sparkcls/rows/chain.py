"""The stages of a pipeline as one row function: texts in, what its classifier says of each out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from sparkcls.annotation import DOCUMENT, Annotation
from sparkcls.errors import ParamTypeError
from sparkcls.spark.columns import Row, RowFunction
from sparkcls.text.cleanup import clean
from sparkcls.text.java import replace_surrogates, utf16_length

if TYPE_CHECKING:
    from sparkcls.engine.prepared import Prepared
    from sparkcls.rows.scoring import Annotating, Scoring

#: Fields of what the SQL function gives.
ANSWER = ("label", "score", "labels", "scores", "truncated", "error")
#: Number of the column with the texts as they are, which no stage made.
TEXTS = 0


@dataclass(frozen=True)
class DocumentAssembling:
    """The row function of a DocumentAssembler over `TEXTS`."""

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
    links
        The stages before the classifier, in order.
    scoring, reads, labels
        The classifier, the numbers of its columns, and its model's labels.
    """

    name: str
    links: tuple[Link, ...]
    scoring: Scoring
    reads: tuple[int, ...]
    labels: tuple[str, ...]

    def __call__(self) -> Chained:
        """Load the model, unless this process has it, and return the row function."""
        return Chained(self, self.scoring())

    def read(self, series: tuple[pd.Series, ...]) -> list[Row]:
        """A row of each text."""
        values: Any = series[0]
        if isinstance(values, pd.DataFrame):
            # A struct, whose fields would be taken for the texts.
            values = values.to_dict("records")
        return [(self._text(value),) for value in values]

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
        self.overlaps, self.close = classifier.overlaps, classifier.close

    def __call__(self, rows: Sequence[Row]) -> list[list[Annotation] | None]:
        """Categories of every row; None of a null."""
        return self.finish(self.prepare(rows))

    def prepare(self, rows: Sequence[Row]) -> tuple[list[bool], tuple[list[list[Annotation]], Prepared]]:
        """Which rows are null, and all before the model."""
        columns = {TEXTS: [row[0] for row in rows]}

        def read(numbers: tuple[int, ...]) -> list[Row]:
            return list(zip(*(columns[number] for number in numbers), strict=True))

        for link, function in zip(self._chain.links, self._functions, strict=True):
            columns[link.makes] = function(read(link.reads))
        return [not texts for texts in columns[TEXTS]], self._classifier.prepare(read(self._chain.reads))

    def finish(
        self, prepared: tuple[list[bool], tuple[list[list[Annotation]], Prepared]]
    ) -> list[list[Annotation] | None]:
        """Categories of every row; None of a null."""
        nulls, sentences = prepared
        return [None if null else row for null, row in zip(nulls, self._classifier.finish(sentences), strict=True)]


def answers(rows: Sequence[list[Annotation] | None], labels: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What the SQL function says of every row, see `sparkcls.sql.register`."""
    for row in rows:
        if row is None:
            yield dict.fromkeys(ANSWER)
            continue
        # By the result, because a label may be called like a reserved key of the metadata, and then takes its place.
        scored = [a for a in row if a.result in labels]
        failed = [a for a in row if a.result not in labels]
        scores = {label: float(scored[0].metadata[label]) for label in labels} if scored else {}
        best = _likeliest(scored, scores)
        # With several categories a sentence has its metadata in each.
        cut = {(a.begin, a.end): a.metadata.get("truncated", "0") for a in row}
        yield {
            "label": best,
            "score": scores[best] if best is not None else None,
            "labels": [a.result for a in scored],
            "scores": scores,
            "truncated": sum(map(int, cut.values())) if "truncated" not in labels else None,
            "error": failed[0].metadata["error"] if failed else None,
        }


def _likeliest(categories: Sequence[Annotation], scores: dict[str, float]) -> str | None:
    """The label with the largest score among those of the first sentence that has any; None if none has."""
    if not categories:
        return None
    first = categories[0]
    found = [str(a.result) for a in categories if (a.begin, a.end) == (first.begin, first.end)]
    return max(found, key=lambda label: scores[label])


def _document(text: str) -> Annotation:
    return Annotation(DOCUMENT, 0, utf16_length(text) - 1, text, {"sentence": "0"})
