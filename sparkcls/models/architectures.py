"""Models that a config.json calls something else than a text classifier: refused in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError

_CLASSIFIER = "ForSequenceClassification"
#: What the classes of `transformers` end in, and what such a model does instead.
_DOES = {
    "ForTokenClassification": "labels every wordpiece of a text",
    "ForQuestionAnswering": "finds the answer to a question in a text",
    "ForMultipleChoice": "chooses one of several texts",
    "ForMaskedLM": "fills in words that are left out",
    "ForPreTraining": "fills in words that are left out",
    "ForNextSentencePrediction": "tells whether one text follows another",
    "ForCausalLM": "writes text (a decoder)",
    "LMHeadModel": "writes text (a decoder)",
    "ForConditionalGeneration": "writes text",
    "ForImageClassification": "classifies pictures",
    "ForAudioClassification": "classifies sounds",
}


def refuse_other_kinds(file: Path, config: Mapping[str, Any]) -> None:
    """Raise ModelFormatError for the configuration of a model that does not classify texts.

    Their weights may bear the names of a classifier's, so the weights alone do not always tell.
    """
    names = config.get("architectures")
    names = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    if any(name.endswith(_CLASSIFIER) for name in names):
        return
    for name in names:
        for ending, does in _DOES.items():
            if name.endswith(ending):
                raise ModelFormatError(
                    f"{file}: architectures names {name}, which {does}; sparkcls runs classifiers of whole texts, of "
                    f"classes that end in {_CLASSIFIER}"
                )
