"""AlbertForSequenceClassification."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sparkcls.stages.sequence_classifier import SequenceClassifier


class AlbertForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with an ALBERT model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "AlbertForSequenceClassification"
    DEFAULT_MODEL = "albert_base_sequence_classifier_imdb"
    DEFAULTS: ClassVar[Mapping[str, Any]] = {"caseSensitive": False}
