"""sparkcls as its README shows it: three stages in a pipeline."""

from __future__ import annotations

from typing import Any

from sparkcls.bench.job import Job, Record
from sparkcls.bench.systems.precision import actual
from sparkcls.bench.systems.spark import Transform, master, measure, start
from sparkcls.standby import Standby


def run(job: Job) -> Record:
    """Measure it."""
    daemon = {"spark.python.daemon.module": "sparkcls.daemon"} if job.options.get("daemon") else {}
    # As `sparkcls.start` does.
    with Standby().beside({"spark.master": master(job), **daemon}):
        spark = start(job, daemon)

    def make() -> Transform:
        from pyspark.ml import Pipeline

        model = Pipeline(stages=stages(job)).fit(spark.createDataFrame([], "text string"))
        return lambda frame: model.transform(frame).select("class")

    record = measure(spark, job, make)
    spark.stop()
    return record | {"precision": actual(job.precision)}


def stages(job: Job) -> list[Any]:
    """The three stages, from ``text`` to ``class``."""
    from sparkcls.annotator import Tokenizer
    from sparkcls.base import DocumentAssembler

    classifier = (
        _classifier(job)
        .setInputCols(["token", "document"])
        .setOutputCol("class")
        .setMaxSentenceLength(job.max_length)
        .setDevice("cpu")
        .setPrecision(job.precision)
    )
    return [
        DocumentAssembler().setInputCol("text").setOutputCol("document"),
        Tokenizer().setInputCols(["document"]).setOutputCol("token"),
        classifier,
    ]


def _classifier(job: Job) -> Any:
    """The stage for the model; for one with candidate labels that of its family."""
    from sparkcls import annotator
    from sparkcls.models.layout import read_model_folder

    family = read_model_folder(job.model).family
    stage: Any = getattr(annotator, family.zero_shot_stage if job.labels else family.stage).loadSavedModel(job.model)
    return stage.setCandidateLabels(job.labels) if job.labels else stage
