"""`sparkcls.metrics` on classic Spark and on Spark Connect."""

import threading

import pytest
from pyspark.sql import functions as F

import sparkcls
from sparkcls.errors import MetricsError, ParamTypeError
from tests.pipelines import classifier_of, pipeline_of, texts_frame

TEXTS = ["good movie", "bad plot", "good movie", None, " ", "the team won " * 100]


@pytest.fixture
def counting(tiny_model):
    return pipeline_of(classifier_of(tiny_model).setMetrics(True))


def test_figures_of_an_action(spark, counting):
    frame = texts_frame(spark, TEXTS).repartition(1)
    rows = counting.transform(frame).select("class.result").collect()
    assert sorted(len(r[0]) for r in rows) == [0, 0, 1, 1, 1, 1]
    found = sparkcls.metrics(counting)
    assert (found["rows"], found["sentences"], found["scored"]) == (6, 4, 3)
    assert (found["empty"], found["truncated"], found["failed"], found["rescored"]) == (2, 1, 0, 0)
    # [CLS] good movie [SEP], [CLS] bad plot [SEP], and one text that was cut.
    assert found["wordpieces"] == 4 + 4 + 128
    assert (found["padding"], found["padding_share"]) == (0, 0.0)
    assert (found["device"], found["precision"]) == ("cpu", "float32")
    assert found["model_seconds"] > 0
    assert found["loads"] in (0, 1)
    assert (found["load_seconds"] > 0) == (found["loads"] == 1)


def test_rows_are_scored_once_whatever_is_asked_of_them(spark, counting, events):
    frame = texts_frame(spark, [f"good movie {i}" for i in range(300)])
    result = counting.transform(frame)
    result.filter(F.exists("class.result", lambda r: r == "red")).select(F.explode("class")).collect()
    assert sum(e["rows"] for e in events() if e["event"] == "forward") == 300
    assert sparkcls.metrics(counting)["rows"] == 300


def test_the_output_is_the_same_as_without(spark, counting, tiny_model):
    plain = pipeline_of(classifier_of(tiny_model)).transform(texts_frame(spark, TEXTS))
    counted = counting.transform(texts_frame(spark, TEXTS))
    assert counted.schema == plain.schema
    assert counted.schema["class"].metadata == plain.schema["class"].metadata
    assert counted.collect() == plain.collect()


def test_loads_are_counted(spark, tmp_path):
    from tests.models import save_tiny_model

    model = pipeline_of(classifier_of(save_tiny_model(tmp_path / "new", ["a", "b"], seed=77)).setMetrics(True))
    model.transform(texts_frame(spark, TEXTS).repartition(1)).collect()
    assert sparkcls.metrics(model)["loads"] == 1


def test_two_frames_of_one_stage_may_meet(spark, counting):
    one, two = (counting.transform(texts_frame(spark, TEXTS)) for _ in range(2))
    assert one.union(two).count() == 2 * len(TEXTS)


def test_a_stream_reports_each_batch(spark, counting, tmp_path):
    source = tmp_path / "in"
    texts_frame(spark, TEXTS).coalesce(1).write.parquet(str(source))
    stream = spark.readStream.schema("text string").parquet(str(source))
    writer = counting.transform(stream).writeStream.format("noop").option("checkpointLocation", str(tmp_path / "c"))
    query = writer.trigger(availableNow=True).start()
    query.awaitTermination()
    found = sparkcls.metrics(query)
    assert (found["rows"], found["sentences"], found["empty"], found["device"]) == (6, 4, 2, "cpu")
    with pytest.raises(MetricsError, match="streaming query"):
        sparkcls.metrics(counting)


def test_what_there_is_not(spark, counting, tiny_model):
    plain = pipeline_of(classifier_of(tiny_model))
    plain.transform(texts_frame(spark, TEXTS)).collect()
    with pytest.raises(MetricsError, match="setMetrics"):
        sparkcls.metrics(plain)
    counting.transform(texts_frame(spark, TEXTS))
    with pytest.raises(MetricsError, match="first one"):
        sparkcls.metrics(counting, timeout=0.2)
    threads = threading.active_count()
    for _ in range(5):
        with pytest.raises(MetricsError, match="first one"):
            sparkcls.metrics(counting, timeout=0.01)
    assert threading.active_count() == threads, "one waits, however often it is asked"
    with pytest.raises(MetricsError, match="takes one of class"):
        sparkcls.metrics(counting, output="nope")
    with pytest.raises(ParamTypeError, match="PipelineModel"):
        sparkcls.metrics("class")
