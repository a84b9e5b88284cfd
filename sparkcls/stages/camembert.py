"""Classifiers of the family CamemBERT."""

from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.zero_shot import ZeroShotClassifier


class CamemBertForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with a CamemBERT model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "CamemBertForSequenceClassification"
    DEFAULT_MODEL = "camembert_base_sequence_classifier_allocine"
    DEFAULT_LANGUAGE = "fr"


class CamemBertForZeroShotClassification(ZeroShotClassifier):
    """Classify texts among labels of your own with a CamemBERT model; for the Params see `ZeroShotClassifier`."""

    ANNOTATOR = "CamemBertForZeroShotClassification"
    DEFAULT_MODEL = "camembert_zero_shot_classifier_xnli_onnx"
    DEFAULT_LANGUAGE = "fr"
