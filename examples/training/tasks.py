"""What the heads learn, and from which rows. Nothing that is measured at the end is trained on or selected by."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class Task:
    """What one head learns.

    Parameters
    ----------
    train, start, stop
        File with its rows, and those of them that are trained on; of these, `WATCHED` rows only watch the training.
    test, test_start
        File and first row of what is measured at the end.
    labels
        In the order of the head's outputs.
    epochs, tokens
        How often each row is seen, and the wordpieces of it that are read.
    """

    name: str
    train: str
    test: str
    labels: tuple[str, ...]
    epochs: int
    tokens: int
    start: int = 0
    stop: int | None = None
    test_start: int = 0
    test_tokens: int = 128


#: Rows of each training file that only watch it.
WATCHED = 300

TASKS = (
    Task("sst2", "sst2_train", "sst2_dev", ("NEGATIVE", "POSITIVE"), epochs=3, tokens=128),
    Task(
        "emotion",
        "emotion_train",
        "emotion_validation",
        ("sadness", "joy", "love", "anger", "fear", "surprise"),
        epochs=7,
        tokens=128,
    ),
    Task("ag_news", "agnews_train_subset", "agnews_3000", ("World", "Sports", "Business", "Sci/Tech"), 4, 128),
    Task(
        "imdb",
        "imdb_train",
        "imdb_train",
        ("neg", "pos"),
        epochs=2,
        tokens=160,
        start=3_000,
        stop=-2_000,
        test_start=-2_000,
        test_tokens=512,
    ),
    Task(
        "amazon_reviews",
        "amazon_reviews_train",
        "amazon_reviews_train",
        ("negative", "positive"),
        epochs=5,
        tokens=160,
        stop=-500,
        test_start=-500,
        test_tokens=512,
    ),
)


def rows_of(data: Path, task: Task) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Rows to train on, to watch with, and to measure at the end; no text of the last two is among the first."""
    rows = pd.read_parquet(data / f"{task.train}.parquet").iloc[task.start : task.stop]
    test = pd.read_parquet(data / f"{task.test}.parquet").iloc[task.test_start :]
    order = random.Random(11).sample(range(len(rows)), len(rows))
    watched = rows.iloc[order[:WATCHED]]
    train = rows.iloc[order[WATCHED:]]
    train = train[~train.text.isin({*watched.text, *test.text})]
    return train, watched, test
