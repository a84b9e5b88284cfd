"""`from sparkcls.pretrained import ...`: pipelines and models by name, and what the store has."""

from pyspark.ml import PipelineModel

from sparkcls.catalogue.resolve import resolve
from sparkcls.light import LightPipeline
from sparkcls.models.bundled import bundled_names
from sparkcls.models.ref import ModelRef
from sparkcls.pipelines.sparknlp import import_pipeline as importPipeline
from sparkcls.pretrained.downloader import ResourceDownloader
from sparkcls.pretrained.pipeline import PretrainedPipeline

__all__ = [
    "LightPipeline",
    "ModelRef",
    "PipelineModel",
    "PretrainedPipeline",
    "ResourceDownloader",
    "bundled_names",
    "importPipeline",
    "resolve",
]
