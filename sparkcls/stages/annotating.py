"""Annotator stages that are a row function and nothing else."""

from __future__ import annotations

from typing import ClassVar

from pyspark.sql import DataFrame

from sparkcls.spark.columns import column_metadata, put_column, restored
from sparkcls.spark.udf import annotate_column
from sparkcls.stages.stage import AnnotatorStage


class RowStage(AnnotatorStage):
    """An annotator stage whose column is what its row function gives."""

    #: Whether the row function reads more of the metadata than the key ``sentence``.
    readsWholeMetadata: ClassVar[bool] = False

    def _transform(self, dataset: DataFrame) -> DataFrame:
        metadata = column_metadata(dataset)
        columns = self.match_columns(metadata)
        dataset = restored(dataset, metadata, columns, self.inputAnnotatorTypes)
        function = self.row_function(metadata)
        column = annotate_column(function, columns, self.inputAnnotatorTypes, whole_metadata=self.readsWholeMetadata)
        return put_column(dataset, self.getOutputCol(), column, self.output_metadata(), self.uid)
