from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, StringType

from sparkcls.annotation import Annotation
from sparkcls.base import DocumentAssembler
from sparkcls.functions import (
    explode_annotations_col,
    filter_by_annotations_col,
    map_annotations,
    map_annotations_array,
    map_annotations_col,
    map_annotations_cols,
    map_annotations_strict,
)


def upper(annotations):
    return [a.copy(a.result.upper()) for a in annotations]


def documents(spark, texts):
    frame = spark.createDataFrame([(t,) for t in texts], "text array<string>")
    return DocumentAssembler(inputCol="text").transform(frame)


def results(frame, column):
    return [[a["result"] for a in row[0]] for row in frame.select(column).collect()]


def test_map_annotations(spark):
    frame = documents(spark, [["a", "b"], None])
    words = map_annotations(lambda annotations: [a.result for a in annotations], ArrayType(StringType()))
    assert [r[0] for r in frame.select(words("document")).collect()] == [["a", "b"], []]
    strict = frame.select(map_annotations_strict(upper)("document").alias("out"))
    assert strict.schema["out"].dataType == Annotation.arrayType()
    assert results(strict, "out") == [["A", "B"], []]
    joined = map_annotations_array(upper, Annotation.arrayType())
    both = frame.select(joined(F.array("document", "document")).alias("out"))
    assert results(both, "out") == [["A", "B", "A", "B"], []]


def test_map_annotations_col_and_cols(spark):
    frame = documents(spark, [["a", "b"]])
    one = map_annotations_col(frame, upper, "document", "out", annotatyon_type="document")
    assert one.schema["out"].metadata == {"annotatorType": "document"}
    assert results(one, "out") == [["A", "B"]]
    two = map_annotations_cols(one, upper, ["document", "out"], "all", "document")
    assert results(two, "all") == [["A", "B", "A", "B"]]


def test_filter_and_explode(spark):
    frame = documents(spark, [["a", "b"], [], ["c"]])
    kept = filter_by_annotations_col(frame, lambda rows: any(r["result"] == "c" for r in rows), "document")
    assert results(kept, "document") == [["c"]]
    exploded = explode_annotations_col(frame, "document", "one")
    assert [r["one"]["result"] for r in exploded.collect()] == ["a", "b", "c"]


def test_nested_names(spark):
    """As the original, which hands names on to Spark."""
    frame = documents(spark, [["a", "b"], ["c"]])
    exploded = explode_annotations_col(frame, "document.result", "e")
    assert [r["e"] for r in exploded.collect()] == ["a", "b", "c"]
    kept = filter_by_annotations_col(frame, lambda found: "c" in found, "document.result")
    assert results(kept, "document") == [["c"]]
    nested = frame.select(F.struct("document").alias("s"))
    assert results(map_annotations_col(nested, upper, "s.document", "out", "document"), "out") == [["A", "B"], ["C"]]
    both = map_annotations_cols(nested, upper, ["s.document", "s.document"], "out", "document")
    assert results(both, "out")[1] == ["C", "C"]
    # A column, and a column with a dot in its name where nothing else is meant.
    assert explode_annotations_col(frame, F.col("document")["result"], "e").count() == 3
    dotted = frame.withColumnRenamed("document", "my.documents")
    assert explode_annotations_col(dotted, "my.documents", "e").count() == 3
    assert explode_annotations_col(dotted, "`my.documents`.result", "e").count() == 3


def test_annotation_round_trip():
    a = Annotation("token", 1, 2, "x", {"sentence": "0"}, [])
    row = Annotation.toRow(a)
    assert tuple(row) == ("token", 1, 2, "x", {"sentence": "0"}, [])
    assert repr(a) == "Annotation(token, 1, 2, x, {'sentence': '0'}, [])"
    assert a.copy("y").result == "y"
