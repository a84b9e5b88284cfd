"""RoBertaForSequenceClassification."""

from sparkcls.stages.sequence_classifier import SequenceClassifier


class RoBertaForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with a RoBERTa model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "RoBertaForSequenceClassification"
    DEFAULT_MODEL = "roberta_base_sequence_classifier_imdb"
