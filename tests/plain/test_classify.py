"""One call: the same answers in Spark, in pandas and in the stage's annotations."""

import pytest
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

import sparkcls
from sparkcls import functions
from sparkcls.annotation import Annotation
from sparkcls.errors import ColumnError, ParamError, ParamTypeError
from tests.models import poisonous, save_tiny_model
from tests.pipelines import classes, classifier_of, pipeline_of, texts_frame
from tests.spark.test_scoring_once import KNOWS_EXPENSIVE

TEXTS = [
    "I really liked that movie!",
    None,
    "A dull, lifeless film.",
    "",
    " \t",
    "😀 ok",
    "the poison story",
    "word " * 600,
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """One text fails."""
    return save_tiny_model(tmp_path_factory.mktemp("m") / "m", ["red", "green", "blue"], change=poisonous("poison"))


def rows_of(frame):
    """Answers as dicts, by the column id."""
    found = [row.asDict() for row in frame.collect()]
    return sorted(found, key=lambda row: row["id"])


def of_annotations(row, labels, several=False):
    """What annotations say, in the form of an answer."""
    scored = [a for a in row if a["result"]]
    scores = {label: float(scored[0]["metadata"][label]) for label in labels} if scored else None
    best = max((a["result"] for a in scored), key=lambda label: scores[label]) if scored else None
    found = {
        "label": best,
        "confidence": scores[best] if scored else None,
        "scores": scores,
        "error": row[0]["metadata"].get("error") if row else None,
        "truncated": int(row[0]["metadata"]["truncated"]) if row and "truncated" in row[0]["metadata"] else None,
    }
    return found | ({"labels": [a["result"] for a in scored] if scored else None} if several else {})


def same(found, expected):
    """Equal but for the rounding of sums in another order."""
    for a, b in zip(found, expected, strict=True):
        numbers = ("confidence", "scores")
        assert {k: v for k, v in a.items() if k not in numbers} == {k: v for k, v in b.items() if k not in numbers}
        assert a["confidence"] == pytest.approx(b["confidence"], abs=5e-6)
        assert a["scores"] == pytest.approx(b["scores"], abs=5e-6)


def test_in_spark_as_the_stage_says(spark, model):
    frame = texts_frame(spark, TEXTS)
    stage = classifier_of(model)
    out = sparkcls.classify(frame, "text", model=model)
    assert [(f.name, f.dataType.simpleString()) for f in out.schema.fields] == [
        ("id", "int"),
        ("text", "string"),
        ("label", "string"),
        ("confidence", "double"),
        ("scores", "map<string,double>"),
        ("error", "string"),
        ("truncated", "int"),
    ]
    rows = rows_of(out)
    assert [row.pop("text") for row in rows] == TEXTS
    expected = [of_annotations(row, stage.getClasses()) for row in classes(pipeline_of(stage), frame)]
    same(rows, [{"id": i} | row for i, row in enumerate(expected)])
    assert rows[6]["error"]
    assert rows[7]["truncated"] > 0
    assert [rows[i]["label"] for i in (1, 3, 4, 6)] == [None] * 4
    local = sparkcls.classifier(model)(TEXTS)
    assert list(local.columns) == ["label", "confidence", "scores", "error", "truncated"]
    local = local.astype(object).where(local.notna(), None)
    same([{"id": i} | row for i, row in enumerate(local.to_dict("records"))], rows)


def test_columns_of_spark(spark, model):
    frame = spark.createDataFrame(
        [("good film", "x", ("bad film",))], "`a.b` string, LABEL string, s struct<t: string>"
    )
    classify = sparkcls.classifier(model, onError="raise")
    with pytest.raises(ColumnError, match="There is a column 'LABEL' already. Give prefix="):
        classify(frame, "a.b")
    out = classify(frame, "a.b", prefix="of ab ")
    assert out.columns == ["a.b", "LABEL", "s", "of ab label", "of ab confidence", "of ab scores", "of ab truncated"]
    out = classify(out, "s.t", output="answer").select("of ab label", "answer.*")
    out = out.crossJoin(classify(frame, F.concat("LABEL", F.lit(" bad")), overwrite=True).select("`a.b`", "label"))
    assert out.columns == ["of ab label", "label", "confidence", "scores", "truncated", "a.b", "label"]
    (row,) = out.collect()
    assert row[0] == classify("good film")["label"]
    assert row[1] == classify("bad film")["label"]
    assert row[6] == classify("x bad")["label"]
    for column, message in [
        ("ab", "There is no column 'ab'; the columns are a.b, LABEL, s. Is 'a.b' meant?"),
        ("s.u", "There is no column 's.u'"),
        ("s", r"must hold strings; 's' is a column of struct<t:string>"),
    ]:
        with pytest.raises(ColumnError, match=message):
            classify(frame, column, prefix="p")
    with pytest.raises(ParamTypeError, match="Name the column of texts.*: one of a.b, LABEL, s"):
        classify(frame)
    twice = frame.select("`a.b`", F.col("LABEL").alias("a.b"))
    with pytest.raises(ColumnError, match="cannot be read.*mbiguous"):
        classify(twice, "a.b")


def test_bytes_that_are_not_utf_8_and_metrics(spark, model):
    frame = spark.range(3).select("id", F.expr("cast(X'676F6F64FF' AS string)").alias("text"))
    classify = sparkcls.classifier(model, metrics=True, scoring="once")
    rows = rows_of(classify(frame, "text").drop("text"))
    assert {row["label"] for row in rows} == {classify("good\ufffd")["label"]}
    assert sparkcls.metrics(classify)["rows"] == 3


def test_multilabel(spark, model):
    classify = sparkcls.classifier(model, multilabel=True, threshold=0.4)
    texts = ["good movie", "the plot was bad", "", None]
    local = classify(texts)
    several = [
        of_annotations(row, classify.labels, several=True)
        for row in classes(classify.pipeline(), texts_frame(spark, texts))
    ]
    found = local.astype(object).where(local.notna(), None).to_dict("records")
    same(found, several)
    nothing = sparkcls.classifier(model, multilabel=True, threshold=1.0)("good movie")
    assert (nothing["label"], nothing["confidence"], nothing["labels"]) == (None, None, [])
    assert nothing["scores"].keys() == {"red", "green", "blue"}
    (row,) = rows_of(sparkcls.classify(texts_frame(spark, texts[:1]), "text", model, multilabel=True, threshold=1.0))
    same([{name: row[name] for name in nothing}], [nothing])


@pytest.mark.parametrize("params", [{}, {"multilabel": True, "threshold": 0.4}])
def test_functions_over_annotations(spark, model, params):
    stage = classifier_of(model, **params)
    out = pipeline_of(stage).transform(texts_frame(spark, TEXTS))
    columns = [
        functions.label("class").alias("label"),
        functions.confidence(F.col("class")).alias("confidence"),
        functions.scores("class").alias("scores"),
        functions.scores("class", ["red"]).alias("red"),
        functions.top_k("class", 2).alias("top"),
    ]
    rows = rows_of(out.select("id", "class", *columns))
    for row in rows:
        said = of_annotations(row["class"], stage.getClasses())
        assert {name: row[name] for name in ("label", "confidence", "scores")} == {
            name: said[name] for name in ("label", "confidence", "scores")
        }
        ranked = sorted(said["scores"].items(), key=lambda item: -item[1])[:2] if said["scores"] else None
        assert (row["top"] and [tuple(t) for t in row["top"]]) == ranked
        assert row["red"] == (said["scores"] and {"red": said["scores"]["red"]})
    assert rows[0]["label"]
    assert rows[6]["label"] is None
    with pytest.raises(ParamError, match="k must be at least 1, got 0"):
        functions.top_k("class", 0)
    with pytest.raises(ParamTypeError, match="k takes an int, got True"):
        functions.top_k("class", True)


def test_functions_where_scores_are_equal_or_labels_reserved(spark):
    def annotation(result, metadata, begin=0):
        return Annotation("category", begin, 3, result, metadata)

    same_scores = {"sentence": "0", "b": "0.5", "a": "0.5", "c": "1.0E-4", "windows": "3", "truncated": "7"}
    rows = [
        [annotation("b", same_scores), annotation("a", same_scores), annotation("c", {"sentence": "1", "c": "0.9"}, 5)],
        [annotation("error", {"sentence": "0", "error": "0.75"})],
        None,
    ]
    plain = [(i, row and [Annotation.toRow(a) for a in row]) for i, row in enumerate(rows)]
    frame = spark.createDataFrame(plain, StructType().add("id", "integer").add("class", Annotation.arrayType()))
    columns = [functions.label("class"), functions.scores("class"), functions.scores("class", ["error"])]
    first, second, third = rows_of(frame.select("id", *(c.alias(n) for c, n in zip(columns, "lse", strict=True))))
    assert first == {"id": 0, "l": "b", "s": {"b": 0.5, "a": 0.5, "c": 1e-4}, "e": {}}
    assert second == {"id": 1, "l": "error", "s": {}, "e": {"error": 0.75}}
    assert third == {"id": 2, "l": None, "s": None, "e": None}


def test_a_stream(spark, model, tmp_path):
    frame = spark.createDataFrame([("good film",), (None,)], "text string").coalesce(1)
    frame.write.parquet(str(tmp_path / "in"))
    stream = spark.readStream.schema("text string").parquet(str(tmp_path / "in"))
    classify = sparkcls.classifier(model, metrics=True)
    query = (
        classify(stream, "text")
        .writeStream.option("checkpointLocation", str(tmp_path / "checkpoint"))
        .trigger(availableNow=True)
        .start(str(tmp_path / "out"), "parquet")
    )
    query.awaitTermination(120)
    rows = {row["text"]: row["label"] for row in spark.read.parquet(str(tmp_path / "out")).collect()}
    assert rows == {"good film": classify("good film")["label"], None: None}
    assert sparkcls.metrics(query)["rows"] == 2


def test_rows_are_scored_once(spark, tiny_model, tmp_path, events):
    """See docs/scoring.md; the same as with the stage."""
    spark.range(0, 100, 1, 1).withColumn("text", F.concat(F.lit("good movie "), "id")).write.parquet(
        str(tmp_path / "in")
    )
    frame = spark.read.parquet(str(tmp_path / "in"))
    seen = 0
    for scoring in ("lazy", "once"):
        out = sparkcls.classify(frame, "text", tiny_model, scoring=scoring)
        for query, expected in [
            (out.filter(F.col("label") != "x").select("id", "label", "scores"), 100),
            (out.filter("confidence > 0").groupBy("label").agg(F.avg("confidence"), F.max("error")), 100),
            (out.filter("id < 5"), 5 if scoring == "lazy" else 100),
            (out.select("id"), 0),
        ]:
            query.collect()
            total = sum(e["rows"] for e in events() if e["event"] == "forward")
            times = 1 if scoring == "once" or KNOWS_EXPENSIVE else 2
            assert expected <= total - seen <= expected * times, query
            seen = total
