"""What all stages share: columns in and out, checks of the DataFrame, saving and loading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from pyspark.ml import Transformer
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsWritable, DefaultParamsWriter

from sparkcls.annotation import TYPE_KEY
from sparkcls.errors import ColumnError, ModelFormatError, ParamTypeError
from sparkcls.stages.columns import ColumnMetadata, RowFunction
from sparkcls.stages.params import CheckedParams, boolean, listed, param, text, texts


class StageWriter(DefaultParamsWriter):
    """Writes a stage's metadata the way pyspark does, by the DataFrame API alone.

    pyspark's own writer deletes the old folder through the JVM, which Spark Connect does not give
    (SPARK-55452). A stage is one text file, so Spark's overwrite mode is enough.
    """

    def save(self, path: str) -> None:
        """Write to `path`, any file system that Spark writes to; an existing stage only after ``overwrite()``."""
        spark = self.sparkSession
        line = DefaultParamsWriter._get_metadata_to_save(self.instance, spark)
        frame = spark.createDataFrame([(line,)], "value string").coalesce(1)
        frame.write.mode("overwrite" if self.shouldOverwrite else "error").text(f"{path}/metadata")


class SavedTransformer(CheckedParams, Transformer, DefaultParamsReadable, DefaultParamsWritable):
    """A transformer that is saved and loaded alike on classic Spark and on Spark Connect."""

    def write(self) -> StageWriter:
        """A writer of this stage, whose ``overwrite`` works on Spark Connect too."""
        return StageWriter(self)

    @classmethod
    def load(cls, path: str) -> Any:
        """Read a stage that `save` wrote.

        Raises
        ------
        ModelFormatError
            The folder holds a stage of another class.
        """
        stage = cls.read().load(path)
        if not isinstance(stage, cls):
            raise ModelFormatError(f"{path} holds a {type(stage).__name__}; load it with {type(stage).__name__}.load")
        return stage


class Stage(SavedTransformer):
    """A transformer that adds one annotation column."""

    outputCol = param("outputCol", "name of the column that is added", text)

    #: Type of the annotations that are written.
    outputAnnotatorType: ClassVar[str]

    def setOutputCol(self, value: str) -> Any:
        """Name of the column that is added (or replaced)."""
        return self._update(outputCol=value)

    def getOutputCol(self) -> str:
        """Name of the column that is added."""
        return self._get("outputCol")

    def output_metadata(self) -> dict[str, Any]:
        """Metadata of the output column."""
        return {TYPE_KEY: self.outputAnnotatorType}


class AnnotatorStage(Stage):
    """A stage that reads annotation columns made by earlier stages.

    A subclass states its types and gives `row_function`; Spark and the light path both call that.
    """

    inputCols = param("inputCols", "names of the annotation columns that are read, in any order", texts)
    lazyAnnotator = param("lazyAnnotator", "whether LightPipeline skips this stage", boolean)

    #: Types of the columns that are needed, one column each.
    inputAnnotatorTypes: ClassVar[tuple[str, ...]]

    def __init__(self) -> None:
        super().__init__()
        self._setDefault(lazyAnnotator=False)

    def setInputCols(self, *value: Any) -> Any:
        """Names of the input columns: ``setInputCols("a", "b")`` or ``setInputCols(["a", "b"])``.

        Raises
        ------
        ParamTypeError
            Not str, or not as many as this stage reads.
        """
        return self._update(inputCols=listed(value))

    def _update(self, **values: Any) -> Any:
        columns = values.get("inputCols")
        if columns is not None:
            columns = self.getParam("inputCols").typeConverter(columns)
            wanted = list(self.inputAnnotatorTypes)
            if len(columns) != len(wanted):
                raise ParamTypeError(
                    f"{self.uid}: inputCols takes {len(wanted)} column(s), one of each type {wanted}; "
                    f"got {len(columns)}: {columns}"
                )
        return super()._update(**values)

    def getInputCols(self) -> list[str]:
        """Names of the input columns, as they were set."""
        return self._get("inputCols")

    def setLazyAnnotator(self, value: bool) -> Any:
        """Whether LightPipeline skips this stage. Default False."""
        return self._update(lazyAnnotator=value)

    def getLazyAnnotator(self) -> bool:
        """Whether LightPipeline skips this stage."""
        return self._get("lazyAnnotator")

    def row_function(self, metadata: ColumnMetadata) -> Callable[[], RowFunction]:
        """A small picklable factory of this stage's row function.

        Parameters
        ----------
        metadata
            Column metadata of the input columns, by name.
        """
        raise NotImplementedError

    def match_columns(self, metadata: ColumnMetadata) -> list[str]:
        """The input column of each input type, in the order of the types.

        Raises
        ------
        ColumnError
            A column is missing, or there is none of a type.
        """
        wanted = self._require("inputCols")
        missing = [name for name in wanted if name not in metadata]
        types = {name: metadata[name].get(TYPE_KEY) for name in wanted if name in metadata}
        found = [next((n for n, t in types.items() if t == needed), None) for needed in self.inputAnnotatorTypes]
        if missing or None in found:
            present = ", ".join(f"{name} ({m.get(TYPE_KEY) or 'no annotations'})" for name, m in metadata.items())
            raise ColumnError(
                f"{self.uid}: wrong or missing inputCols. It reads one column of each type "
                f"{list(self.inputAnnotatorTypes)} and was given {wanted}; "
                + (f"there is no column {missing[0]!r}. " if missing else "")
                + f"Columns here: {present}. Add the stage that makes the missing column before this one, "
                "or correct setInputCols"
            )
        return [name for name in found if name is not None]
