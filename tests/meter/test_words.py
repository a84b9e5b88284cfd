from dataclasses import replace

import pytest

from sparkcls.meter.words import State, end, now


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State(seconds=3), "waiting for Spark, 3.0 s"),
        (State(seconds=12, tasks=(0, 8)), "waiting for the workers of 8 tasks, 12 s"),
        (State(seconds=12, tasks=(3, 8)), "3 of 8 tasks done, 12 s"),
        (State(seconds=12, heard=True, tasks=(3, 8), total=9), "loading the model, 12 s"),
        (State(heard=True, scoring=True), "0 rows"),
        (State(heard=True, scoring=True, rows=1), "1 row"),
        (State(heard=True, scoring=True, rows=12_345, rate=812.4), "12,345 rows, 812 rows/s"),
        (State(heard=True, scoring=True, rows=0, total=50), "0 of 50 rows (0 %)"),
        (
            State("sst2", heard=True, scoring=True, rows=999, total=1_000, rate=4.25),
            "sst2: 999 of 1,000 rows (99 %), 4.2 rows/s, 0.2 s left",
        ),
        # More than was said: never more than all, and no time is left.
        (
            State(heard=True, scoring=True, rows=60, total=50, rate=20.0),
            "60 of 50 rows (100 %), 20 rows/s, 0.0 s left",
        ),
        (State(heard=True, scoring=True, rows=0, total=0), "0 of 0 rows"),
    ],
)
def test_what_is_going_on(state, text):
    assert now(state) == text


def test_what_has_been_done():
    done = State("sst2", seconds=4.0, rows=1_000, total=1_000, heard=True, scoring=True)
    assert end(done, failed=False) == "sst2: 1,000 of 1,000 rows (100 %) in 4.0 s, 250 rows/s"
    assert end(done, failed=True) == "sst2: stopped: 1,000 of 1,000 rows (100 %) in 4.0 s, 250 rows/s"
    assert end(State(seconds=75, tasks=(8, 8)), failed=False) == "8 of 8 tasks in 1 min 15 s"
    assert end(State(seconds=75), failed=False) == "no counts of rows arrived in 1 min 15 s"


def test_a_job_of_one_task_says_what_to_do():
    done = State(seconds=30.0, rows=60, heard=True, scoring=True, in_one_task=True)
    assert end(done, failed=False).startswith("60 rows in 30 s, 2.0 rows/s; all in one task: df.repartition(n)")
    assert end(replace(done, seconds=3.0), failed=False) == "60 rows in 3.0 s, 20 rows/s"
