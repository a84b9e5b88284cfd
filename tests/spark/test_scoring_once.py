"""How many rows each shape of query scores, counted in the workers.

The figures of this table stand in docs/scoring.md.
"""

import time

import pyspark
import pytest
from pyspark.sql import functions as F

from tests.pipelines import classifier_of, pipeline_of

N = 1_000


def label():
    return F.col("class")[0]["result"]


#: From this Spark on, the optimizer knows expensive expressions (SPARK-47672).
KNOWS_EXPENSIVE = tuple(map(int, pyspark.__version__.split(".")[:2])) >= (4, 2)

SHAPES = {
    "filter on the label": lambda d: d.filter(label() == "red").collect(),
    "filter on any label": lambda d: d.filter(F.array_contains("class.result", "red")).collect(),
    "label as a column, then a filter": lambda d: d.select("id", label().alias("l")).filter("l is not null").collect(),
    "explode": lambda d: d.select("id", F.explode("class")).collect(),
    "filter on another column, 1 % pass": lambda d: d.filter("id % 100 = 0").collect(),
    "output unused": lambda d: d.select("id").collect(),
    "count()": lambda d: d.count(),
    "group by label": lambda d: d.groupBy(label()).count().collect(),
}
LAZY = {"filter on another column, 1 % pass": N // 100, "output unused": 0, "count()": 0}
ONCE = {"output unused": 0, "count()": 0}


@pytest.fixture(scope="module")
def frames(spark, tmp_path_factory):
    """1,000 rows in two partitions, and 100,000 in one, from files so that nothing is known in advance."""
    folder = tmp_path_factory.mktemp("frames")
    text = F.concat(F.lit("good movie "), F.col("id").cast("string")).alias("text")
    made = {}
    for name, rows, parts in (("small", N, 2), ("large", 100_000, 1)):
        spark.range(0, rows, 1, parts).select("id", text).write.parquet(str(folder / name))
        made[name] = spark.read.parquet(str(folder / name))
    return made


@pytest.fixture
def scored(events):
    """Rows scored since the last call."""
    before = 0

    def count():
        nonlocal before
        total = sum(e["rows"] for e in events() if e["event"] == "forward")
        before, new = total, total - before
        return new

    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_lazy(frames, scored, tiny_model, shape):
    SHAPES[shape](pipeline_of(classifier_of(tiny_model, scoring="lazy")).transform(frames["small"]))
    rows = scored()
    expected = LAZY.get(shape, N)
    if KNOWS_EXPENSIVE:
        assert rows == expected
    else:
        assert expected <= rows <= 2 * N


@pytest.mark.parametrize("shape", SHAPES)
def test_once(frames, scored, tiny_model, shape):
    SHAPES[shape](pipeline_of(classifier_of(tiny_model, scoring="once")).transform(frames["small"]))
    assert scored() == ONCE.get(shape, N)


def test_show_scores_what_it_shows(frames, scored, tiny_model, capsys):
    pipeline_of(classifier_of(tiny_model)).transform(frames["large"]).show()
    assert 20 <= scored() <= 32


@pytest.mark.parametrize("mode", ["lazy", "once"])
def test_limits_go_below(frames, scored, tiny_model, mode):
    out = pipeline_of(classifier_of(tiny_model, scoring=mode)).transform(frames["large"])
    out.limit(10).collect()
    assert scored() == 10
    out.take(5)
    assert scored() == 5


def test_once_pays_at_show(frames, scored, tiny_model, capsys):
    pipeline_of(classifier_of(tiny_model, scoring="once")).transform(frames["large"]).show()
    rows = scored()
    # Not a few rows, but some chunks, and what the worker does until it is stopped; see `sparkcls.spark.chunks`.
    assert 64 <= rows < 50_000
    # The worker reads ahead and is not stopped at once; its rows are not the next test's.
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and (more := scored() or (time.sleep(2), scored())[1]):
        rows += more
    assert rows < 100_000


@pytest.mark.parametrize("mode", ["lazy", "once"])
def test_documented_exceptions(frames, scored, tiny_model, mode):
    """Sorting by the output samples it first; a union of a frame with itself is two frames."""
    out = pipeline_of(classifier_of(tiny_model, scoring=mode)).transform(frames["small"])
    out.orderBy(label()).collect()
    assert scored() == 2 * N
    out.select("id", label()).union(out.select("id", label())).collect()
    assert scored() == 2 * N
