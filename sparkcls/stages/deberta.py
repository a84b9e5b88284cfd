"""Classifiers of the family DeBERTa."""

from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.zero_shot import ZeroShotClassifier


class DeBertaForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with a DeBERTa model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "DeBertaForSequenceClassification"
    DEFAULT_MODEL = "deberta_base_sequence_classifier_imdb"


class DeBertaForZeroShotClassification(ZeroShotClassifier):
    """Classify texts among labels of your own with a DeBERTa model; for the Params see `ZeroShotClassifier`."""

    ANNOTATOR = "DeBertaForZeroShotClassification"
    DEFAULT_MODEL = "deberta_base_zero_shot_classifier_mnli_anli_v3"
