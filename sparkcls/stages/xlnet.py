"""Classifiers of the family XLNet."""

from sparkcls.stages.sequence_classifier import SequenceClassifier


class XlnetForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with an XLNet model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "XlnetForSequenceClassification"
    DEFAULT_MODEL = "xlnet_base_sequence_classifier_imdb"
