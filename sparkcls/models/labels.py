"""The names of a head's outputs, from config.json or from assets/labels.txt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.models.config import CONFIG
from sparkcls.models.textfiles import read_lines

LABELS = "assets/labels.txt"


def read_labels(path: Path, config: dict[str, Any], outputs: int) -> tuple[str, ...]:
    """The label of every output.

    `transformers` names outputs LABEL_0, LABEL_1, ... where nobody does, by default two of them. So these names, of
    whatever number, are none: the head tells how many there are, and ``labels.txt``, if there is one, their names.

    Raises
    ------
    ModelFormatError
        The names are not as many as the outputs, one is there twice, or the two files contradict each other.
    """
    stated = config.get("num_labels")
    if stated is not None and stated != outputs:
        raise ModelFormatError(
            f"{path / CONFIG}: num_labels is {stated!r:.80}, but the head has {outputs} outputs; correct or remove it"
        )
    named = _labels_of_config(path, config)
    is_default = named == [f"LABEL_{i}" for i in range(len(named))]
    labels = [f"LABEL_{i}" for i in range(outputs)] if is_default else named
    if (path / LABELS).is_file():
        listed = [line.strip() for line in read_lines(path / LABELS) if line.strip()]
        if not is_default and named != listed:
            raise ModelFormatError(
                f"{path}: {LABELS} says {_joined(listed)}, id2label in {CONFIG} says {_joined(named)}; "
                "which output has which label? Correct one of them"
            )
        labels = listed
    if len(set(labels)) != len(labels):
        raise ModelFormatError(f"{path} names a label twice: {_joined(labels)}")
    if len(labels) != outputs:
        raise ModelFormatError(
            f"{path} names {len(labels)} labels ({_joined(labels)}) but the head has {outputs} outputs; "
            f"correct id2label in {CONFIG}, or {LABELS}"
        )
    return tuple(labels)


def as_entries(labels: Sequence[str]) -> dict[str, Any]:
    """The entries of a config.json that name outputs."""
    return {
        "id2label": {str(i): label for i, label in enumerate(labels)},
        "label2id": {label: i for i, label in enumerate(labels)},
    }


def stated_outputs(path: Path, config: dict[str, Any]) -> int:
    """How many outputs `transformers` gives a head by its config.json.

    Raises
    ------
    ModelFormatError
        A number or a label there cannot be.
    """
    named = _labels_of_config(path, config)
    stated = config.get("num_labels", 2)
    if not named and (type(stated) is not int or stated < 1):
        raise ModelFormatError(f"{path / CONFIG}: num_labels is {stated!r:.80}; expected a positive integer")
    return len(named) or stated


def _labels_of_config(path: Path, config: dict[str, Any]) -> list[str]:
    """The labels in id2label by output, [] if there are none."""
    named = config.get("id2label") or {}
    try:
        by_index = {int(i): _label(label) for i, label in named.items()}
    except (ValueError, AttributeError) as e:
        raise ModelFormatError(f"{path / CONFIG}: id2label must map numbers to labels ({e})") from e
    if len(by_index) != len(named) or sorted(by_index) != list(range(len(by_index))):
        raise ModelFormatError(f"{path / CONFIG}: id2label must number its labels 0 to {len(by_index) - 1}")
    return [by_index[i] for i in range(len(by_index))]


def _label(value: Any) -> str:
    if not isinstance(value, (str, int, float)):
        raise ValueError(f"{value!r:.80} is not a label")
    text = str(value)
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise ValueError(f"{text!r:.80} has half a character, a lone surrogate")
    return text


def _joined(labels: list[str]) -> str:
    return ", ".join(labels[:20]) + (", ..." if len(labels) > 20 else "")
