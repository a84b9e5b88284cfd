"""`PretrainedPipeline`: a whole pipeline by name."""

from __future__ import annotations

import os
from typing import Any

from pyspark.ml import PipelineModel
from pyspark.sql import DataFrame

from sparkcls.catalogue.cards import CARDS
from sparkcls.catalogue.inventory import find_local, meant_pipeline, store_index
from sparkcls.catalogue.names import check_names
from sparkcls.errors import ColumnError, ModelNotFoundError, ParamTypeError
from sparkcls.light import LightPipeline
from sparkcls.pipelines.disk import load_pipeline
from sparkcls.pretrained.downloader import ResourceDownloader
from sparkcls.spark.columns import column_metadata
from sparkcls.spark.confs import take_over_confs
from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.classifiers import classifier_by_name
from sparkcls.stages.tokenizer import Tokenizer


class PretrainedPipeline:
    """A pipeline by name, for Spark and for plain strings.

    Parameters
    ----------
    name
        A pipeline of the store; or a classifier's model, which gets the usual three stages: the columns
        ``document``, ``token`` and ``class`` from ``text``.
    lang
        Its language.
    remote_loc
        The store to ask, see `SequenceClassifier.pretrained`.
    parse_embeddings
        Accepted for Spark NLP's callers; there are no embeddings here.
    disk_location
        A saved pipeline to read instead, ours or Spark NLP's.

    Attributes
    ----------
    model
        The `PipelineModel`.
    light_model
        The same as a `LightPipeline`.

    Raises
    ------
    ModelNotFoundError
        Neither a pipeline nor a model has the name, or the store cannot be reached.
    """

    def __init__(
        self,
        name: str,
        lang: str = "en",
        remote_loc: str | None = None,
        parse_embeddings: bool = False,
        disk_location: str | os.PathLike[str] | None = None,
    ):
        if disk_location is not None:
            if not isinstance(disk_location, (str, os.PathLike)):
                raise ParamTypeError(f"PretrainedPipeline(disk_location=...) takes a path, got {disk_location!r}")
            self.model = load_pipeline(os.fspath(disk_location))
        else:
            self.model = _by_name(name, lang, remote_loc)
        self.light_model = LightPipeline(self.model, parse_embeddings)

    @staticmethod
    def from_disk(path: str | os.PathLike[str], parse_embeddings: bool = False) -> PretrainedPipeline:
        """A saved pipeline, ours or Spark NLP's."""
        return PretrainedPipeline("from_disk", parse_embeddings=parse_embeddings, disk_location=path)

    def annotate(self, target: Any, column: str | None = None) -> Any:
        """Results by output column of a str or a list of str, or of one column of a Spark DataFrame.

        Parameters
        ----------
        column
            For a DataFrame: its column of texts, which the result calls ``text``.

        Raises
        ------
        ColumnError
            There is no such column, or one called ``text`` besides.
        """
        if not isinstance(target, DataFrame):
            return self.light_model.annotate(target)
        if column is None:
            raise ParamTypeError("annotate(DataFrame, column): name the column of texts")
        columns = column_metadata(target)
        if column not in columns:
            raise ColumnError(f"annotate: there is no column {column!r}; the columns are {', '.join(columns)}")
        if columns.same(column, "text"):
            return self.model.transform(target)
        if "text" in columns:
            raise ColumnError(f"annotate: {column!r} would be called 'text', as another column is; rename or drop that")
        return self.model.transform(target.withColumnRenamed(column, "text"))

    def fullAnnotate(self, target: Any, optional_target: Any = "") -> list[dict[str, Any]]:
        """Annotations by output column: a list of one dict per text; for `optional_target` see `LightPipeline`."""
        return self.light_model.fullAnnotate(target, optional_target)

    def transform(self, data: DataFrame) -> DataFrame:
        """The DataFrame with the pipeline's columns added."""
        return self.model.transform(data)


def _by_name(name: str, lang: str, remote_loc: str | None) -> PipelineModel:
    check_names(name, lang)
    take_over_confs()
    # What is here, or known to be a model, needs no index.
    if name not in CARDS and find_local(name, lang) is None and not _is_repository(name):
        try:
            return ResourceDownloader.downloadPipeline(name, lang, remote_loc)
        except ModelNotFoundError:
            if _is_pipeline(name, lang, remote_loc):
                raise
    classifier = classifier_by_name(name, lang, remote_loc)
    return PipelineModel(
        [
            DocumentAssembler(inputCol="text", outputCol="document"),
            Tokenizer(inputCols=["document"], outputCol="token"),
            classifier.setInputCols(["token", "document"]).setOutputCol("class"),
        ]
    )


def _is_repository(name: str) -> bool:
    return "/" in name


def _is_pipeline(name: str, lang: str, remote_loc: str | None) -> bool:
    try:
        return meant_pipeline(store_index(remote_loc), name, lang) is not None
    except ModelNotFoundError:
        return False  # the search for a model says best what cannot be reached
