"""Classifiers of the family Longformer."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sparkcls.stages.sequence_classifier import SequenceClassifier


class LongformerForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with a Longformer model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "LongformerForSequenceClassification"
    DEFAULT_MODEL = "longformer_base_sequence_classifier_imdb"
    DEFAULTS: ClassVar[Mapping[str, Any]] = {"maxSentenceLength": 4096}
