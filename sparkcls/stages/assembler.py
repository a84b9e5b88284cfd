"""DocumentAssembler: text columns become document annotations."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, AtomicType, BinaryType, DataType, FloatType, MapType, StringType

from sparkcls.annotation import DOCUMENT, Annotation
from sparkcls.errors import ColumnError
from sparkcls.spark.column_names import Columns, names_are_exact
from sparkcls.spark.columns import as_unicode, nullable, put_column, quoted
from sparkcls.stages.params import one_of, param, text
from sparkcls.stages.stage import Stage
from sparkcls.text.cleanup import MODES, clean
from sparkcls.text.java import TRIMMED, replace_surrogates, utf16_length


class DocumentAssembler(Stage):
    """Turn a text column into a column of document annotations, the first stage of every pipeline.

    All of it is Spark column expressions: no Python worker runs. `assemble` is the same for one text in
    plain Python.

    Parameters
    ----------
    inputCol
        A column of strings (numbers and dates are taken as text), or of arrays of strings (one document each).
        Required.
    outputCol
        Default ``document``.
    idCol
        A column that is copied, as a string, into the metadata under ``id``.
    metadataCol
        A column ``map<string,string>`` that is copied into the metadata.
    cleanupMode
        ``disabled`` (default), ``inplace``, ``inplace_full``, ``shrink``, ``shrink_full``, ``each``,
        ``each_full`` or ``delete_full``.

    Notes
    -----
    A null text is one empty document, like in Spark NLP; a null array has none. idCol and metadataCol
    do not apply to arrays. The keys ``sentence`` and ``id`` win over user keys of the same name. Bytes
    that are not UTF-8 become U+FFFD.

    Examples
    --------
    >>> DocumentAssembler().setInputCol("text").setOutputCol("document").getOutputCol()
    'document'
    """

    inputCol = param("inputCol", "name of the column with the texts", text)
    idCol = param("idCol", "name of a column that goes into the metadata as id", text)
    metadataCol = param("metadataCol", "name of a map column that goes into the metadata", text)
    cleanupMode = param("cleanupMode", "what is done to the text first", lambda name: one_of(name, *MODES))

    outputAnnotatorType = DOCUMENT

    def __init__(
        self,
        *,
        inputCol: str | None = None,
        outputCol: str | None = None,
        idCol: str | None = None,
        metadataCol: str | None = None,
        cleanupMode: str | None = None,
    ):
        super().__init__()
        self._setDefault(outputCol="document", cleanupMode="disabled")
        self._update(
            inputCol=inputCol, outputCol=outputCol, idCol=idCol, metadataCol=metadataCol, cleanupMode=cleanupMode
        )

    def setInputCol(self, value: str) -> DocumentAssembler:
        """Name of the column with the texts."""
        return self._update(inputCol=value)

    def getInputCol(self) -> str | None:
        """Name of the column with the texts, None if unset."""
        return self._get("inputCol")

    def setIdCol(self, value: str) -> DocumentAssembler:
        """Name of the column that goes into the metadata as ``id``."""
        return self._update(idCol=value)

    def getIdCol(self) -> str | None:
        """Name of the id column, None if unset."""
        return self._get("idCol")

    def setMetadataCol(self, value: str) -> DocumentAssembler:
        """Name of the ``map<string,string>`` column that goes into the metadata."""
        return self._update(metadataCol=value)

    def getMetadataCol(self) -> str | None:
        """Name of the metadata column, None if unset."""
        return self._get("metadataCol")

    def setCleanupMode(self, value: str) -> DocumentAssembler:
        """What is done to the text first, one of the eight modes; case and blanks around it do not count."""
        return self._update(cleanupMode=value)

    def getCleanupMode(self) -> str:
        """The cleanup mode."""
        return self._get("cleanupMode")

    def assemble(self, value: str | None, metadata: dict[str, str] | None = None) -> list[Annotation]:
        """The documents of one text, as the DataFrame path makes them; `metadata` are further entries."""
        return [document_of(value, self.getCleanupMode(), metadata)]

    def _transform(self, dataset: DataFrame) -> DataFrame:
        exact = names_are_exact(dataset.sparkSession)
        types = Columns(exact, [(field.name, field.dataType) for field in dataset.schema.fields])
        name = self._require("inputCol")
        kind = self._type_of("inputCol", types)
        source = F.col(quoted(name))
        if isinstance(kind, ArrayType) and isinstance(kind.elementType, StringType):
            documents = F.transform(
                F.coalesce(source, F.array().cast(kind)),
                lambda t, i: self._document(t, F.create_map(F.lit("sentence"), i.cast("string"))),
            )
        elif isinstance(kind, AtomicType) and not isinstance(kind, BinaryType):
            documents = F.array(self._document(source.cast("string"), self._metadata(types)))
        else:
            raise ColumnError(
                f"{self.uid}: inputCol {name!r} is a column of {kind.simpleString()}; expected string, array<string>, "
                "or numbers and dates, which are taken as text"
            )
        # The values are of this type already; the cast states Spark NLP's nullability inside.
        column = nullable(documents.cast(Annotation.arrayType()))
        return put_column(dataset, self.getOutputCol(), column, self.output_metadata(), self.uid)

    def _type_of(self, parameter: str, types: Columns[DataType]) -> DataType:
        name = self._get(parameter)
        if name not in types:
            raise ColumnError(
                f"{self.uid}: there is no column {name!r} ({parameter}); the columns are {', '.join(types)}"
            )
        return types[name]

    def _metadata(self, types: Columns[DataType]) -> Column:
        fixed = [F.lit("sentence"), F.lit("0")]
        if self._get("idCol"):
            self._type_of("idCol", types)
            fixed = [F.lit("id"), F.col(quoted(self._get("idCol"))).cast("string"), *fixed]
        metadata = F.create_map(*fixed)
        if not self._get("metadataCol"):
            return metadata
        kind = self._type_of("metadataCol", types)
        if not (isinstance(kind, MapType) and isinstance(kind.keyType, StringType)):
            raise ColumnError(
                f"{self.uid}: metadataCol {self._get('metadataCol')!r} is a column of {kind.simpleString()}; "
                "expected map<string,string>"
            )
        reserved = ["sentence", "id"] if self._get("idCol") else ["sentence"]
        given = F.col(quoted(self._get("metadataCol"))).cast("map<string,string>")
        given = F.coalesce(given, F.create_map().cast("map<string,string>"))
        # map_concat raises on a key that both maps have.
        return F.map_concat(F.map_filter(given, lambda key, _: ~key.isin(reserved)), metadata)

    def _document(self, source: Column, metadata: Column) -> Column:
        cleanup = MODES[self.getCleanupMode()]
        value = as_unicode(F.coalesce(source, F.lit("")))
        if cleanup.trim:
            value = F.btrim(value, F.lit(TRIMMED))
        if cleanup.pattern:
            value = F.regexp_replace(value, cleanup.pattern, cleanup.replacement)
        units = F.shiftright(F.octet_length(F.encode(value, "UTF-16BE")), 1)
        return F.struct(
            F.lit(DOCUMENT).alias("annotatorType"),
            F.lit(0).alias("begin"),
            # Never null, as Spark NLP declares it.
            F.coalesce(units - F.lit(1), F.lit(-1)).alias("end"),
            value.alias("result"),
            metadata.alias("metadata"),
            F.array().cast(ArrayType(FloatType(), False)).alias("embeddings"),
        )


def document_of(value: str | None, mode: str, metadata: dict[str, str] | None = None) -> Annotation:
    """The document of a text in a cleanup mode; see `DocumentAssembler.assemble`."""
    cleaned = clean(replace_surrogates(value or ""), mode)
    return Annotation(DOCUMENT, 0, utf16_length(cleaned) - 1, cleaned, {**(metadata or {}), "sentence": "0"})
