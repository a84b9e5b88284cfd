"""`from sparkcls.pretrained import ...`: models by name, without a stage around them."""

from pyspark.ml import PipelineModel

from sparkcls.light import LightPipeline
from sparkcls.models.ref import ModelRef
from sparkcls.models.resolve import bundled_names, resolve

__all__ = ["LightPipeline", "ModelRef", "PipelineModel", "bundled_names", "resolve"]
