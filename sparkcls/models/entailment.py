"""Which outputs of a model of natural language inference mean entailment and contradiction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sparkcls.errors import ModelFormatError, ParamError

_ENTAILMENT, _CONTRADICTION = "entail", "contradict"


def entailment_of(labels: Sequence[str], config: Mapping[str, Any]) -> int:
    """The output whose label begins with ``entail``, in any case: the rule of `transformers`' zero-shot pipeline.

    Where none does, that takes the last output; here it is an error.

    Parameters
    ----------
    labels
        Of the model's outputs, in their order.
    config
        The content of config.json; the pipeline reads its ``label2id``.

    Raises
    ------
    ParamError
        No label does.
    ModelFormatError
        ``label2id`` names another output.
    """
    found = _first(labels, _ENTAILMENT)
    if found is None:
        raise ParamError(
            f"The model's labels are {', '.join(labels)}; none begins with 'entail', so nobody knows which output says "
            "that a text is about a label. Is it a model of natural language inference (NLI)? Then "
            f"setEntailmentIdParam(0 to {len(labels) - 1}) tells the output"
        )
    stated = config.get("label2id")
    if isinstance(stated, Mapping):
        other = next((i for name, i in stated.items() if str(name).lower().startswith(_ENTAILMENT)), found)
        if str(other) != str(found):
            raise ModelFormatError(
                f"config.json: label2id says that the output for entailment is {other!r:.20}, id2label says {found}; "
                "correct one of them, or call setEntailmentIdParam"
            )
    return found


def contradiction_of(labels: Sequence[str], entailment: int) -> int:
    """The output that `transformers`' zero-shot pipeline takes for contradiction, if its label agrees.

    That is the first output, or the last where the first is entailment. Its label must begin with ``contradict``, or
    there is only one other label (``not_entailment``).

    Raises
    ------
    ParamError
        The labels do not tell, or they tell another output.
    """
    theirs = len(labels) - 1 if entailment == 0 else 0
    named = _first(labels, _CONTRADICTION)
    if named == theirs or (named is None and len(labels) == 2):
        return theirs
    raise ParamError(
        f"The model's labels are {', '.join(labels)}; transformers takes {labels[theirs]!r} for the contradiction, "
        + (f"the labels say {labels[named]!r}. " if named is not None else "which its name does not say. ")
        + f"Tell the output: setContradictionIdParam(0 to {len(labels) - 1})"
    )


def _first(labels: Sequence[str], beginning: str) -> int | None:
    return next((i for i, label in enumerate(labels) if label.lower().startswith(beginning)), None)
