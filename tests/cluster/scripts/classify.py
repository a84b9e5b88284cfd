"""A driver: classify the texts of Parquet files and write labels and probabilities to Parquet files.

    classify.py JOBS OUTCOME

JOBS is a JSON list of jobs; OUTCOME gets a JSON list of what became of each. A job has ``input`` (Parquet with
``id`` and ``text``), ``output``, and may have ``model`` (a folder; default: the bundled model), ``partitions``,
``sleep_in_partition`` (its first attempt sleeps), ``where`` (a folder for what the Python workers are).
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

import sparkcls
from sparkcls.annotator import DistilBertForSequenceClassification, Tokenizer
from sparkcls.base import DocumentAssembler, PipelineModel


def pipeline(folder: str | None) -> PipelineModel:
    if folder:
        classifier = DistilBertForSequenceClassification.loadSavedModel(folder)
    else:
        classifier = DistilBertForSequenceClassification.pretrained("distilbert_mini_sequence_classifier_sst2", "en")
    return PipelineModel(
        [
            DocumentAssembler().setInputCol("text").setOutputCol("document"),
            Tokenizer().setInputCols(["document"]).setOutputCol("token"),
            classifier.setInputCols(["token", "document"]).setOutputCol("class").setPrecision("float32"),
        ]
    )


def attempt_of(slow: int | None) -> Any:
    """A column with the number of the task's attempt; attempt 0 of one partition sleeps before it has any row."""

    def attempt(batches: Any) -> Any:
        import time

        import pandas as pd
        from pyspark import TaskContext

        context = TaskContext.get()
        if context.partitionId() == slow and context.attemptNumber() == 0:
            time.sleep(120)
        for batch in batches:
            yield pd.Series(context.attemptNumber(), index=batch.index, dtype="int32")

    # pyspark reads the annotations, which are strings in this module.
    attempt.__annotations__ = _ITERATORS
    return F.pandas_udf(attempt, "int")


def _iterators() -> dict[str, Any]:
    from collections.abc import Iterator

    import pandas as pd

    return {"batches": Iterator[pd.Series], "return": Iterator[pd.Series]}


_ITERATORS = _iterators()


def run(spark: SparkSession, job: dict[str, Any]) -> dict[str, Any]:
    frame: DataFrame = spark.read.parquet(job["input"]).repartition(job.get("partitions", 2), "id")
    columns = ["id", "class"]
    if "sleep_in_partition" in job:
        frame = frame.withColumn("attempt", attempt_of(job["sleep_in_partition"])(F.col("id")))
        columns.append("attempt")
    scored = pipeline(job.get("model")).transform(frame).select(*columns)
    begun = time.time()
    try:
        scored.write.mode("overwrite").parquet(job["output"])
    except Exception as e:
        return {"failed": f"{type(e).__name__}: {e}", "seconds": time.time() - begun}
    return {"seconds": time.time() - begun}


def workers(spark: SparkSession, tasks: int = 4) -> list[dict[str, str]]:
    """What Python workers are: their interpreter, and where they have sparkcls from."""

    def look(batches: Any) -> Any:
        import os
        import sys
        import time

        import pandas as pd

        import sparkcls

        for _ in batches:
            time.sleep(0.5)  # so that one executor does not run them all
            yield pd.DataFrame(
                {
                    "executable": [sys.executable],
                    "prefix": [sys.prefix],
                    "sparkcls": [sparkcls.__file__],
                    "cache": [os.environ.get("SPARKCLS_CACHE", "")],
                    "cwd": [os.getcwd()],
                }
            )

    schema = "executable string, prefix string, sparkcls string, cache string, cwd string"
    rows = spark.range(0, tasks, 1, tasks).mapInPandas(look, schema).distinct().collect()
    return [row.asDict() for row in rows]


def main() -> None:
    jobs, outcome = map(Path, sys.argv[1:])
    spark = SparkSession.builder.getOrCreate()
    found: dict[str, Any] = {"driver": sparkcls.__file__, "jobs": []}
    try:
        for job in json.loads(jobs.read_text()):
            if job.get("look"):
                found["workers"] = workers(spark)
            else:
                found["jobs"].append(run(spark, job))
    except Exception:
        traceback.print_exc()
        raise
    finally:
        outcome.write_text(json.dumps(found))
    spark.stop()


if __name__ == "__main__":
    main()
