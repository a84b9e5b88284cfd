"""`from sparkcls.base import *`: what `from sparknlp.base import *` gives, as far as it is here.

The pyspark names are part of it: model cards use them without importing them.
"""

import sparkcls.spark  # noqa: F401 I001 (first, for its clear sentence where pyspark is missing)
from pyspark import keyword_only
from pyspark.ml import Pipeline, PipelineModel
from pyspark.ml.param import Param, Params, TypeConverters
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.functions import col

from sparkcls.annotation import Annotation
from sparkcls.common import AnnotatorType, ReadAs
from sparkcls.light import LightPipeline
from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.finisher import Finisher
from sparkcls.stages.token_assembler import TokenAssembler

__all__ = [
    "Annotation",
    "AnnotatorType",
    "DataFrame",
    "DocumentAssembler",
    "Finisher",
    "LightPipeline",
    "Param",
    "Params",
    "Pipeline",
    "PipelineModel",
    "ReadAs",
    "SparkSession",
    "TokenAssembler",
    "TypeConverters",
    "col",
    "keyword_only",
]
