"""Classifiers of the family DistilBERT."""

from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.zero_shot import ZeroShotClassifier


class DistilBertForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with a DistilBERT model; for the Params see `SequenceClassifier`.

    Examples
    --------
    >>> c = DistilBertForSequenceClassification.pretrained("distilbert_mini_sequence_classifier_sst2", "en")
    >>> c.setInputCols(["token", "document"]).setOutputCol("class").getClasses()
    ['NEGATIVE', 'POSITIVE']
    """

    ANNOTATOR = "DistilBertForSequenceClassification"
    DEFAULT_MODEL = "distilbert_base_sequence_classifier_imdb"


class DistilBertForZeroShotClassification(ZeroShotClassifier):
    """Classify texts among labels of your own with a DistilBERT model; for the Params see `ZeroShotClassifier`."""

    ANNOTATOR = "DistilBertForZeroShotClassification"
    DEFAULT_MODEL = "distilbert_base_zero_shot_classifier_uncased_mnli"
