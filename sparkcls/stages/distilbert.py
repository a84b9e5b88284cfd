"""DistilBertForSequenceClassification."""

from sparkcls.stages.sequence_classifier import SequenceClassifier


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
