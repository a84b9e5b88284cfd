"""Classifiers of the family MPNet."""

from sparkcls.stages.sequence_classifier import SequenceClassifier


class MPNetForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with an MPNet model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "MPNetForSequenceClassification"
    DEFAULT_MODEL = "mpnet_sequence_classifier_ukr_message"
