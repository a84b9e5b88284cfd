"""What all stages share: columns in and out, checks of the DataFrame, saving and loading."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from pyspark.ml import Transformer
from pyspark.ml.util import DefaultParamsReadable, DefaultParamsReader, DefaultParamsWritable
from pyspark.sql import DataFrame

from sparkcls._version import __version__
from sparkcls.annotation import DOCUMENT, TOKEN, TYPE_KEY, Annotation
from sparkcls.errors import ColumnError, ModelFormatError, ParamTypeError
from sparkcls.saving.reading import put_together, read_metadata, read_pieces
from sparkcls.saving.stage_files import Piece, StageWriter, as_path
from sparkcls.spark.columns import ColumnMetadata, Row, RowFunction
from sparkcls.stages.known import STAGES
from sparkcls.stages.params import CheckedParams, boolean, listed, param, text, texts

#: What columns of these names hold, where nothing else says it.
_USUAL_NAMES = {"document": DOCUMENT, "sentence": DOCUMENT, "token": TOKEN}


class StageReader(DefaultParamsReader):
    """Reads what `StageWriter` wrote, or the stages of older versions."""

    def load(self, path: str | os.PathLike[str]) -> Any:
        """The stage at a path, with the class that its metadata names."""
        spark, path = self.sparkSession, as_path("load(path)", path)
        metadata = read_metadata(spark, path)
        return stage_of(metadata, path, lambda: read_pieces(spark, path), self.cls)


def stage_of(
    metadata: dict[str, Any], path: str, pieces: Callable[[], Iterable[Piece]], asked: type[Any] | None = None
) -> Any:
    """A stage from its metadata, which may be a stranger's.

    Parameters
    ----------
    pieces
        Gives the files that the stage carries.
    asked
        The class whose `load` was called.

    Raises
    ------
    ModelFormatError
        It names another class, or Params that the class does not take; or its files are damaged.
    """
    stage = _class_of(metadata["class"], path, asked)()
    stage._resetUid(metadata["uid"])
    _set_params(stage, metadata, path)
    facts = metadata["sparkcls"]["files"]
    if facts:
        stage.take_over_files(lambda target: put_together(pieces(), facts, target, path))
    else:
        stage.has_no_files()
    return stage


def _class_of(name: str, path: str, asked: type[Any] | None) -> type[SavedTransformer]:
    """The class of a name. Nothing is imported by it: importing runs code, and the metadata may be a stranger's."""
    found = STAGES.get(name)
    if found is not None:
        stage: type[SavedTransformer] = getattr(importlib.import_module(found), name.rpartition(".")[2])
        return stage
    # A user's own class is the one that was asked, or was defined in this process before; the newest of a name counts.
    own = {f"{c.__module__}.{c.__qualname__}": c for c in (*_descendants(SavedTransformer), asked) if c is not None}
    known = own.get(name)
    if known is not None and issubclass(known, SavedTransformer) and known.__module__.partition(".")[0] != "sparkcls":
        return known
    raise ModelFormatError(
        f"{path} holds a {name[:200]}, which is not a stage of sparkcls {__version__}. Of other stages the class must "
        "be there before: import it yourself if you trust it (sparkcls imports nothing that a file names)"
    )


def _descendants(base: type[Any]) -> Iterator[type[Any]]:
    for child in base.__subclasses__():
        yield child
        yield from _descendants(child)


def _set_params(stage: SavedTransformer, metadata: dict[str, Any], path: str) -> None:
    """Set what was set and what were the defaults when the stage was saved."""
    for values, put in ((metadata["paramMap"], stage._set), (metadata["defaultParamMap"], stage._setDefault)):
        checked = {}
        for name, value in values.items():
            if not stage.hasParam(name):
                raise ModelFormatError(
                    f"{path}: {type(stage).__name__} has no Param {name[:80]!r} in sparkcls {__version__}; was the "
                    "stage saved by a newer one?"
                )
            try:
                checked[name] = stage.getParam(name).typeConverter(value)
            except (TypeError, ValueError, ArithmeticError, RecursionError) as e:
                # Also of what a converter calls, such as the compiler of patterns.
                raise ModelFormatError(f"{path}: {name}: {str(e)[:500]}") from e
        put(**checked)


class SavedTransformer(CheckedParams, Transformer, DefaultParamsReadable, DefaultParamsWritable):
    """A transformer that is saved and loaded alike on classic Spark and on Spark Connect."""

    #: The class's name, as Spark NLP's stages have it.
    name: ClassVar[str]

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        cls.name = cls.__name__

    def has_no_files(self) -> None:
        """Called when it was loaded from a folder that holds no files of it."""

    def write(self) -> StageWriter:
        """A writer of this stage, whose ``overwrite`` works on Spark Connect too."""
        return StageWriter(self)

    @classmethod
    def read(cls) -> StageReader:
        """A reader of stages."""
        return StageReader(cls)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Any:
        """Read a stage that `save` wrote.

        Parameters
        ----------
        path
            Any path that Spark reads.

        Raises
        ------
        ModelFormatError
            The folder holds a stage of another class, one that a newer sparkcls saved, or is damaged.
        """
        path = as_path(f"{cls.__name__}.load(path)", path)
        stage = cls.read().load(path)
        if not isinstance(stage, cls):
            raise ModelFormatError(f"{path} holds a {type(stage).__name__}; load it with {type(stage).__name__}.load")
        return stage

    def transform(self, dataset: DataFrame, params: Any = None) -> DataFrame:
        """The DataFrame with what this stage adds.

        Raises
        ------
        ParamTypeError
            `dataset` is not a Spark DataFrame.
        """
        if not hasattr(dataset, "sparkSession"):
            raise ParamTypeError(
                f"{self.uid}: transform takes a Spark DataFrame, got {type(dataset).__module__}."
                f"{type(dataset).__name__}. Make one with spark.createDataFrame(...), or take texts without Spark: "
                "LightPipeline(model).annotate(texts)"
            )
        return super().transform(dataset, params)

    def saved_files(self) -> Mapping[str, Path]:
        """Files of this machine that are saved with the stage, by the names under which it finds them again."""
        return {}

    def take_over_files(self, write: Callable[[Path], None]) -> None:
        """Keep the files of a saved stage; `write` puts them into a folder."""


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
        # What this process works with; copies of the stage share it.
        self._in_use: list[RowFunction] = []

    def __copy__(self) -> Any:
        found = object.__new__(type(self))
        found.__dict__.update(self.__dict__)
        return found

    def __getstate__(self) -> dict[str, Any]:
        """All but what belongs to this process."""
        return self.__dict__ | {"_in_use": []}

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
            self._check_number(self.getParam("inputCols").typeConverter(columns))
        return super()._update(**values)

    def _check_number(self, columns: list[str]) -> None:
        """Raise ParamTypeError unless inputCols are as many as this stage reads."""
        wanted = list(self.inputAnnotatorTypes)
        if len(columns) != len(wanted):
            raise ParamTypeError(
                f"{self.uid}: inputCols takes {len(wanted)} column(s), one of each type {wanted}; "
                f"got {len(columns)}: {columns}"
            )

    def columns_read(self) -> list[str]:
        """Names of all columns that this stage reads, as they were set."""
        return list(self._require("inputCols"))

    def types_read(self) -> tuple[str, ...]:
        """The type of each column that `match_columns` gives."""
        return self.inputAnnotatorTypes

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

    def works_with(self) -> Any:
        """What decides beside the Params what `row_function` gives, the same object as long as it stays so.

        A classifier's model; else None.
        """
        return None

    def annotate_rows(self, metadata: ColumnMetadata, rows: Sequence[Row]) -> list[list[Annotation]]:
        """What the row function gives in this process. What it loads stays loaded as long as this stage lives.

        Parameters
        ----------
        metadata
            See `row_function`.
        rows
            Annotations of each row, of the columns that `match_columns` gives.
        """
        return self.annotate_by(self.row_function(metadata), rows)

    def annotate_by(self, factory: Callable[[], RowFunction], rows: Sequence[Row]) -> list[list[Annotation]]:
        """What the row function of a factory, made by `row_function` before, gives in this process."""
        function = factory()
        self._in_use[:] = [function]
        try:
            return function(rows)
        finally:
            if hasattr(function, "recover"):
                function.recover()

    def match_columns(self, metadata: ColumnMetadata) -> list[str]:
        """The input column of each input type, in the order of the types; of two of one type the first comes first.

        Raises
        ------
        ColumnError
            A column is missing, or there is none of a type.
        """
        wanted = self.columns_read()
        names = [metadata.actual(name) for name in wanted]
        types = {name: metadata[name].get(TYPE_KEY) for name in names if name is not None}
        found: list[str | None] = []
        for needed in self.types_read():
            found.append(next((n for n, t in types.items() if t == needed and n not in found), None))
        lost = [name for name in types if TYPE_KEY in metadata[name] and not types[name]]
        self._add_lost(found, lost)
        if None in names or None in found:
            raise ColumnError(self._mismatch(metadata, wanted, found, lost))
        return [name for name in found if name is not None]

    def _add_lost(self, found: list[str | None], lost: list[str]) -> None:
        """Complete the columns found with those whose annotation type got lost, as far as there is only one way."""
        for place, needed in enumerate(self.types_read()):
            called = [name for name in lost if _USUAL_NAMES.get(name.lower()) == needed]
            if found[place] is None and len(called) == 1:
                found[place] = called[0]
        others = [name for name in lost if name not in found]
        if found.count(None) == len(others) == 1 and others[0].lower() not in _USUAL_NAMES:
            found[found.index(None)] = others[0]

    def _mismatch(self, metadata: ColumnMetadata, wanted: list[str], found: list[str | None], lost: list[str]) -> str:
        missing = [name for name in wanted if name not in metadata]
        present = ", ".join(
            f"{name} ({m.get(TYPE_KEY) or ('annotations' if TYPE_KEY in m else 'no annotations')})"
            for name, m in metadata.items()
        )
        advice = "Add the stage that makes the missing column before this one, or correct setInputCols"
        if lost and not missing:
            open_types = [t for t, name in zip(self.types_read(), found, strict=True) if name is None]
            kind = _USUAL_NAMES.get(lost[0].lower(), open_types[0])
            advice = (
                f"The type of {', '.join(lost)} got lost, as it does in ORC files, in filter and transform over an "
                "array, and in groupBy. Say what they hold: from sparkcls.functions import as_annotations; "
                f"df = as_annotations(df, {lost[0]!r}, {kind!r})"
            )
        return (
            f"{self.uid}: wrong or missing inputCols. It reads one column of each type "
            f"{list(self.types_read())} and was given {wanted}; "
            + (f"there is no column {missing[0]!r}. " if missing else "")
            + f"Columns here: {present}. {advice}"
        )
