"""`sparkcls.progress` on classic Spark and on Spark Connect."""

import io
import threading

import pytest
from pyspark.sql import SparkSession

import sparkcls
from sparkcls.errors import ParamError, ParamTypeError
from tests.pipelines import classifier_of, pipeline_of, texts_frame

#: Not text, blank or doubled: rows all the same.
TEXTS = [*(f"good movie {i}" for i in range(100)), None, " ", "good movie 1"]


@pytest.fixture
def scored(spark, tiny_model):
    return pipeline_of(classifier_of(tiny_model)).transform(texts_frame(spark, TEXTS).repartition(3))


def told_to(spark):
    """What tasks are told of where their counts go. The conf itself says nothing: Connect hides values of tokens."""

    def read(batches):
        from pyspark import TaskContext

        for batch in batches:
            yield batch[[]].assign(value=str(TaskContext.get().getLocalProperty("spark.sparkcls.progress.token")))

    [row] = spark.range(0, 1, 1, 1).mapInPandas(read, "value string").collect()
    return row["value"]


def progress_threads():
    return [t for t in threading.enumerate() if t.name.startswith("sparkcls progress")]


def test_rows_are_counted_and_nothing_stays(spark, scored):
    file = io.StringIO()
    with sparkcls.progress("reviews", total=len(TEXTS), file=file) as p:
        assert told_to(spark) == str(p._listener.address)
        scored.select("class.result").collect()
    assert p.rows == len(TEXTS)
    assert p.rows_per_second == pytest.approx(len(TEXTS) / p.seconds)
    assert file.getvalue().splitlines()[-1].startswith("sparkcls: reviews: 103 of 103 rows (100 %) in ")
    assert (told_to(spark), progress_threads()) == ("None", [])
    # Tasks of later actions tell nobody, nor does a block without an action.
    seconds = p.seconds
    scored.select("class.result").collect()
    with sparkcls.progress(show=False) as other:
        pass
    assert (p.rows, p.seconds, other.rows, other.rows_per_second) == (len(TEXTS), seconds, 0, None)


def test_a_failure_closes_it_and_is_not_hidden(spark, scored):
    file = io.StringIO()
    p = sparkcls.progress(file=file)

    def act():
        with p:
            scored.select("class.result").collect()
            raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        act()
    assert (p.rows, told_to(spark), progress_threads()) == (len(TEXTS), "None", [])
    assert "sparkcls: stopped: 103 rows in " in file.getvalue()


def test_blocks_within_blocks(spark, scored):
    with sparkcls.progress(show=False) as outer:
        with sparkcls.progress(show=False, session=spark) as inner:
            scored.select("class.result").collect()
        scored.limit(2).select("class.result").collect()
    assert (inner.rows, told_to(spark)) == (len(TEXTS), "None")
    assert outer.rows in range(2, len(TEXTS))


def test_where_counts_do_not_arrive_tasks_are_told(spark, scored, monkeypatch):
    monkeypatch.setattr("sparkcls.meter.progress.reachable_host", lambda session: None)
    seen = []

    def slowly(batches):
        import time

        for batch in batches:
            time.sleep(1.5)  # a Connect server tells every 2 seconds
            yield batch

    slow = scored.select("class.result").mapInPandas(slowly, "result array<string>")
    with sparkcls.progress(show=False) as p:
        thread = threading.Thread(target=slow.collect)
        thread.start()
        while thread.is_alive():
            seen.append(p.tasks)
            thread.join(0.01)
    assert p.rows == 0
    assert any(tasks is not None and tasks[1] >= 3 for tasks in seen)


def test_what_the_line_begins_with(tiny_model):
    classifier = classifier_of(tiny_model)
    name = classifier._ref().name
    for model, title in (
        (" a\nb ", "a b"),
        (None, ""),
        (classifier, name),
        (pipeline_of(classifier), name),
        (sparkcls.classifier(classifier), name),
        (object(), "object"),
    ):
        assert sparkcls.progress(model)._title == title


def test_what_makes_no_sense(monkeypatch):
    for wrong in ({"total": "5"}, {"total": True}, {"model": 5}):
        with pytest.raises(ParamTypeError, match="total is the number of rows"):
            sparkcls.progress(**wrong)
    with pytest.raises(ParamError, match=r"total=-1.*from 0"):
        sparkcls.progress(total=-1)
    monkeypatch.setattr(SparkSession, "getActiveSession", lambda: None)
    with pytest.raises(ParamError, match="no Spark session"), sparkcls.progress():
        pass
