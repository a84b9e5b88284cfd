"""A driver: Structured Streaming through the pipeline into Parquet files, read again beside the batch answer.

Started again with the same folders it goes on where it was. ``--files FOLDER`` reads JSON files, one a micro-batch,
until all are read; without it Spark's rate source is read until three micro-batches had rows. ``--out`` gets a
JSON object with ``sink``, the rows that Spark reads there, and ``batch``, what the same texts give without streaming.
``--remote`` makes it a client of a Connect server.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from sparkcls.annotator import DistilBertForSequenceClassification, Tokenizer
from sparkcls.base import DocumentAssembler, PipelineModel

SCHEMA = "id long, text string"


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--files", "--remote", "--sink", "--checkpoint", "--out"):
        parser.add_argument(name)
    asked = parser.parse_args()
    builder: Any = SparkSession.builder
    spark = builder.remote(asked.remote).getOrCreate() if asked.remote else builder.getOrCreate()
    model = pipeline()
    scored = model.transform(texts(spark, asked.files)).select("id", "text", "class")
    writer = scored.writeStream.format("parquet").option("path", asked.sink)
    writer = writer.option("checkpointLocation", asked.checkpoint)
    if asked.files:
        writer.trigger(availableNow=True).start().awaitTermination()
    else:
        stop_after_three(writer.trigger(processingTime="1 second").start())
    sink = spark.read.parquet(asked.sink)
    again = spark.read.schema(SCHEMA).json(asked.files) if asked.files else sink.select("id", "text")
    found = {"sink": answers(sink), "batch": answers(model.transform(again))}
    Path(asked.out).write_text(json.dumps(found))
    spark.stop()


def texts(spark: SparkSession, files: str | None) -> DataFrame:
    if files:
        return spark.readStream.schema(SCHEMA).option("maxFilesPerTrigger", 1).json(files)
    value = F.col("value")
    opinion = F.when(value % 2 == 0, "a wonderful story ").otherwise("a dull mess ")
    rate = spark.readStream.format("rate").option("rowsPerSecond", 5).load()
    return rate.select(value.alias("id"), F.concat(opinion, value.cast("string")).alias("text"))


def pipeline() -> PipelineModel:
    classifier = DistilBertForSequenceClassification.pretrained("distilbert_mini_sequence_classifier_sst2", "en")
    return PipelineModel(
        [
            DocumentAssembler().setInputCol("text").setOutputCol("document"),
            Tokenizer().setInputCols(["document"]).setOutputCol("token"),
            classifier.setInputCols(["token", "document"]).setOutputCol("class").setPrecision("float32"),
        ]
    )


def stop_after_three(query: Any) -> None:
    """Stop a query when three of its micro-batches had rows."""
    seen, end = set(), time.time() + 120
    while len(seen) < 3:
        progress = query.lastProgress
        if progress and progress["sources"][0]["numInputRows"]:
            seen.add(progress["batchId"])
        assert query.isActive, query.exception()
        assert time.time() < end, progress
        time.sleep(0.1)
    query.stop()


def answers(frame: DataFrame) -> list[Any]:
    """Id, label and probability of each row."""
    label = F.get("class.result", F.lit(0))
    best = F.element_at(F.get("class.metadata", F.lit(0)), label).cast("double")
    return [list(row) for row in frame.select("id", label, best).collect()]


if __name__ == "__main__":
    main()
