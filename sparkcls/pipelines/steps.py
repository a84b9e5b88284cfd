"""A pipeline on plain strings: what its stages do, made once for each state of their Params and models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import is_
from typing import Any

from pyspark.ml import PipelineModel

from sparkcls.annotation import Annotation
from sparkcls.errors import ColumnError, LightColumnError, ParamTypeError
from sparkcls.pipelines.walk import pipeline_stages
from sparkcls.spark.column_names import Columns
from sparkcls.spark.columns import ColumnMetadata, RowFunction
from sparkcls.stages.assembler import DocumentAssembler, document_of
from sparkcls.stages.classifying import Classifying
from sparkcls.stages.finisher import Finisher
from sparkcls.stages.snapshot import Snapshot
from sparkcls.stages.stage import AnnotatorStage

#: Annotations of each row, by column.
Results = list[dict[str, list[Annotation]]]


@dataclass(frozen=True)
class Input:
    """The texts of a call.

    Parameters
    ----------
    texts, seconds
        Of each row, and the second ones if there are any.
    metadata
        Further entries of the documents' metadata, of each row.
    """

    texts: Sequence[str | None]
    seconds: Sequence[str] | None
    metadata: Sequence[dict[str, str]]


@dataclass(frozen=True)
class _Step:
    """What one stage does.

    Parameters
    ----------
    column
        The column that it writes.
    replaced
        The column whose place that takes under another spelling, if there is one.
    write
        Gives the column's annotations of each row.
    """

    column: str
    replaced: str | None
    write: Callable[[Input, Results], list[list[Annotation]]]


class Steps:
    """What the stages of a pipeline do with texts.

    Parameters
    ----------
    model
        Stages that are not of sparkcls are left out.
    exact
        Whether upper and lower case make different names of columns.

    Raises
    ------
    ColumnError
        A stage reads a column that no earlier stage makes; a TypeError too, as Spark NLP's is.
    ModelNotFoundError, ModelFormatError
        A model is not here any more, or has changed.
    """

    def __init__(self, model: PipelineModel, exact: bool):
        self._stages = pipeline_stages(model)
        working = [stage for stage in self._stages if isinstance(stage, (DocumentAssembler, AnnotatorStage, Finisher))]
        self._last = not any(map(is_of_user, working))
        self._snapshots = [Snapshot(stage) for stage in working] if self._last else []
        self._files: list[tuple[AnnotatorStage, Any]] = []
        self._first: str | None = None
        self._kept: list[str] | None = None
        self._lazy: set[str] = set()
        metadata: ColumnMetadata = Columns(exact)
        self._steps: list[_Step] = []
        for stage in [snapshot.stage for snapshot in self._snapshots] or working:
            if isinstance(stage, Finisher):
                self._kept = stage.check_columns(metadata)
            else:
                column = stage.getOutputCol()
                replaced = metadata.actual(column)
                write = self._write(stage, metadata)
                self._steps.append(_Step(column, replaced if replaced != column else None, write))
                metadata[column] = stage.output_metadata()

    def hold(self, model: PipelineModel) -> bool:
        """Whether they are what a pipeline says now: its stages, with nothing set anew, and models as they were.

        Raises
        ------
        ModelNotFoundError, ModelFormatError
            A model is not here any more, or has changed.
        """
        stages = pipeline_stages(model)
        return (
            self._last
            and len(stages) == len(self._stages)
            and all(map(is_, stages, self._stages))
            and all([snapshot.holds() for snapshot in self._snapshots])
            and all([stage.works_with() is files for stage, files in self._files])
        )

    def annotate(self, given: Input) -> Results:
        """Annotations of each row by column, those that are to be shown."""
        results: Results = [{} for _ in given.texts]
        for step in self._steps:
            written = step.write(given, results)
            for result, of_row in zip(results, written, strict=True):
                if step.replaced is not None:
                    del result[step.replaced]
                result[step.column] = of_row
        if self._kept is None and not self._lazy:
            return results
        return [{c: a for c, a in result.items() if self._is_shown(c)} for result in results]

    def _is_shown(self, column: str) -> bool:
        return column in self._kept if self._kept is not None else column not in self._lazy

    def _write(
        self, stage: DocumentAssembler | AnnotatorStage, metadata: ColumnMetadata
    ) -> Callable[[Input, Results], list[list[Annotation]]]:
        if isinstance(stage, DocumentAssembler):
            return self._assembling(stage)
        if stage.getLazyAnnotator():
            self._lazy.add(stage.getOutputCol())
            return lambda given, results: [[] for _ in results]
        if isinstance(stage, Classifying) and stage.reads_pairs():
            return _of_pairs(stage, self._annotating(stage, metadata))
        return self._annotating(stage, metadata)

    def _assembling(self, stage: DocumentAssembler) -> Callable[[Input, Results], list[list[Annotation]]]:
        column = stage.getInputCol()
        self._first = self._first or column
        is_first, mode, of_user = column == self._first, stage.getCleanupMode(), is_of_user(stage)

        def write(given: Input, results: Results) -> list[list[Annotation]]:
            texts = given.texts if is_first or given.seconds is None else given.seconds
            if of_user:
                return [stage.assemble(t, m) for t, m in zip(texts, given.metadata, strict=True)]
            return [[document_of(t, mode, m)] for t, m in zip(texts, given.metadata, strict=True)]

        return write

    def _annotating(
        self, stage: AnnotatorStage, metadata: ColumnMetadata
    ) -> Callable[[Input, Results], list[list[Annotation]]]:
        try:
            columns = stage.match_columns(metadata)
        except ColumnError as e:
            raise LightColumnError(str(e)) from None
        if is_of_user(stage):
            seen: ColumnMetadata = Columns(metadata.exact, metadata.items())
            return lambda given, results: stage.annotate_rows(seen, [[r[c] for c in columns] for r in results])
        self._files.append((stage, stage.works_with()))
        factory: Callable[[], RowFunction] = stage.row_function(metadata)
        return lambda given, results: stage.annotate_by(factory, [[r[c] for c in columns] for r in results])


def is_of_user(stage: Any) -> bool:
    """Whether a stage's class is a user's own: what it depends on besides its Params is not known."""
    return type(stage).__module__.partition(".")[0] != "sparkcls"


def _of_pairs(
    stage: Classifying, write: Callable[[Input, Results], list[list[Annotation]]]
) -> Callable[[Input, Results], list[list[Annotation]]]:
    def checked(given: Input, results: Results) -> list[list[Annotation]]:
        if given.seconds is None:
            raise ParamTypeError(
                f"{stage.uid} classifies pairs of texts; give the second text too: annotate(text, second), or two "
                "lists of texts"
            )
        return write(given, results)

    return checked
