"""A driver whose model is on no node: it is shipped, and its folder is gone while jobs run.

    ship.py MODEL FOLDER JOBS

Runs as many jobs; each but the first begins when FOLDER/go-<number> is there. FOLDER/answers.json gets what each row
got in every job: its label, probability and Python worker.
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

TEXTS = ["good", "bad movie", "the film was good and bad", "a good film"]
ROWS, PARTITIONS = 400, 8


def main() -> None:
    model, folder, jobs = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    spark = SparkSession.builder.getOrCreate()
    classifier = DistilBertForSequenceClassification.loadSavedModel(str(model))
    pipeline = PipelineModel(
        [
            DocumentAssembler().setInputCol("text").setOutputCol("document"),
            Tokenizer().setInputCols(["document"]).setOutputCol("token"),
            classifier.setInputCols(["token", "document"]).setOutputCol("class").setPrecision("float32"),
        ]
    )
    texts = F.element_at(F.array(*map(F.lit, TEXTS)), (F.col("id") % len(TEXTS) + 1).cast("int"))
    outcomes = []
    for number in range(jobs):
        while number and not (folder / f"go-{number}").exists():
            time.sleep(0.05)
        frame = spark.range(0, ROWS, 1, PARTITIONS).withColumn("text", texts)
        scored = pipeline.transform(frame)
        hidden = model.rename(folder / "hidden")
        rows = scored.select("id", "class").collect()
        hidden.rename(model)
        outcomes.append({row["id"]: [row["class"][0]["result"], row["class"][0]["metadata"]] for row in rows})
        (folder / f"done-{number}").touch()
    (folder / "answers.json").write_text(json.dumps(outcomes))
    spark.stop()


if __name__ == "__main__":
    main()
