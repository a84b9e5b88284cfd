"""`predict_batch_udf` of pyspark with a model of transformers: batches of 32 rows, padded to the longest."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sparkcls.bench.job import Job, Record
from sparkcls.bench.systems.spark import Transform, measure, start

if TYPE_CHECKING:
    import numpy as np

BATCH = 32


def run(job: Job) -> Record:
    """Measure it."""
    model, max_length = job.model, job.max_length
    spark = start(job)

    def load() -> Callable[[np.ndarray], np.ndarray]:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        tokenizer = AutoTokenizer.from_pretrained(model)
        network = AutoModelForSequenceClassification.from_pretrained(model, dtype=torch.float32).eval()

        def predict(texts: np.ndarray) -> np.ndarray:
            inputs = tokenizer(
                texts.tolist(), padding=True, truncation=True, max_length=max_length, return_tensors="pt"
            )
            with torch.inference_mode():
                return network(**inputs).logits.softmax(-1).numpy()

        return predict

    def make() -> Transform:
        from pyspark.ml.functions import predict_batch_udf
        from pyspark.sql.types import ArrayType, FloatType

        udf = predict_batch_udf(load, return_type=ArrayType(FloatType()), batch_size=BATCH)
        return lambda frame: frame.select(udf("text").alias("scores"))

    record = measure(spark, job, make)
    spark.stop()
    return record | {"precision": "float32"}
