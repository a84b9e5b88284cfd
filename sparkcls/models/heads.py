"""What the outputs of a head mean: which function turns them into scores, as the model's configuration says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SOFTMAX = "softmax"
SIGMOID = "sigmoid"
NONE = "none"
ACTIVATIONS = (SOFTMAX, SIGMOID, NONE)

PROBLEM_TYPE = "problem_type"
REGRESSION = "regression"
MULTI_LABEL = "multi_label_classification"
SINGLE_LABEL = "single_label_classification"
PROBLEM_TYPES = (REGRESSION, SINGLE_LABEL, MULTI_LABEL)


def activation_of(config: Mapping[str, Any], outputs: int) -> str:
    """The function that `transformers`' text-classification pipeline applies to the outputs.

    ``none`` for a regression; ``sigmoid`` for several labels a text, and for a head with one output, over which a
    softmax would always be 1; else ``softmax``. The key ``function_to_apply`` has no say there, nor here.
    """
    kind = config.get(PROBLEM_TYPE)
    if kind == REGRESSION:
        return NONE
    return SIGMOID if kind == MULTI_LABEL or outputs == 1 else SOFTMAX
