"""A driver: the same job again and again, timed. ``scale.py ROWS WORDS RUNS OUTCOME``.

The job counts labels: nothing is written, and the driver gets some rows a partition.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from sparkcls.annotator import DistilBertForSequenceClassification, Tokenizer
from sparkcls.base import DocumentAssembler, PipelineModel

#: Tasks of a job. Many, so that the last one leaves the other worker idle for a short while only.
PARTITIONS = 24


def main() -> None:
    rows, words, runs = map(int, sys.argv[1:4])
    spark = SparkSession.builder.getOrCreate()
    word = F.element_at(
        F.array(*map(F.lit, ("film", "story", "good", "dull", "plot", "warm"))), F.expr("1 + id % 6").cast("int")
    )
    text = F.concat_ws(" ", *[F.concat(word, F.lit(f" w{i} "), F.col("id").cast("string")) for i in range(words // 3)])
    frame = spark.range(0, rows, 1, PARTITIONS).select(text.alias("text"))
    classifier = DistilBertForSequenceClassification.pretrained("distilbert_mini_sequence_classifier_sst2", "en")
    model = PipelineModel(
        [
            DocumentAssembler().setInputCol("text").setOutputCol("document"),
            Tokenizer().setInputCols(["document"]).setOutputCol("token"),
            classifier.setInputCols(["token", "document"]).setOutputCol("class").setPrecision("float32"),
        ]
    )
    seconds = []
    for _ in range(runs + 1):
        # Anew, for a DataFrame that has run keeps the output of its stages.
        labels = model.transform(frame).groupBy(F.get("class.result", F.lit(0))).count()
        begun = time.perf_counter()
        assert sum(row["count"] for row in labels.collect()) == rows
        seconds.append(time.perf_counter() - begun)
    # The first run starts Python workers and loads models.
    Path(sys.argv[4]).write_text(json.dumps(seconds[1:]))
    spark.stop()


if __name__ == "__main__":
    main()
