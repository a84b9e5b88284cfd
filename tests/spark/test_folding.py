import json
import math

import pandas as pd
import pyarrow as pa
import pytest

from sparkcls.errors import ColumnError, ParamTypeError
from sparkcls.spark.folding import Folding, arrow_table, fold


class Longest(Folding):
    """Rows, the sum of `number`, and the longest text."""

    def __init__(self):
        self.rows, self.total, self.text = 0, 0.0, ""

    def add(self, batch):
        self.rows += batch.num_rows
        for number, text in zip(batch["number"].to_pylist(), batch["text"].to_pylist(), strict=True):
            self.total += number or 0.0
            self.text = max(self.text, text or "", key=len)

    def state(self):
        return [self.rows, self.total, self.text]

    def merge(self, state):
        rows, total, text = state
        self.rows, self.total, self.text = self.rows + rows, self.total + total, max(self.text, text, key=len)


FRAME = pd.DataFrame({"number": [1.5, None, 2.0, 4.0], "text": ["a", "ab", None, "it's ’"]})


def test_a_pandas_frame():
    found = fold(FRAME, Longest())
    assert found.state() == [4, 7.5, "it's ’"]


def test_states_of_tasks_are_merged_whatever_they_hold():
    left, right = fold(FRAME, Longest()), Longest()
    right.text, right.total = "lone \ud800 surrogate", math.inf
    left.merge_bytes(right.to_bytes())
    assert left.state() == [4, math.inf, "lone \ud800 surrogate"]
    assert json.loads(left.to_bytes())[2] == left.text


def test_dicts_of_a_pandas_frame_are_maps():
    table = arrow_table(pd.DataFrame({"scores": [None, {"a": 0.5}, {"b": 1, "a": 0}], 3: [[1], None, []]}))
    assert table.schema.field("scores").type == pa.map_(pa.string(), pa.float64())
    assert table["scores"].to_pylist() == [None, [("a", 0.5)], [("b", 1.0), ("a", 0.0)]]
    assert table["3"].to_pylist() == [[1], None, []]


def test_what_cannot_be_folded_is_named():
    with pytest.raises(ColumnError, match="'mixed'.*several kinds"):
        fold(pd.DataFrame({"mixed": ["a", 1]}), Longest())
    with pytest.raises(ColumnError, match="several columns of one name: a, a"):
        fold(pd.DataFrame([[1, 2]], columns=["a", "a"]), Longest())
    with pytest.raises(ParamTypeError, match="got builtins.list"):
        fold([1, 2], Longest())


def test_in_spark_each_task_folds_its_rows(spark):
    frame = spark.createDataFrame(
        [(1.5, "a"), (None, "ab"), (2.0, None), (4.0, "it's ’")], "number double, text string"
    )
    assert fold(frame.repartition(3), Longest()).state() == [4, 7.5, "it's ’"]
    assert fold(frame.filter("number > 9"), Longest()).state() == [0, 0.0, ""]
    stream = spark.readStream.format("rate").load()
    with pytest.raises(ParamTypeError, match="foreachBatch"):
        fold(stream, Longest())
