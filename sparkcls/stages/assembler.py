"""DocumentAssembler: text columns become document annotations."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, AtomicType, BinaryType, DataType, MapType, StringType

from sparkcls.annotation import DOCUMENT, Annotation
from sparkcls.errors import ColumnError
from sparkcls.spark.column_names import Columns, names_are_exact
from sparkcls.spark.columns import nullable, put_column, quoted
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
        if isinstance(kind, ArrayType) and isinstance(kind.elementType, StringType):
            texts = f"coalesce({quoted(name)}, CAST(array() AS {kind.simpleString()}))"
            document = self._document("t", "map('sentence', CAST(i AS STRING))")
            documents = f"transform({texts}, (t, i) -> {document})"
        elif isinstance(kind, AtomicType) and not isinstance(kind, BinaryType):
            documents = f"array({self._document(f'CAST({quoted(name)} AS STRING)', self._metadata(types))})"
        else:
            raise ColumnError(
                f"{self.uid}: inputCol {name!r} is a column of {kind.simpleString()}; expected string, array<string>, "
                "or numbers and dates, which are taken as text"
            )
        # The values are of this type already; the cast states Spark NLP's nullability inside.
        column = nullable(F.expr(documents).cast(Annotation.arrayType()))
        return put_column(dataset, self.getOutputCol(), column, self.output_metadata(), self.uid)

    def _type_of(self, parameter: str, types: Columns[DataType]) -> DataType:
        name = self._get(parameter)
        if name not in types:
            raise ColumnError(
                f"{self.uid}: there is no column {name!r} ({parameter}); the columns are {', '.join(types)}"
            )
        return types[name]

    def _metadata(self, types: Columns[DataType]) -> str:
        fixed = "'sentence', '0'"
        if self._get("idCol"):
            self._type_of("idCol", types)
            fixed = f"'id', CAST({quoted(self._get('idCol'))} AS STRING), {fixed}"
        if not self._get("metadataCol"):
            return f"map({fixed})"
        kind = self._type_of("metadataCol", types)
        if not (isinstance(kind, MapType) and isinstance(kind.keyType, StringType)):
            raise ColumnError(
                f"{self.uid}: metadataCol {self._get('metadataCol')!r} is a column of {kind.simpleString()}; "
                "expected map<string,string>"
            )
        reserved = "'sentence', 'id'" if self._get("idCol") else "'sentence'"
        given = f"CAST({quoted(self._get('metadataCol'))} AS MAP<STRING, STRING>)"
        given = f"coalesce({given}, CAST(map() AS MAP<STRING, STRING>))"
        # map_concat raises on a key that both maps have.
        return f"map_concat(map_filter({given}, (k, v) -> NOT k IN ({reserved})), map({fixed}))"

    def _document(self, source: str, metadata: str) -> str:
        """One document as SQL: on classic Spark each call of a function takes a dozen round trips to the JVM."""
        cleanup = MODES[self.getCleanupMode()]
        value = f"decode(encode(coalesce({source}, ''), 'UTF-16BE'), 'UTF-16BE')"
        if cleanup.trim:
            value = f"btrim({value}, {_literal(TRIMMED)})"
        if cleanup.pattern:
            value = f"regexp_replace({value}, {_literal(cleanup.pattern)}, {_literal(cleanup.replacement)})"
        units = f"shiftright(octet_length(encode({value}, 'UTF-16BE')), 1)"
        return (
            # The end is never null, as Spark NLP declares it.
            f"named_struct('annotatorType', '{DOCUMENT}', 'begin', 0, 'end', coalesce({units} - 1, -1), "
            f"'result', {value}, 'metadata', {metadata}, 'embeddings', array())"
        )


def _literal(text: str) -> str:
    """A string in SQL, whatever a conf says of backslashes in such."""
    return f"decode(unhex('{text.encode().hex()}'), 'UTF-8')"


def document_of(value: str | None, mode: str, metadata: dict[str, str] | None = None) -> Annotation:
    """The document of a text in a cleanup mode; see `DocumentAssembler.assemble`."""
    cleaned = clean(replace_surrogates(value or ""), mode)
    return Annotation(DOCUMENT, 0, utf16_length(cleaned) - 1, cleaned, {**(metadata or {}), "sentence": "0"})
