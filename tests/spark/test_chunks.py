"""Chunks of rows over Arrow batches, the threads of a task, and chunks on a device beside the CPU."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import functions as F

from sparkcls.annotation import Annotation
from sparkcls.spark import chunks as module
from sparkcls.spark import udf
from sparkcls.spark.chunks import FIRST, LARGEST, LARGEST_BESIDE, Chunks
from sparkcls.spark.task import choose_threads, local_slots
from tests.pipelines import classifier_of, pipeline_of


def read(series):
    return [([Annotation("document", 0, len(t) - 1, t, {})] if t else [],) for t in series[0]]


def cut(sizes, text="a"):
    batches = ((pd.Series([text] * size, dtype=object),) for size in sizes)
    return [len(w) for w in Chunks(batches, read)]


@given(st.lists(st.integers(0, 3000), max_size=8))
def test_all_rows_in_growing_chunks(sizes):
    found = cut(sizes)
    assert sum(found) == sum(sizes)
    assert all(found)
    expected, size = [], FIRST
    left = sum(sizes)
    while left:
        expected.append(min(size, left))
        left -= expected[-1]
        size = min(size * 4, LARGEST)
    assert found == expected


def test_the_largest():
    assert max(cut([50_000])) == LARGEST
    assert max(cut([1] * 20_000)) == LARGEST


@pytest.mark.parametrize(("beside", "largest"), [(False, LARGEST), (True, LARGEST_BESIDE)])
def test_the_largest_is_larger_where_batches_are(beside, largest):
    class Counting:
        overlaps = beside

        def prepare(self, chunk):
            return chunk

        def finish(self, chunk):
            return len(chunk)

        def __call__(self, chunk):
            return len(chunk)

    rows = Chunks(((pd.Series(["a"] * 3000, dtype=object),) for _ in range(4)), read)
    sizes = [size for _, size in udf.run(Counting, rows)]
    assert sizes[:3] == [FIRST, 4 * FIRST, 16 * FIRST]
    assert {*sizes[3:-1]} == {largest}
    assert sum(sizes) == 12_000


def test_long_texts_close_a_chunk(monkeypatch):
    monkeypatch.setattr(module, "CHARACTERS", 1000)
    assert max(cut([2000], "a" * 100)) <= FIRST


def test_order_is_kept():
    batches = ((pd.Series([str(i) for i in range(start, start + 70)], dtype=object),) for start in range(0, 700, 70))
    assert [row[0][0].result for w in Chunks(batches, read) for row in w] == [str(i) for i in range(700)]


@pytest.mark.parametrize(
    ("cores_of_task", "slots", "cores", "threads"),
    [(1, None, 8, 1), (4, None, 8, 4), (1, 2, 8, 4), (1, 8, 8, 1), (1, 16, 8, 1), (16, None, 8, 8), (2, 3, 8, 2)],
)
def test_threads(cores_of_task, slots, cores, threads):
    assert choose_threads(cores_of_task, slots, cores) == threads


def test_slots_of_the_session(spark):
    assert local_slots(spark) == 2


@pytest.mark.parametrize(
    ("master", "slots"),
    [("local", 1), ("local[4]", 4), ("local[4, 2]", 4), ("local[*]", None), ("spark://host:7077", None), ("", None)],
)
def test_slots(master, slots):
    class Session:
        class conf:
            @staticmethod
            def get(name, default):
                return master

    assert local_slots(Session) == slots


def test_joined_and_cut_batches_score_like_whole_ones(spark, tiny_model):
    model = pipeline_of(classifier_of(tiny_model))
    frame = spark.range(0, 500, 1, 1).select("id", F.concat(F.lit("good movie "), "id").alias("text"))
    found = []
    before = spark.conf.get("spark.sql.execution.arrow.maxRecordsPerBatch")
    try:
        for size in ("7", "100", "10000"):
            spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", size)
            rows = model.transform(frame).select("id", "class.result", F.col("class")[0]["metadata"]["red"]).collect()
            found.append(rows)
    finally:
        spark.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", before)
    for rows in found:
        assert [(i, labels) for i, labels, _ in rows] == [(i, labels) for i, labels, _ in found[0]]
        assert [float(score) for *_, score in rows] == pytest.approx([float(score) for *_, score in found[0]], abs=5e-6)
    assert [i for i, *_ in found[0]] == list(range(500))


def test_the_first_rows_wait_for_few_others():
    taken = []

    def batches():
        for number in range(5):
            taken.append(number)
            yield (pd.Series(["a"] * 10, dtype=object),)

    first = next(iter(Chunks(batches(), read)))
    assert (len(first), taken) == (50, [0, 1, 2, 3, 4])
    taken.clear()
    large = ((pd.Series(["a"] * 10_000, dtype=object),) for _ in batches())
    assert (len(next(iter(Chunks(large, read)))), taken) == (FIRST, [0])


class Overlapping:
    """A row function on a device beside the CPU."""

    overlaps = True

    def __init__(self, bad=None):
        self.log, self.bad = [], bad

    def prepare(self, chunk):
        self.log.append(f"prepare {chunk}")
        if chunk == self.bad:
            raise ValueError("bad chunk")
        return chunk

    def finish(self, prepared):
        self.log.append(f"finish {prepared}")
        return [prepared]

    def close(self):
        self.log.append("close")


class Given(list):
    """Chunks as they are given."""


def test_chunks_are_prepared_beside_the_model():
    function, rows = Overlapping(), Given("abc")
    found = list(udf.run(lambda: function, rows))
    assert rows.largest == LARGEST_BESIDE
    assert found == [(function, ["a"]), (function, ["b"]), (function, ["c"])]
    assert sorted(function.log[:-1]) == sorted(f"{do} {w}" for w in "abc" for do in ("prepare", "finish"))
    assert function.log[-1] == "close"
    assert [entry for entry in function.log if "finish" in entry] == ["finish a", "finish b", "finish c"]
    # A chunk is sent off before the one before it is finished.
    assert function.log.index("prepare c") < function.log.index("finish c")


def test_an_error_while_preparing_is_raised():
    with pytest.raises(ValueError, match="bad chunk"):
        list(udf.run(lambda: Overlapping(bad="b"), Given("abc")))


def test_an_empty_partition_makes_no_row_function():
    assert list(udf.run(lambda: pytest.fail("made"), Given())) == []
