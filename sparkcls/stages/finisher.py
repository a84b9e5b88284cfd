"""Finisher: annotation columns become plain strings and arrays."""

from __future__ import annotations

from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from sparkcls.annotation import TYPE_KEY
from sparkcls.errors import ColumnError, ParamError
from sparkcls.spark.column_names import Columns
from sparkcls.spark.columns import ColumnMetadata, column_metadata, nullable, quoted, warn_of_replacing
from sparkcls.stages.params import boolean, listed, param, text, texts
from sparkcls.stages.stage import SavedTransformer


class Finisher(SavedTransformer):
    """Turn annotation columns into columns of plain results.

    All of it is Spark column expressions. In a LightPipeline it only selects its input columns.

    Parameters
    ----------
    inputCols
        Annotation columns, of any type.
    outputCols
        Their names afterwards; default ``finished_<input>`` each.
    outputAsArray
        Whether results are an ``array<string>`` (default True) or one string.
    annotationSplitSymbol, valueSplitSymbol
        What joins annotations, and the ``key->value`` pairs of one, in one string. Default ``@`` and ``#``.
    includeMetadata
        Whether metadata are given too (default False): inside the string, or with arrays as a further column
        ``<output>_metadata``, a map in which later annotations win.
    cleanAnnotations
        Whether all annotation columns are dropped. Default True.
    parseEmbeddingsVectors
        Accepted for Spark NLP's callers; there are no embeddings here.
    """

    inputCols = param("inputCols", "names of annotation columns", texts)
    outputCols = param("outputCols", "their names afterwards", texts)
    valueSplitSymbol = param("valueSplitSymbol", "what joins pairs", lambda n: text(n, empty=True))
    annotationSplitSymbol = param("annotationSplitSymbol", "what joins annotations", lambda n: text(n, empty=True))
    cleanAnnotations = param("cleanAnnotations", "whether annotation columns are dropped", boolean)
    includeMetadata = param("includeMetadata", "whether metadata are given too", boolean)
    outputAsArray = param("outputAsArray", "whether results are arrays", boolean)
    parseEmbeddingsVectors = param("parseEmbeddingsVectors", "has no effect", boolean)

    def __init__(
        self,
        *,
        inputCols: list[str] | None = None,
        outputCols: list[str] | None = None,
        valueSplitSymbol: str | None = None,
        annotationSplitSymbol: str | None = None,
        cleanAnnotations: bool | None = None,
        includeMetadata: bool | None = None,
        outputAsArray: bool | None = None,
        parseEmbeddingsVectors: bool | None = None,
    ):
        super().__init__()
        self._setDefault(
            outputCols=[],
            valueSplitSymbol="#",
            annotationSplitSymbol="@",
            cleanAnnotations=True,
            includeMetadata=False,
            outputAsArray=True,
            parseEmbeddingsVectors=False,
        )
        self._update(
            inputCols=inputCols,
            outputCols=outputCols,
            valueSplitSymbol=valueSplitSymbol,
            annotationSplitSymbol=annotationSplitSymbol,
            cleanAnnotations=cleanAnnotations,
            includeMetadata=includeMetadata,
            outputAsArray=outputAsArray,
            parseEmbeddingsVectors=parseEmbeddingsVectors,
        )

    def setInputCols(self, *value: Any) -> Finisher:
        """Names of annotation columns, as arguments or as a list."""
        return self._update(inputCols=listed(value))

    def getInputCols(self) -> list[str] | None:
        """Names of annotation columns, None if unset."""
        return self._get("inputCols")

    def setOutputCols(self, *value: Any) -> Finisher:
        """Names of the columns that are added, as arguments or as a list."""
        return self._update(outputCols=listed(value))

    def getOutputCols(self) -> list[str]:
        """Names of the columns that are added."""
        given = self._get("outputCols")
        return given or [f"finished_{name}" for name in self.getInputCols() or []]

    def setValueSplitSymbol(self, value: str) -> Finisher:
        """What joins the ``key->value`` pairs of an annotation in strings."""
        return self._update(valueSplitSymbol=value)

    def getValueSplitSymbol(self) -> str:
        """What joins the pairs of an annotation."""
        return self._get("valueSplitSymbol")

    def setAnnotationSplitSymbol(self, value: str) -> Finisher:
        """What joins annotations in strings."""
        return self._update(annotationSplitSymbol=value)

    def getAnnotationSplitSymbol(self) -> str:
        """What joins annotations."""
        return self._get("annotationSplitSymbol")

    def setCleanAnnotations(self, value: bool) -> Finisher:
        """Whether all annotation columns are dropped."""
        return self._update(cleanAnnotations=value)

    def getCleanAnnotations(self) -> bool:
        """Whether all annotation columns are dropped."""
        return self._get("cleanAnnotations")

    def setIncludeMetadata(self, value: bool) -> Finisher:
        """Whether metadata are given too: as a column of maps beside arrays, as ``key->value`` pairs in strings."""
        return self._update(includeMetadata=value)

    def getIncludeMetadata(self) -> bool:
        """Whether metadata are given too."""
        return self._get("includeMetadata")

    def setOutputAsArray(self, value: bool) -> Finisher:
        """Whether results are ``array<string>``, else one string."""
        return self._update(outputAsArray=value)

    def getOutputAsArray(self) -> bool:
        """Whether results are arrays."""
        return self._get("outputAsArray")

    def setParseEmbeddingsVectors(self, value: bool) -> Finisher:
        """Accepted; there are no embeddings here."""
        return self._update(parseEmbeddingsVectors=value)

    def getParseEmbeddingsVectors(self) -> bool:
        """What was set; it has no effect."""
        return self._get("parseEmbeddingsVectors")

    def check_columns(self, metadata: ColumnMetadata) -> list[str]:
        """The input columns, all of them annotation columns, as they are spelt there.

        Raises
        ------
        ParamError
            There are not as many output names.
        ColumnError
            A column is missing or holds no annotations.
        """
        columns: list[str] = self._require("inputCols")
        names = self.getOutputCols()
        if len(names) != len(columns):
            raise ParamError(
                f"{self.uid}: inputCols and outputCols length must match; got {len(columns)}: {columns} and "
                f"{len(names)}: {names}"
            )
        annotated = [name for name, m in metadata.items() if TYPE_KEY in m]
        found = []
        for name in columns:
            actual = metadata.actual(name)
            if actual not in annotated:
                what = "holds no annotations" if actual else "does not exist"
                raise ColumnError(
                    f"{self.uid}: inputCols column {name!r} {what}; annotation columns here: "
                    f"{', '.join(annotated) or 'none'}; all columns: {', '.join(metadata)}"
                )
            found.append(actual)
        return found

    def _transform(self, dataset: DataFrame) -> DataFrame:
        metadata = column_metadata(dataset)
        columns = self.check_columns(metadata)
        added: Columns[Column] = Columns(metadata.exact)
        for name, output in zip(columns, self.getOutputCols(), strict=True):
            annotations = F.col(quoted(name))
            if self.getOutputAsArray():
                added[output] = nullable(F.coalesce(annotations["result"], F.array().cast("array<string>")))
                if self.getIncludeMetadata():
                    added[f"{output}_metadata"] = nullable(_merged_metadata(annotations))
            else:
                texts_of = self._pairs(annotations) if self.getIncludeMetadata() else annotations["result"]
                joined = F.array_join(texts_of, self.getAnnotationSplitSymbol())
                added[output] = nullable(F.coalesce(joined, F.lit("")))
        if self._get("outputCols"):
            for output in added:
                if output in metadata and TYPE_KEY not in metadata[output]:
                    warn_of_replacing(self.uid, metadata.actual(output) or output, "setOutputCols")
        result = dataset.withColumns(dict(added))
        if not self.getCleanAnnotations():
            return result
        spent = [name for name, m in metadata.items() if (m.get(TYPE_KEY) or name in columns) and name not in added]
        return result.drop(*spent)

    def _pairs(self, annotations: Column) -> Column:
        """Each annotation as ``key->value`` pairs, its result last."""

        def pairs(annotation: Column) -> Column:
            result = F.create_map(F.lit("result"), annotation["result"])
            entries = F.map_entries(_union(_or_empty(annotation["metadata"]), result))
            # A null value would make its whole pair disappear.
            joined = F.array_join(
                F.transform(entries, lambda e: F.concat(e["key"], F.lit("->"), F.coalesce(e["value"], F.lit("null")))),
                self.getValueSplitSymbol(),
            )
            # The original writes " -> " and then takes the blanks out, those of the values too.
            return F.replace(joined, F.lit(" -> "), F.lit("->"))

        return F.transform(annotations, pairs)


def _or_empty(metadata: Column) -> Column:
    return F.coalesce(metadata, F.create_map().cast("map<string,string>"))


def _union(first: Column, second: Column) -> Column:
    """Both maps, the second winning; map_concat alone raises on a key that both have."""
    return F.map_concat(F.map_filter(first, lambda key, _: ~F.array_contains(F.map_keys(second), key)), second)


def _merged_metadata(annotations: Column) -> Column:
    empty = F.create_map().cast("map<string,string>")
    maps = F.coalesce(
        F.transform(annotations, lambda a: _or_empty(a["metadata"])), F.array().cast("array<map<string,string>>")
    )
    return F.aggregate(maps, empty, _union)
