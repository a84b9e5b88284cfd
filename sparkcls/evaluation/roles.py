"""Names of the columns that are counted; all but `GOLD` may be missing."""

GOLD, LABEL, CONFIDENCE, SCORES, GIVEN, ERROR, TEXT = "gold", "label", "confidence", "scores", "given", "error", "text"
#: Category annotations, in place of `LABEL` to `ERROR`.
ANNOTATIONS = "annotations"
