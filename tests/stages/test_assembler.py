import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F

from sparkcls.annotation import Annotation
from sparkcls.base import DocumentAssembler
from sparkcls.errors import ColumnError, ParamError, ParamTypeError
from sparkcls.text.cleanup import MODES


def documents(stage, frame):
    out = stage.transform(frame)
    return [[Annotation.fromRow(a) for a in row[0]] for row in out.select(stage.getOutputCol()).collect()]


def assembler(**params):
    return DocumentAssembler(inputCol="text", **params)


def test_schema_and_metadata_of_the_column(spark):
    frame = assembler().transform(spark.createDataFrame([("a",)], "text string"))
    field = frame.schema["document"]
    assert field.dataType == Annotation.arrayType()
    assert field.nullable
    assert field.metadata == {"annotatorType": "document"}
    assert frame.columns == ["text", "document"]


def test_null_and_empty_are_one_empty_document(spark):
    empty = [Annotation("document", 0, -1, "", {"sentence": "0"})]
    frame = spark.createDataFrame([(None,), ("",), ("  ",)], "text string")
    assert documents(assembler(), frame) == [
        empty,
        empty,
        [Annotation("document", 0, 1, "  ", {"sentence": "0"})],
    ]
    assert documents(assembler(cleanupMode="shrink"), frame) == [empty] * 3


CHARACTERS = st.sampled_from([*" \t\n\r\x0b\x0c\x00\x1fab\\nrt.\u00a0\u2003é😀我", "\\n", "\\r\\n", "\\t", "\r\n"])


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.lists(CHARACTERS, max_size=30).map("".join) | st.text(max_size=20), min_size=1, max_size=30))
def test_spark_and_plain_python_agree_in_every_mode(spark, texts):
    frame = spark.createDataFrame([(t,) for t in texts], "text string").coalesce(1)
    stages = [assembler(cleanupMode=mode, outputCol=mode) for mode in MODES]
    for stage in stages:
        frame = stage.transform(frame)
    for text, row in zip(texts, frame.collect(), strict=True):
        for stage in stages:
            mode = stage.getCleanupMode()
            assert [Annotation.fromRow(a) for a in row[mode]] == stage.assemble(text), (mode, text)


def test_id_and_metadata_columns(spark):
    schema = "text string, key int, extra map<string,string>"
    frame = spark.createDataFrame([("a", 7, {"x": "1", "id": "no", "sentence": "9"}), ("b", None, None)], schema)
    both = documents(assembler(idCol="key", metadataCol="extra"), frame)
    assert [d[0].metadata for d in both] == [{"x": "1", "id": "7", "sentence": "0"}, {"id": None, "sentence": "0"}]
    only = documents(assembler(metadataCol="extra"), frame)
    assert only[0][0].metadata == {"x": "1", "id": "no", "sentence": "0"}
    assert documents(assembler(idCol="key"), frame)[0][0].metadata == {"id": "7", "sentence": "0"}


def test_arrays_are_one_document_each(spark):
    frame = spark.createDataFrame([(["a b", None, "😀"],), ([],), (None,)], "text array<string>")
    got = documents(assembler(cleanupMode="shrink"), frame)
    assert [(d.begin, d.end, d.result, d.metadata) for d in got[0]] == [
        (0, 2, "a b", {"sentence": "0"}),
        (0, -1, "", {"sentence": "1"}),
        (0, 1, "😀", {"sentence": "2"}),
    ]
    assert got[1:] == [[], []]


def test_bytes_that_are_not_utf8_do_not_end_the_job(spark, bundled):
    from tests.pipelines import pipeline_of

    frame = spark.sql("select cast(X'676F6F6420FF66696C6D' as string) as text")
    assert documents(assembler(), frame)[0][0].result == "good \ufffdfilm"
    assert len(pipeline_of(bundled).transform(frame).select("class").collect()[0][0]) == 1


def test_odd_column_names(spark):
    frame = spark.createDataFrame([("x",)], "`a.b c` string")
    stage = DocumentAssembler(inputCol="a.b c", outputCol="d.o c")
    assert stage.transform(frame).collect()[0]["d.o c"][0]["result"] == "x"


def test_replaces_a_column_of_its_output_name(spark):
    frame = assembler(outputCol="text").transform(spark.createDataFrame([("x",)], "text string"))
    assert frame.columns == ["text"]
    assert frame.schema["text"].metadata == {"annotatorType": "document"}


def test_no_python_worker_runs(spark, capsys):
    assembler().transform(spark.createDataFrame([("x",)], "text string")).explain()
    assert "Python" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"inputCol": "absent"}, r"there is no column 'absent' \(inputCol\); the columns are text, n"),
        ({"inputCol": "s"}, "inputCol 's' is a column of struct<x:int>; expected string, array<string>, or numbers"),
        ({"inputCol": "text", "idCol": "absent"}, r"there is no column 'absent' \(idCol\)"),
        ({"inputCol": "text", "metadataCol": "n"}, "metadataCol 'n' is a column of int; expected map<string,string>"),
    ],
)
def test_wrong_columns(spark, params, message):
    with pytest.raises(ColumnError, match=message):
        DocumentAssembler(**params).transform(
            spark.createDataFrame([("x", 1, (1,))], "text string, n int, s struct<x:int>")
        )


def test_input_column_is_required(spark):
    with pytest.raises(ParamError, match="inputCol is not set; call setInputCol"):
        DocumentAssembler().transform(spark.createDataFrame([("x",)], "text string"))


def test_modes_are_checked_when_set():
    with pytest.raises(ParamError, match="cleanupMode must be one of disabled, .*; got 'tidy'"):
        DocumentAssembler().setCleanupMode("tidy")
    with pytest.raises(ParamTypeError, match="cleanupMode takes a str"):
        DocumentAssembler().setCleanupMode(3)
    assert DocumentAssembler().setCleanupMode(" Shrink_Full ").getCleanupMode() == "shrink_full"


def test_getters_of_unset_params_are_none():
    stage = DocumentAssembler()
    assert (stage.getInputCol(), stage.getIdCol(), stage.getMetadataCol()) == (None, None, None)
    assert (stage.getOutputCol(), stage.getCleanupMode()) == ("document", "disabled")


def test_works_without_ansi_mode(spark):
    frame = spark.createDataFrame([("a", None)], "text string, extra map<string,string>")
    before = spark.conf.get("spark.sql.ansi.enabled")
    try:
        for ansi in ("true", "false"):
            spark.conf.set("spark.sql.ansi.enabled", ansi)
            assert documents(assembler(metadataCol="extra"), frame)[0][0].metadata == {"sentence": "0"}
    finally:
        spark.conf.set("spark.sql.ansi.enabled", before)


def test_length_by_column_expression_is_utf16(spark):
    frame = spark.createDataFrame([("a😀é我",)], "text string")
    assert assembler().transform(frame).select(F.col("document")[0]["end"]).collect()[0][0] == 4
