"""LightPipeline: a fitted pipeline on plain strings, in this process, without a Spark job."""

from __future__ import annotations

from typing import Any, overload

from pyspark.ml import PipelineModel, Transformer
from pyspark.sql import DataFrame

from sparkcls.annotation import Annotation
from sparkcls.errors import ParamTypeError
from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.finisher import Finisher
from sparkcls.stages.stage import AnnotatorStage


class LightPipeline:
    """The stages of a fitted pipeline, called directly.

    Parameters
    ----------
    pipelineModel
        A fitted `PipelineModel`. Nested ones are followed; stages that are not of sparkcls, and those
        with ``lazyAnnotator`` set, are left out.
    parse_embeddings
        Accepted for Spark NLP's callers; there are no embeddings here.
    output_cols
        Columns that `transform` keeps beside the input's; None for all.
    """

    def __init__(
        self, pipelineModel: PipelineModel, parse_embeddings: bool = False, output_cols: list[str] | None = None
    ):
        if not isinstance(pipelineModel, PipelineModel):
            raise ParamTypeError(
                f"LightPipeline takes a fitted PipelineModel, got {type(pipelineModel).__name__}; call fit first"
            )
        self.pipeline_model = pipelineModel
        self.parse_embeddings = parse_embeddings
        self.output_cols = output_cols

    @overload
    def fullAnnotate(self, target: str) -> list[dict[str, list[Annotation]]]: ...
    @overload
    def fullAnnotate(self, target: list[str] | list[str | None]) -> list[dict[str, list[Annotation]]]: ...
    def fullAnnotate(self, target: str | list[str] | list[str | None]) -> list[dict[str, list[Annotation]]]:
        """Annotations by output column: a list with one dict for a str, one dict a text for a list.

        A None in the list is treated like a null in a DataFrame. Lone surrogates become U+FFFD. A
        Finisher leaves only its input columns, under their own names. `explodeSentences` has no effect.

        Raises
        ------
        ParamTypeError
            Neither str nor a list of str.
        """
        texts = [target] if isinstance(target, str) else target
        if not isinstance(texts, list) or not all(t is None or isinstance(t, str) for t in texts):
            raise ParamTypeError(f"LightPipeline takes a str or a list of str, got {type(target).__name__}")
        results: list[dict[str, list[Annotation]]] = [{} for _ in texts]
        metadata: dict[str, dict[str, Any]] = {}
        for stage in _stages(self.pipeline_model):
            if isinstance(stage, DocumentAssembler):
                for result, text in zip(results, texts, strict=True):
                    result[stage.getOutputCol()] = stage.assemble(text)
            elif isinstance(stage, AnnotatorStage) and not stage.getLazyAnnotator():
                columns = stage.match_columns(metadata)
                function = stage.row_function(metadata)()
                written = function([tuple(result[c] for c in columns) for result in results])
                for result, annotations in zip(results, written, strict=True):
                    result[stage.getOutputCol()] = annotations
            elif isinstance(stage, Finisher):
                kept = stage.check_columns(metadata)
                results = [{c: result[c] for c in kept} for result in results]
                continue
            else:
                continue
            metadata[stage.getOutputCol()] = stage.output_metadata()
        return results

    @overload
    def annotate(self, target: str) -> dict[str, list[str | None]]: ...
    @overload
    def annotate(self, target: list[str] | list[str | None]) -> list[dict[str, list[str | None]]]: ...
    def annotate(self, target: str | list[str] | list[str | None]) -> Any:
        """Like `fullAnnotate` with the results alone; a dict for a str, a list of dicts for a list."""
        results = [
            {column: [a.result for a in annotations] for column, annotations in result.items()}
            for result in self.fullAnnotate(target)
        ]
        return results[0] if isinstance(target, str) else results

    def transform(self, dataframe: DataFrame) -> DataFrame:
        """The pipeline's ordinary transform; with `output_cols`, only those beside the input's columns."""
        result = self.pipeline_model.transform(dataframe)
        if self.output_cols is None:
            return result
        return result.select(*dataframe.columns, *(c for c in self.output_cols if c not in dataframe.columns))


def _stages(model: PipelineModel) -> list[Transformer]:
    """Stages in order, those of nested pipelines in place."""
    return [
        inner for stage in model.stages for inner in (_stages(stage) if isinstance(stage, PipelineModel) else [stage])
    ]
