"""Classifiers of the family ALBERT."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.zero_shot import ZeroShotClassifier


class AlbertForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with an ALBERT model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "AlbertForSequenceClassification"
    DEFAULT_MODEL = "albert_base_sequence_classifier_imdb"
    DEFAULTS: ClassVar[Mapping[str, Any]] = {"caseSensitive": False}


class AlbertForZeroShotClassification(ZeroShotClassifier):
    """Classify texts among labels of your own with an ALBERT model; for the Params see `ZeroShotClassifier`."""

    ANNOTATOR = "AlbertForZeroShotClassification"
    DEFAULT_MODEL = "albert_zero_shot_classifier_onnx"
