"""Classifiers of the family XLM-RoBERTa."""

from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.zero_shot import ZeroShotClassifier


class XlmRoBertaForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with an XLM-RoBERTa model; for the Params see `SequenceClassifier`."""

    ANNOTATOR = "XlmRoBertaForSequenceClassification"
    DEFAULT_MODEL = "xlm_roberta_base_sequence_classifier_imdb"


class XlmRoBertaForZeroShotClassification(ZeroShotClassifier):
    """Classify texts among labels of your own with an XLM-RoBERTa model; for the Params see `ZeroShotClassifier`."""

    ANNOTATOR = "XlmRoBertaForZeroShotClassification"
    DEFAULT_MODEL = "xlm_roberta_large_zero_shot_classifier_xnli_anli"
    DEFAULT_LANGUAGE = "xx"
