"""Spark NLP with ONNX. Runs in an environment that has pyspark and spark-nlp, and nothing else of sparkcls' needs.

Spark NLP before 7 hands the sentences of *one row* to the model at a time; its batch size therefore changes little with
one sentence a row. Which one is best is tried out all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sparkcls.bench.job import Job, Record
from sparkcls.bench.systems.spark import Transform, measure, start, timed

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

#: Threads of one call of ONNX Runtime.
THREADS_CONF = "spark.jsl.settings.onnx.intraOpNumThreads"


def run(job: Job) -> Record:
    """Measure it; or, with the option ``tune``, the rows a second by batch size."""
    confs = {
        "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
        "spark.kryoserializer.buffer.max": "1000m",
        "spark.driver.maxResultSize": "0",
        # The model lives in the JVM.
        "spark.driver.memory": "6g",
    }
    confs["spark.driver.extraClassPath"] = f"{job.options['jars']}/*"
    if job.options.get("threads"):
        confs[THREADS_CONF] = str(job.options["threads"])
    spark = start(job, confs)

    def make() -> Transform:
        model = pipeline()
        model.stages[-1].setBatchSize(job.options["batch_size"])
        return lambda frame: model.transform(frame).select("class")

    def pipeline() -> Any:
        from pyspark.ml import Pipeline
        from sparknlp.annotator import DistilBertForSequenceClassification, Tokenizer
        from sparknlp.base import DocumentAssembler

        classifier = (
            DistilBertForSequenceClassification.loadSavedModel(job.model, spark)
            .setInputCols(["token", "document"])
            .setOutputCol("class")
            .setCaseSensitive(False)
            .setMaxSentenceLength(job.max_length)
        )
        stages = [
            DocumentAssembler().setInputCol("text").setOutputCol("document"),
            Tokenizer().setInputCols(["document"]).setOutputCol("token"),
            classifier,
        ]
        return Pipeline(stages=stages).fit(spark.createDataFrame([], "text string"))

    if "tune" in job.options:
        record: Record = {"tuned": _rates(spark, job, pipeline())}
    else:
        record = measure(spark, job, make)
        record |= {"batch_size": job.options["batch_size"], "threads": job.options.get("threads")}
    spark.stop()
    return record | {"precision": "float32"}


def _rates(spark: SparkSession, job: Job, model: Any) -> dict[str, float]:
    """Rows a second by batch size."""
    sizes: list[int] = job.options["tune"]
    rates = dict.fromkeys(map(str, sizes), 0.0)
    # The JVM gets faster all the time: a pass that does not count, then every size twice, in both orders.
    for counts, size in [(False, sizes[0]), *((True, size) for size in [*sizes, *reversed(sizes)])]:
        model.stages[-1].setBatchSize(size)
        rows, seconds = timed(spark, job, lambda frame: model.transform(frame).select("class"))
        if counts:
            rates[str(size)] = max(rates[str(size)], rows / seconds)
    return rates
