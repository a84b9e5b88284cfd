"""LightPipeline: a fitted pipeline on plain strings, in this process, without a Spark job."""

from __future__ import annotations

import os
from typing import Any

from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame, SparkSession

from sparkcls.annotation import Annotation
from sparkcls.catalogue.imported import local_folder
from sparkcls.errors import ParamTypeError
from sparkcls.pipelines.saved import read_pipeline
from sparkcls.pipelines.steps import Input, Steps
from sparkcls.spark.column_names import names_are_exact
from sparkcls.spark.columns import column_metadata, quoted

#: Entries for the metadata of documents.
Metadata = dict[str, Any] | list[dict[str, Any]] | None


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
        self._ignore_unsupported = False
        # Asked once, because a text must not wait for a server's answer.
        self._exact = names_are_exact(SparkSession.getActiveSession())
        self._steps: Steps | None = None

    def __getstate__(self) -> dict[str, Any]:
        """All but what belongs to this process."""
        return self.__dict__ | {"_steps": None}

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> LightPipeline:
        """Read a PipelineModel that was saved with sparkcls, without a Spark session.

        Parameters
        ----------
        path
            A folder: a path, or a URI that `pyarrow.fs` opens (s3, gs, hdfs, ...). Stages that are not of sparkcls are
            left out, and no class is imported by a name that stands in it. The model's files are put into this
            machine's cache, unless it has the model.

        Raises
        ------
        ModelNotFoundError
            There is no saved pipeline.
        ModelFormatError
            It is damaged, a newer sparkcls wrote it, or it is a single stage.
        ParamError
            The cache cannot be written.
        """
        if not isinstance(path, (str, os.PathLike)):
            raise ParamTypeError(f"LightPipeline.load(path) takes a path as str, got {path!r}")
        with local_folder(path) as folder:
            return cls(read_pipeline(folder))

    def fullAnnotate(
        self, target: Any, optional_target: Any = "", metadata: Metadata = None
    ) -> list[dict[str, list[Annotation]]]:
        """Annotations by output column: a list with one dict for a str, one dict a text for a list.

        A None in the list is treated like a null in a DataFrame. Lone surrogates become U+FFFD. A
        Finisher leaves only its input columns, under their own names. `explodeSentences` has no effect. A
        column of a stage with ``lazyAnnotator`` is left out, and is empty for the stages that read it.

        Parameters
        ----------
        target
            A str, a list of str, or a list of int ids with the texts as `optional_target`; ids go into the
            documents' metadata under ``id``.
        optional_target
            Beside a text or list of texts, the second text of each pair: what a DocumentAssembler with another input
            column than the first one's reads. Of two lists of texts the longer is cut, as in Spark NLP.
        metadata
            Entries for the documents' metadata: a dict for a str; a list of dicts, or a dict of lists, for a list.

        Raises
        ------
        ParamTypeError
            Anything else; or a classifier reads pairs of texts, and there are no second texts.
        ColumnError
            A stage reads a column that no earlier stage makes; a TypeError too, as Spark NLP's is.
        """
        texts, seconds, extra = _arguments(target, optional_target, metadata)
        return self._annotate(texts, seconds, extra)

    def annotate(self, target: Any, optional_target: Any = "", metadata: Metadata = None) -> Any:
        """Like `fullAnnotate` with the results alone; a dict for a str, a list of dicts for a list."""
        results = [
            {column: [a.result for a in annotations] for column, annotations in result.items()}
            for result in self.fullAnnotate(target, optional_target, metadata)
        ]
        return results[0] if isinstance(target, str) else results

    def _annotate(
        self, texts: list[str | None], seconds: list[str] | None, extra: list[dict[str, str]]
    ) -> list[dict[str, list[Annotation]]]:
        steps = self._steps
        if steps is None or not steps.hold(self.pipeline_model):
            steps = self._steps = Steps(self.pipeline_model, self._exact)
        return steps.annotate(Input(texts, seconds, extra))

    def setIgnoreUnsupported(self, value: bool) -> LightPipeline:
        """Accepted for Spark NLP's callers: stages that are not of sparkcls are always left out."""
        self._ignore_unsupported = value
        return self

    def getIgnoreUnsupported(self) -> bool:
        """What was set; it has no effect."""
        return self._ignore_unsupported

    def transform(self, dataframe: DataFrame) -> DataFrame:
        """The pipeline's ordinary transform; with `output_cols`, only those beside the input's columns."""
        result = self.pipeline_model.transform(dataframe)
        if self.output_cols is None:
            return result
        given = column_metadata(dataframe)
        return result.select(*map(quoted, given), *(c for c in self.output_cols if c not in given))


def _arguments(
    target: Any, second: Any, metadata: Metadata
) -> tuple[list[str | None], list[str] | None, list[dict[str, str]]]:
    """Texts, second texts if there are any, and further metadata of each, from the arguments in all their forms."""
    ids: list[Any] = []
    texts: Any = [target] if isinstance(target, str) else target
    if isinstance(texts, list) and texts and all(isinstance(i, int) and not isinstance(i, bool) for i in texts):
        ids, texts = texts, second
    if not isinstance(texts, list) or not all(t is None or isinstance(t, str) for t in texts):
        raise ParamTypeError(
            "LightPipeline takes a str, a list of str, or a list of int ids and a list of str; "
            f"got {type(target).__name__}" + (f" and {type(second).__name__}" if second != "" else "")
        )
    if ids and len(ids) != len(texts):
        raise ParamTypeError(f"LightPipeline takes one id a text, got {len(ids)} ids and {len(texts)} texts")
    extra = _metadata_of(metadata, len(texts), isinstance(target, str))
    for entries, i in zip(extra, ids, strict=False):
        entries["id"] = str(i)
    if ids or second == "":
        return texts, None, extra
    contexts = second if isinstance(target, list) else [second]
    if not isinstance(contexts, list) or not all(isinstance(t, str) for t in contexts):
        raise ParamTypeError(
            "LightPipeline takes a str beside a str, and a list of str beside a list of str; got "
            f"{type(target).__name__} and {type(second).__name__}"
        )
    count = min(len(texts), len(contexts))
    return texts[:count], contexts[:count], extra[:count]


def _metadata_of(metadata: Metadata, count: int, single: bool) -> list[dict[str, str]]:
    if metadata is None:
        return [{} for _ in range(count)]
    rows: Any = [metadata] if single else metadata
    if isinstance(rows, dict) and all(isinstance(v, list) and len(v) == count for v in rows.values()):
        rows = [{key: values[i] for key, values in rows.items()} for i in range(count)]
    if not isinstance(rows, list) or len(rows) != count or not all(isinstance(row, dict) for row in rows):
        raise ParamTypeError(
            "metadata takes a dict for a str; for a list of texts a list of as many dicts, or a dict of lists of as "
            f"many values; got {metadata!r}"
        )
    return [{str(key): str(value) for key, value in row.items()} for row in rows]
