"""Short ways to the usual pipeline."""

from __future__ import annotations

from typing import Any

import pytest

from sparkcls.annotation import FIELDS, RESERVED
from sparkcls.annotator import DistilBertForSequenceClassification, Tokenizer
from sparkcls.base import DocumentAssembler, PipelineModel

STRING = "text string"


def pipeline_of(classifier: Any, tokenizer: Any = None, assembler: Any = None) -> PipelineModel:
    """The three stages around a classifier whose columns are set; none of them needs data to fit."""
    return PipelineModel(
        [
            assembler or DocumentAssembler(inputCol="text", outputCol="document"),
            tokenizer or Tokenizer(inputCols=["document"], outputCol="token"),
            classifier,
        ]
    )


def classifier_of(folder: Any, **params: Any) -> DistilBertForSequenceClassification:
    """The stage of a model folder with the usual columns."""
    stage = DistilBertForSequenceClassification.loadSavedModel(folder)
    return stage._update(inputCols=["token", "document"], outputCol="class", **params)


def texts_frame(spark: Any, texts: list[str | None]) -> Any:
    """A DataFrame with the columns id and text, one partition."""
    return spark.createDataFrame(list(enumerate(texts)), "id int, text string").coalesce(1)


def classes(model: PipelineModel, frame: Any) -> list[list[Any]]:
    """The class column by id. Sorted here: Spark's orderBy would score the rows a second time."""
    rows = model.transform(frame).select("id", "class").collect()
    return [row["class"] for row in sorted(rows, key=lambda row: row["id"])]


def results(rows: list[list[Any]]) -> list[list[str]]:
    return [[a["result"] for a in row] for row in rows]


def assert_same(found: list[Any], expected: list[Any]) -> None:
    """The same annotations, but for the last digits of scores: those depend on how many threads computed them.

    A LightPipeline takes as many as there are idle cores at the moment.
    """
    assert [_but_scores(annotation) for annotation in found] == [_but_scores(annotation) for annotation in expected]
    for one, other in zip(found, expected, strict=True):
        assert _numbers(one) == pytest.approx(_numbers(other), abs=5e-6, nan_ok=True)


def _but_scores(annotation: Any) -> tuple[Any, ...]:
    """Of an Annotation or its row."""
    kind, begin, end, result, metadata = (getattr(annotation, name) for name in FIELDS[:5])
    return kind, begin, end, result, metadata.keys(), {k: v for k, v in metadata.items() if k in RESERVED}


def _numbers(annotation: Any) -> dict[str, float]:
    return {k: float(v) for k, v in annotation.metadata.items() if k not in RESERVED}
