"""Pipelines, and those among them that work on single texts."""

from __future__ import annotations

from typing import Any

from pyspark.ml import PipelineModel, Transformer

from sparkcls.errors import ParamTypeError
from sparkcls.spark.column_names import Columns
from sparkcls.spark.columns import ColumnMetadata
from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.finisher import Finisher
from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.stage import AnnotatorStage


def pipeline_stages(model: PipelineModel) -> list[Transformer]:
    """Stages in order, those of nested pipelines in place."""
    return [inner for s in model.stages for inner in (pipeline_stages(s) if isinstance(s, PipelineModel) else [s])]


def check_pipeline(caller: str, model: Any, or_else: str = "") -> None:
    """Raise ParamTypeError if it is not a fitted pipeline; `or_else` is what else it might have been."""
    if not isinstance(model, PipelineModel):
        raise ParamTypeError(
            f"{caller} takes {or_else}a fitted PipelineModel, got {type(model).__name__}"
            + ("; call fit first" if hasattr(model, "fit") else "")
        )


def text_stages(caller: str, model: Any, or_else: str = "", pairs: bool = False) -> tuple[str, list[Transformer]]:
    """The column of texts that a pipeline reads, the first if there are two, and its stages up to the classifier.

    Parameters
    ----------
    caller, or_else
        For messages: name of the function that was called, and what else it takes.
    pairs
        Whether the pipeline may read pairs of texts.

    Raises
    ------
    ParamTypeError
        It has no classifier at its end, a stage that only Spark can run, or several columns of texts.
    ColumnError
        A stage reads a column that no earlier stage makes.
    ParamError
        The classifier has no model.
    """
    check_pipeline(caller, model, or_else)
    stages = pipeline_stages(model)
    while stages and isinstance(stages[-1], Finisher):
        stages.pop()
    if not stages or not isinstance(stages[-1], SequenceClassifier):
        last = type(stages[-1]).__name__ if stages else "nothing"
        raise ParamTypeError(f"{caller} takes a pipeline that ends in a classifier; this one ends in {last}")
    if stages[-1].reads_pairs() and not pairs:
        raise ParamTypeError(f"{caller} takes a classifier of single texts; this one reads pairs")
    columns: Columns[None] = Columns()
    metadata: ColumnMetadata = Columns()
    for stage in stages:
        if isinstance(stage, DocumentAssembler):
            columns[stage._require("inputCol")] = None
        elif isinstance(stage, AnnotatorStage):
            stage.match_columns(metadata)
        else:
            raise ParamTypeError(
                f"{caller}: {type(stage).__name__} works on DataFrames, not on single texts; leave it out of "
                "the pipeline"
            )
        metadata[stage.getOutputCol()] = stage.output_metadata()
    if len(columns) > (2 if pairs else 1):
        must = "one" if not pairs else "one, or two for pairs"
        raise ParamTypeError(
            f"{caller}: the pipeline reads the columns {', '.join(sorted(columns))}; it must read {must}"
        )
    stages[-1].getClasses()  # raises if it has no model
    return next(iter(columns)), stages
