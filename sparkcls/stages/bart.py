"""Classifiers of the family BART."""

from sparkcls.stages.zero_shot import ZeroShotClassifier


class BartForZeroShotClassification(ZeroShotClassifier):
    """Classify texts among labels of your own with a BART model; for the Params see `ZeroShotClassifier`."""

    ANNOTATOR = "BartForZeroShotClassification"
    DEFAULT_MODEL = "bart_large_zero_shot_classifier_mnli"
