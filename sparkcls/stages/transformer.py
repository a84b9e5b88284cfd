"""Classifiers with a model of any family, which Spark NLP does not have."""

from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.zero_shot import ZeroShotClassifier


class TransformerForSequenceClassification(SequenceClassifier):
    """Classify documents or sentences with a model of any family; for the Params see `SequenceClassifier`.

    The model's config.json says which family it is of. `pretrained` takes a name of any of them, and has no default.

    Examples
    --------
    >>> c = TransformerForSequenceClassification.pretrained("distilbert_mini_sequence_classifier_sst2")
    >>> c.getClasses()
    ['NEGATIVE', 'POSITIVE']
    """


class TransformerForZeroShotClassification(ZeroShotClassifier):
    """Classify texts among labels of your own with a model of any family; for the Params see `ZeroShotClassifier`.

    Spark NLP does not have it. `pretrained` has no default.
    """
