"""Classifiers of the family RoBERTa."""

from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.zero_shot import ZeroShotClassifier


class RoBertaForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with a RoBERTa model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "RoBertaForSequenceClassification"
    DEFAULT_MODEL = "roberta_base_sequence_classifier_imdb"


class RoBertaForZeroShotClassification(ZeroShotClassifier):
    """Classify texts among labels of your own with a RoBERTa model; for the Params see `ZeroShotClassifier`."""

    ANNOTATOR = "RoBertaForZeroShotClassification"
    DEFAULT_MODEL = "roberta_base_zero_shot_classifier_nli"
