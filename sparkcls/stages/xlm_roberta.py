"""XlmRoBertaForSequenceClassification."""

from sparkcls.stages.sequence_classifier import SequenceClassifier


class XlmRoBertaForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with an XLM-RoBERTa model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "XlmRoBertaForSequenceClassification"
    DEFAULT_MODEL = "xlm_roberta_base_sequence_classifier_imdb"
