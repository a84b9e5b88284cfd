"""BertForSequenceClassification."""

from sparkcls.stages.sequence_classifier import SequenceClassifier


class BertForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with a BERT model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "BertForSequenceClassification"
    DEFAULT_MODEL = "bert_base_sequence_classifier_imdb"
