"""Classifiers of the family BERT."""

from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.zero_shot import ZeroShotClassifier


class BertForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with a BERT model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "BertForSequenceClassification"
    DEFAULT_MODEL = "bert_base_sequence_classifier_imdb"


class BertForZeroShotClassification(ZeroShotClassifier):
    """Classify texts among labels of your own with a BERT model; for the Params see `ZeroShotClassifier`."""

    ANNOTATOR = "BertForZeroShotClassification"
    DEFAULT_MODEL = "bert_zero_shot_classifier_mnli"
    DEFAULT_LANGUAGE = "xx"
