"""A driver: what tasks are told of GPUs, and what the bundled classifier does there.

    gpus.py OUT classify|tell

OUT gets a JSON object: ``tasks``, for each the addresses that it was given and when it ran; and with ``classify``
``labels``, of the device ``auto``, and ``error``, with ``cuda``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from sparkcls.annotator import DistilBertForSequenceClassification, Tokenizer
from sparkcls.base import DocumentAssembler, PipelineModel

TEXTS = ["I liked it", "a dull film"] * 8


def told(batches: Iterator[Any]) -> Iterator[Any]:
    import time

    import pandas as pd

    from sparkcls.spark.task import task_gpus

    for batch in batches:
        begin = time.time()
        time.sleep(1)
        gpus = ",".join(task_gpus() or ["none"])
        yield pd.DataFrame({"gpus": gpus, "begin": begin, "end": time.time()}, index=batch.index)


def main() -> None:
    spark = SparkSession.builder.getOrCreate()
    tasks = spark.range(0, 4, 1, 4).mapInPandas(told, "gpus string, begin double, end double").collect()
    found: dict[str, Any] = {"tasks": [task.asDict() for task in tasks]}
    if sys.argv[2] == "classify":
        found |= classified(spark)
    Path(sys.argv[1]).write_text(json.dumps(found))
    spark.stop()


def classified(spark: SparkSession) -> dict[str, Any]:
    frame = spark.createDataFrame(list(enumerate(TEXTS)), "id int, text string").repartition(8, "id")
    classifier = DistilBertForSequenceClassification.pretrained("distilbert_mini_sequence_classifier_sst2", "en")
    classifier.setInputCols(["token", "document"]).setOutputCol("class")
    stages = [
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        classifier,
    ]
    rows = PipelineModel(stages).transform(frame).select("id", "class.result").collect()
    classifier.setDevice("cuda")
    error = None
    try:
        PipelineModel(stages).transform(frame).select("class").collect()
    except Exception as e:
        error = str(e)
    return {"labels": [row["result"] for row in sorted(rows, key=lambda row: row["id"])], "error": error}


if __name__ == "__main__":
    main()
