"""DeBertaForSequenceClassification."""

from sparkcls.stages.sequence_classifier import SequenceClassifier


class DeBertaForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with a DeBERTa model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "DeBertaForSequenceClassification"
    DEFAULT_MODEL = "deberta_base_sequence_classifier_imdb"
