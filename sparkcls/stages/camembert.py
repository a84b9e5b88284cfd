"""CamemBertForSequenceClassification."""

from sparkcls.stages.sequence_classifier import SequenceClassifier


class CamemBertForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with a CamemBERT model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "CamemBertForSequenceClassification"
    DEFAULT_MODEL = "camembert_base_sequence_classifier_allocine"
    DEFAULT_LANGUAGE = "fr"
