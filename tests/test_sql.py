"""Classifiers as SQL functions: the same answers as the stage, on classic Spark and on Connect."""

import threading

import numpy as np
import pytest
from pyspark.ml import Transformer
from pyspark.sql import functions as F

from sparkcls import sql
from sparkcls.annotator import DistilBertForSequenceClassification, Normalizer, SentenceDetector, Tokenizer
from sparkcls.base import DocumentAssembler, LightPipeline, Pipeline, PipelineModel
from sparkcls.classification import Verdict
from sparkcls.errors import ColumnError, ParamError, ParamTypeError
from sparkcls.rows.answers import answers_of, as_structs
from tests.models import poisonous, save_tiny_model
from tests.pipelines import classes, classifier_of, pipeline_of, texts_frame

TEXTS = ["I really liked that movie!", None, "A dull, lifeless film.", "", " \t", "😀 ok", "word " * 600]
NOTHING = {"label": None, "score": None, "labels": [], "scores": {}, "truncated": 0, "error": None}
SENTENCES = [
    DocumentAssembler(inputCol="text", cleanupMode="shrink"),
    SentenceDetector(inputCols=["document"]),
    Tokenizer(inputCols=["sentence"]),
]


@pytest.fixture
def view(spark):
    """Makes a temporary view `reviews` of texts."""

    def make(texts):
        texts_frame(spark, texts).createOrReplaceTempView("reviews")

    yield make
    spark.catalog.dropTempView("reviews")


def asked(spark, query="SELECT id, sentiment(text) AS s FROM reviews"):
    """The answers by id, as dicts."""
    rows = spark.sql(query).collect()
    return [row["s"].asDict() for row in sorted(rows, key=lambda row: row["id"])]


def said(row, labels):
    """What the stage's annotations of one sentence say, in the form of an answer."""
    scores = {label: float(row[0]["metadata"][label]) for label in labels} if row else {}
    return NOTHING | {
        "label": row[0]["result"] if row else None,
        "score": scores.get(row[0]["result"]) if row else None,
        "labels": [a["result"] for a in row],
        "scores": scores,
        "truncated": int(row[0]["metadata"].get("truncated", 0)) if row else 0,
    }


def same(found, expected):
    """Equal but for the rounding of sums in another order."""
    for a, b in zip(found, expected, strict=True):
        assert {k: v for k, v in a.items() if k not in ("score", "scores")} == {
            k: v for k, v in b.items() if k not in ("score", "scores")
        }
        assert a["score"] == pytest.approx(b["score"], abs=5e-6)
        assert a["scores"] == pytest.approx(b["scores"], abs=5e-6)


def test_equals_the_stage(spark, bundled, view):
    view(TEXTS)
    sql.register(spark, "sentiment", bundled)
    found = asked(spark)
    assert found[1] == dict.fromkeys(NOTHING), "all fields of a null are null"
    assert [found[i] for i in (3, 4)] == [NOTHING, NOTHING]
    rows = classes(pipeline_of(bundled), texts_frame(spark, TEXTS))
    expected = [said(row, bundled.getClasses()) for row in rows]
    expected[1] = found[1]
    same(found, expected)
    assert [f["label"] for f in found[:3]] == ["POSITIVE", None, "NEGATIVE"]
    assert found[-1]["truncated"] > 0


def test_types(spark, bundled):
    sql.register(spark, "sentiment", bundled)
    (field,) = spark.sql("SELECT sentiment('a') AS s").schema.fields
    assert field.dataType.simpleString() == (
        "struct<label:string,score:double,labels:array<string>,scores:map<string,double>,truncated:int,error:string>"
    )


def test_where_group_by_and_order_by(spark, bundled, view):
    view(["I liked it", "a dull film", None, "great fun", "", "truly awful"])
    sql.register(spark, "sentiment", bundled)
    rows = spark.sql("SELECT id FROM reviews WHERE sentiment(text).label = 'POSITIVE' ORDER BY id").collect()
    assert [row.id for row in rows] == [0, 3]
    rows = spark.sql(
        "SELECT sentiment(text).label AS label, count(*) AS n, max(sentiment(text).score) AS best FROM reviews "
        "GROUP BY 1 HAVING n > 1 ORDER BY label NULLS FIRST"
    ).collect()
    assert [(row.label, row.n) for row in rows] == [(None, 2), ("NEGATIVE", 2), ("POSITIVE", 2)]
    assert rows[0].best is None
    rows = spark.sql("SELECT id FROM reviews ORDER BY sentiment(text).scores['POSITIVE'] DESC NULLS LAST, id").collect()
    assert {row.id for row in rows[:2]} == {0, 3}
    assert [row.id for row in rows[-2:]] == [2, 4]


def test_views_constants_and_columns(spark, bundled, view):
    view(["I liked it", "a dull film"])
    sentiment = sql.register(spark, "sentiment", bundled)
    spark.sql("CREATE OR REPLACE TEMP VIEW scored AS SELECT id, sentiment(text) AS s FROM reviews")
    try:
        assert [r.label for r in spark.sql("SELECT s.label FROM scored ORDER BY id").collect()] == [
            "POSITIVE",
            "NEGATIVE",
        ]
    finally:
        spark.catalog.dropTempView("scored")
    row = spark.sql("SELECT sentiment('great fun').label, sentiment(NULL).label, sentiment(NULL).labels").first()
    assert tuple(row) == ("POSITIVE", None, None)
    frame = spark.table("reviews")
    assert [r.label for r in frame.select("id", sentiment("text")["label"].alias("label")).orderBy("id").collect()] == [
        "POSITIVE",
        "NEGATIVE",
    ]
    assert frame.where(sentiment(F.col("text"))["score"] > 2).count() == 0
    assert frame.selectExpr("sentiment(text).error IS NULL AS ok").distinct().collect()[0].ok


def test_many_rows_over_batches_and_windows(spark, tiny_model):
    model = pipeline_of(classifier_of(tiny_model))
    color = sql.register(spark, "color", model)
    frame = spark.range(0, 3000, 1, 2).select("id", F.concat(F.lit("good movie "), "id").alias("text"))
    before = spark.conf.get("spark.sql.execution.arrow.maxRecordsPerBatch")
    spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "700")
    try:
        both = model.transform(frame).select("id", "class.result", color("text")["labels"].alias("labels")).collect()
    finally:
        spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", before)
    assert len(both) == 3000
    assert all(row.result == row.labels for row in both)


def test_one_load_a_worker_and_one_pass_a_clause(spark, tmp_path, view, events):
    view([f"good movie {i}" for i in range(50)])
    sql.register(spark, "color", classifier_of(save_tiny_model(tmp_path / "once", ["red", "green"], seed=5)))
    for _ in range(2):
        spark.sql("SELECT color(text).label, color(text).score, color(text).error FROM reviews").collect()
    seen = events()
    loads = [e["pid"] for e in seen if e["event"] == "load"]
    assert loads
    assert len(loads) == len(set(loads))
    assert sum(e["rows"] for e in seen if e["event"] == "forward") == 100


LABELS = "(SELECT id % 2 AS gold, color(text) AS r FROM reviews)"


@pytest.mark.parametrize(
    ("query", "times"),
    [
        ("SELECT color(text).label, color(text).score, color(text).error FROM reviews", 1),
        ("SELECT color(text).label, count(*) AS n FROM reviews GROUP BY 1 HAVING n > 1", 1),
        ("SELECT id % 2, avg(color(text).score), max(color(text).label) FROM reviews GROUP BY 1", 1),
        ("SELECT id FROM reviews WHERE color(text).label = 'red'", 1),
        ("SELECT id % 2, color(text).label, avg(color(text).score) FROM reviews GROUP BY 1, 2", 2),
        (f"SELECT gold, r.label, avg(r.score) FROM {LABELS} GROUP BY 1, 2", 1),
        ("SELECT color(text).score FROM reviews WHERE color(text).score > 0", 2),
        (f"SELECT r.score FROM {LABELS} WHERE r.score > 0", 2),
        ("SELECT first(class.result[0]), count(*) FROM scored WHERE class.result[0] != 'x' GROUP BY gold", 1),
    ],
)
def test_how_often_a_row_is_scored(spark, tiny_model, view, events, query, times):
    """What docs/scoring.md says of the function: at most so often, on any Spark; the last from 4.2 on."""
    texts = [f"good movie {i}" for i in range(30)]
    view(texts)
    sql.register(spark, "color", classifier_of(tiny_model))
    if "scored" in query:
        if tuple(map(int, spark.version.split(".")[:2])) < (4, 2):
            pytest.skip("Spark knows no expensive expressions before 4.2")
        scored = pipeline_of(classifier_of(tiny_model)).transform(spark.table("reviews"))
        scored.withColumn("gold", F.col("id") % 2).createOrReplaceTempView("scored")
    spark.sql(query).collect()
    assert sum(e["rows"] for e in events() if e["event"] == "forward") == times * len(texts)


def test_poison_and_broken(spark, tmp_path, view):
    view(["good movie", "the poison story", "fine"])
    stage = classifier_of(save_tiny_model(tmp_path / "m", ["a", "b"], change=poisonous("poison")))
    sql.register(spark, "sentiment", stage)
    found = asked(spark)
    assert found[1] == NOTHING | {"error": "ArithmeticError: the model's scores are not finite numbers"}
    assert all(found[i]["error"] is None and found[i]["label"] in "ab" for i in (0, 2))
    sql.register(spark, "sentiment", stage.copy()._update(onError="raise"))
    with pytest.raises(Exception, match="It begins with 'the poison story'"):
        asked(spark)


def test_multilabel(spark, tiny_model, view):
    view(["good movie", "the plot was bad", ""])
    stage = classifier_of(tiny_model, multilabel=True, threshold=0.4)
    sql.register(spark, "colors", stage)
    found = asked(spark, "SELECT id, colors(text) AS s FROM reviews")
    rows = classes(pipeline_of(stage), spark.table("reviews"))
    same(found, [said(row, stage.getClasses()) for row in rows])
    assert any(len(f["labels"]) > 1 for f in found), "the test has a text with two labels"


def test_sentences(spark, tiny_model, view):
    text = "Good movie. " + "bad " * 600 + ". The plot  was\n fine."
    view([text, None])
    stage = classifier_of(tiny_model).setInputCols("sentence", "token")
    model = PipelineModel([*SENTENCES, stage])
    sql.register(spark, "color", model)
    first, null = asked(spark, "SELECT id, color(text) AS s FROM reviews")
    (row, _) = classes(model, spark.table("reviews"))
    assert len(row) == 3
    same([first | {"truncated": 0}], [said(row, stage.getClasses())])
    assert first["truncated"] == sum(int(a["metadata"].get("truncated", 0)) for a in row) > 0
    assert null["label"] is None
    averaged = PipelineModel([*SENTENCES, stage.copy().setCoalesceSentences(True)])
    sql.register(spark, "color", averaged)
    (row, _) = classes(averaged, spark.table("reviews"))
    same(asked(spark, "SELECT id, color(text) AS s FROM reviews")[:1], [said(row, stage.getClasses())])


def test_tokens_that_are_read(spark, tiny_model, view):
    """A nested pipeline whose classifier reads the tokens of a stage, not the text."""
    texts = ["Good MOVIE 123", "the plot, was bad!", ""]
    view(texts)
    words = PipelineModel([DocumentAssembler(inputCol="text"), Tokenizer(inputCols=["document"])])
    normal = Normalizer(inputCols=["token"], outputCol="normal", lowercase=True, lazyAnnotator=True)
    stage = classifier_of(tiny_model).setInputCols("document", "normal")
    model = PipelineModel([words, normal, stage])
    sql.register(spark, "color", model)
    rows = classes(model, spark.table("reviews"))
    same(
        asked(spark, "SELECT id, color(text) AS s FROM reviews"),
        [said(row, stage.getClasses()) for row in rows],
    )
    assert LightPipeline(model).annotate(texts[0])["class"] == [], "a LightPipeline leaves the lazy stage out"


def test_registered_twice(spark, tiny_model, bundled):
    sql.register(spark, "sentiment", classifier_of(tiny_model))
    assert spark.sql("SELECT sentiment('good').label AS l").first().l in ("red", "green", "blue")
    sql.register(spark, "Sentiment", bundled)
    assert spark.sql("SELECT sentiment('good fun').label AS l").first().l == "POSITIVE"


def test_params_of_the_moment_count_and_the_stage_stays(spark, tiny_model):
    stage = classifier_of(tiny_model)
    stage.unpicklable = threading.Lock()
    stage.setInputCols("a", "b")
    sql.register(spark, "color", stage)
    assert stage.getInputCols() == ["a", "b"]
    stage.setMultilabel(True).setThreshold(0.0)
    assert len(spark.sql("SELECT color('good').labels AS l").first().l) == 1


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("", ParamError, "'' is no name of a SQL function"),
        ("my fun", ParamError, "use letters, digits and underscores"),
        ("a.b", ParamError, "'a.b' is no name"),
        ("1st", ParamError, "no digit first"),
        ("x;DROP", ParamError, "is no name"),
        ("name\n", ParamError, "is no name"),
        (None, ParamTypeError, "the name of a function is a str, got None"),
        ("length", ParamError, "Spark has a function length of its own"),
    ],
)
def test_bad_names(spark, bundled, name, kind, message):
    with pytest.raises(kind, match=message):
        sql.register(spark, name, bundled)


class Other(Transformer):
    """A stage that is not of sparkcls."""

    def _transform(self, dataset):
        return dataset


def test_a_stage_needs_no_columns(spark, tiny_model):
    sql.register(spark, "tiny", DistilBertForSequenceClassification.loadSavedModel(tiny_model))
    assert spark.sql("SELECT tiny('a good film').label").first()[0] in ("red", "green", "blue")


def test_bad_models(spark, bundled, tiny_model):
    document, token = DocumentAssembler(inputCol="text"), Tokenizer(inputCols=["document"])
    fitted = pipeline_of(bundled)
    for model, kind, message in [
        ("bundled", ParamTypeError, "takes a classifier stage or a fitted PipelineModel, got str"),
        (Pipeline(stages=[document, token, bundled]), ParamTypeError, "got Pipeline; call fit first"),
        (LightPipeline(fitted), ParamTypeError, "got LightPipeline"),
        (PipelineModel([]), ParamTypeError, "this one ends in nothing"),
        (PipelineModel([document, token]), ParamTypeError, "this one ends in Tokenizer"),
        (PipelineModel([Other(), fitted]), ParamTypeError, "Other works on DataFrames, not on single texts"),
        (PipelineModel([token, bundled]), ColumnError, "there is no column 'document'"),
        (PipelineModel([document, bundled]), ColumnError, "there is no column 'token'"),
        (
            PipelineModel([document, DocumentAssembler(inputCol="title", outputCol="t"), token, bundled]),
            ParamTypeError,
            "reads the columns text, title; it must read one",
        ),
        (DistilBertForSequenceClassification(), ParamError, "has no model; make it with pretrained"),
        (classifier_of(tiny_model, maxSentenceLength=512)._update(device="cuda:99"), None, None),
    ]:
        if kind:
            with pytest.raises(kind, match=message):
                sql.register(spark, "sentiment", model)
        else:
            sql.register(spark, "sentiment", model)
    with pytest.raises(Exception, match=r"setDevice\('cuda:99'\): torch sees"):
        spark.sql("SELECT sentiment('a')").collect()
    with pytest.raises(ParamTypeError, match="takes a SparkSession first, got str"):
        sql.register("spark", "sentiment", bundled)


@pytest.mark.parametrize("value", ["12", "X'41'", "array('a')", "struct('a' AS text, 'b' AS label)", "map('a', 'b')"])
def test_other_types_are_refused(spark, bundled, value):
    sql.register(spark, "sentiment", bundled)
    with pytest.raises(Exception, match=r"sentiment\(text\) takes a STRING, got values like .*write sentiment\(CAST\("):
        spark.sql(f"SELECT sentiment({value})").collect()


@pytest.mark.parametrize(("arguments", "count"), [("", 0), ("'a', 'b'", 2)])
def test_other_numbers_of_arguments_are_refused(spark, bundled, arguments, count):
    sql.register(spark, "sentiment", bundled)
    with pytest.raises(Exception, match=rf"sentiment\(text\) takes one argument, got {count}; write sentiment") as e:
        spark.sql(f"SELECT sentiment({arguments}).label").collect()
    assert "chain.py" not in str(e.value), "the traceback of a query is short"


def test_labels_called_like_reserved_keys():
    labels = ["sentence", "truncated", "error"]
    verdict = Verdict(0, np.array([0.25, 0.5, 0.25], dtype=np.float32), (1,), truncated=3)
    (found,) = as_structs(answers_of([[verdict]], [False], labels), labels).to_dict("records")
    assert found == {
        "label": "truncated",
        "score": 0.5,
        "labels": ["truncated"],
        "scores": {"sentence": 0.25, "truncated": 0.5, "error": 0.25},
        "truncated": 3,
        "error": None,
    }


def test_scores_of_what_is_under_the_threshold():
    labels = ["a", "b"]
    under = Verdict(0, np.array([0.1, 0.2], dtype=np.float32), ())
    over = Verdict(1, np.array([0.7, 0.9], dtype=np.float32), (0, 1))
    found = as_structs(answers_of([[under], [under, over]], [False, False], labels), labels)
    assert found["label"].tolist() == [None, "b"]
    assert found["labels"].tolist() == [[], ["a", "b"]]
    assert found["scores"].tolist() == [{"a": 0.1, "b": 0.2}, {"a": 0.7, "b": 0.9}]
