"""A driver: saving, SQL, metrics, a stream and MLflow with a model that only the driver has.

    capabilities.py MODEL FOLDER

FOLDER/found.json gets, by capability, the label of every row, and under ``metrics`` the figures.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import sparkcls.mlflow
import sparkcls.sql
from sparkcls.annotator import DistilBertForSequenceClassification, Tokenizer
from sparkcls.base import DocumentAssembler, PipelineModel

TEXTS = ["good", "bad movie", "the film was good and bad", "a good film"]
ROWS, FILES = 120, 6


def labels(frame: DataFrame) -> dict[int, str]:
    return {row["id"]: row["label"] for row in frame.selectExpr("id", "class.result[0] AS label").collect()}


def main() -> None:
    model, folder = sys.argv[1], Path(sys.argv[2])
    spark = SparkSession.builder.getOrCreate()
    classifier = DistilBertForSequenceClassification.loadSavedModel(model)
    pipeline = PipelineModel(
        [
            DocumentAssembler().setInputCol("text").setOutputCol("document"),
            Tokenizer().setInputCols(["document"]).setOutputCol("token"),
            classifier.setInputCols(["token", "document"]).setOutputCol("class").setPrecision("float32"),
        ]
    )
    text = F.element_at(F.array(*map(F.lit, TEXTS)), (F.col("id") % len(TEXTS) + 1).cast("int"))
    spark.range(0, ROWS, 1, FILES).withColumn("text", text).write.parquet(str(folder / "texts"))
    frame = spark.read.parquet(str(folder / "texts"))
    found: dict[str, Any] = {}

    for _ in range(2):
        pipeline.write().overwrite().save(str(folder / "saved"))
    found["saving"] = labels(PipelineModel.load(str(folder / "saved")).transform(frame))

    sparkcls.sql.register(spark, "color", pipeline)
    frame.createOrReplaceTempView("texts")
    rows = spark.sql("SELECT id, color(text).label AS label FROM texts").collect()
    found["sql"] = {row["id"]: row["label"] for row in rows}

    sparkcls.mlflow.save_pyfunc(pipeline, folder / "pyfunc")
    found["mlflow"] = labels(sparkcls.mlflow.load_model(folder / "pyfunc").transform(frame))

    source = spark.readStream.schema(frame.schema).option("maxFilesPerTrigger", 1).parquet(str(folder / "texts"))
    stream = pipeline.transform(source).select("id", "class").writeStream.trigger(availableNow=True)
    places = {"path": str(folder / "sink"), "checkpointLocation": str(folder / "checkpoint")}
    stream.format("parquet").options(**places).start().awaitTermination()
    sink = spark.read.parquet(str(folder / "sink"))
    found["streaming"], found["rows in the sink"] = labels(sink), sink.count()

    classifier.setMetrics(True)
    labels(pipeline.transform(frame))
    found["metrics"] = sparkcls.metrics(pipeline)
    (folder / "found.json").write_text(json.dumps(found))
    spark.stop()


if __name__ == "__main__":
    main()
