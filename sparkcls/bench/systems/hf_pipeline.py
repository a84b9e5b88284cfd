"""The public recipe: a `pipeline` of transformers in a pandas UDF.

Databricks' documentation ("Model inference using Hugging Face Transformers for NLP") makes the pipeline once and calls
it in the UDF with ``pipe(texts.to_list(), truncation=True, batch_size=1)``. There the UDF's closure carries the
pipeline; here each worker makes its own once, which is the faster form, for the closure is unpickled in every task.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pandas as pd

from sparkcls.bench.job import Job, Record
from sparkcls.bench.systems.spark import Transform, measure, start


@lru_cache(maxsize=1)
def _pipeline(task: str, model: str) -> Any:
    import torch
    from transformers import pipeline

    make: Any = pipeline  # typed for each task's name alone
    return make(task, model=model, dtype=torch.float32, device="cpu")


def run(job: Job) -> Record:
    """Measure it."""
    model, max_length, labels = job.model, job.max_length, job.labels
    spark = start(job)

    def make() -> Transform:
        from pyspark.sql.pandas.functions import pandas_udf

        # pyspark reads these annotations, so pandas must be imported above.
        def classify(texts: pd.Series) -> pd.Series:
            if labels:
                # It cuts texts at the model's own length.
                pipe = _pipeline("zero-shot-classification", model)
                return pd.Series([found["labels"][0] for found in pipe(texts.to_list(), labels, batch_size=1)])
            pipe = _pipeline("text-classification", model)
            results = pipe(texts.to_list(), truncation=True, max_length=max_length, batch_size=1)
            return pd.Series([result["label"] for result in results])

        udf = pandas_udf(classify, "string")  # type: ignore[call-overload]
        return lambda frame: frame.select(udf("text").alias("label"))

    record = measure(spark, job, make)
    spark.stop()
    return record | {"precision": "float32"}
