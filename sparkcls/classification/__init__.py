"""From logits to finished category annotations: the one place that decides what users read.

The Spark path and the light path both call `to_annotations`; `verdicts` tells the same without annotations.
"""

from sparkcls.classification.close_calls import CloseCalls
from sparkcls.classification.decision import Decision, threshold_of
from sparkcls.classification.scores import pooled, probabilities
from sparkcls.classification.verdicts import Verdict, to_annotations, verdicts

__all__ = ["CloseCalls", "Decision", "Verdict", "pooled", "probabilities", "threshold_of", "to_annotations", "verdicts"]
