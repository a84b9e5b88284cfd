"""config.json: what of it decides the answers of a model, taken as `transformers` takes it, or refused by name."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.families.distilbert import DISTILBERT
from sparkcls.families.family import Family, Head, Key, Refused
from sparkcls.families.registry import family_of_type
from sparkcls.families.shape import Shape
from sparkcls.models.heads import PROBLEM_TYPE, PROBLEM_TYPES
from sparkcls.models.shards import WEIGHTS
from sparkcls.models.textfiles import read_json

CONFIG = "config.json"

#: Refused for all families.
_REFUSED: dict[str, Refused] = {
    "is_causal": Refused("lets a wordpiece see only those before it"),
    "per_layer_config": Refused("gives layers settings of their own", (None, {})),
    "pruned_heads": Refused("takes attention heads out of layers", (None, {})),
    "quantization_config": Refused("says that the weights are quantized", (None,)),
    "transformers_weights": Refused("names another file of weights", (None, WEIGHTS)),
}
#: Layers that share their weights: the weights do not tell how many there are.
_MOST_SHARED = 1024
_FIELDS = {field.name for field in fields(Shape)}


def read_config(path: Path) -> tuple[Family, dict[str, Any]]:
    """The family of a model folder, and what its config.json states; the family's names beside those of others.

    Raises
    ------
    ModelFormatError
        There is none, it is not a classifier's of a known family, or a key has a value that cannot be.
    """
    file = path / CONFIG
    if not file.is_file():
        raise ModelFormatError(f"{path} has no {CONFIG}; is it a Hugging Face model folder?")
    stated = read_json(file)
    family = family_of_type(stated.get("model_type", DISTILBERT.model_type), str(file))
    config = with_own_names(file, stated, family)
    _check_meanings(file, config, family)
    return family, config


def with_own_names(file: Path, stated: dict[str, Any], family: Family = DISTILBERT) -> dict[str, Any]:
    """What a config.json states, with the family's names beside those of other models.

    Raises
    ------
    ModelFormatError
        Two names of one thing contradict each other; names the file.
    """
    config = dict(stated)
    for key in family.keys.values():
        name, aliases = (key.name, key.aliases) if isinstance(key, Key) else ("", ())
        for alias in aliases:
            if alias not in stated:
                continue
            if name in stated and (stated[name] != stated[alias] or type(stated[name]) is not type(stated[alias])):
                raise ModelFormatError(
                    f"{file}: {name} is {_short(stated[name])} and {alias}, which means the same, is "
                    f"{_short(stated[alias])}; remove one of them"
                )
            config[name] = stated[alias]
    return config


def read_shape(file: Path, config: Mapping[str, Any], family: Family) -> Shape:
    """The shape of a network as its config.json, or `transformers` for what is absent there, has it.

    Raises
    ------
    ModelFormatError
        A number cannot be, or two do not fit each other; names the file.
    """
    found = {name: _read(file, config, key) for name, key in family.keys.items()}
    try:
        found = family.derive(found)
    except ValueError as e:
        raise ModelFormatError(f"{file}: {e}") from e
    found.setdefault("embedded", found["width"])
    shape = Shape(
        **{name: value for name, value in found.items() if name in _FIELDS},
        special={name: value for name, value in found.items() if name not in _FIELDS},
    )
    if shape.width % shape.heads:
        heads, width = family.key_of("heads"), family.key_of("width")
        raise ModelFormatError(
            f"{file}: {heads} is {shape.heads}, which does not divide {width}, {shape.width}; correct {heads}"
        )
    if shape.groups and shape.depth > _MOST_SHARED:
        raise ModelFormatError(
            f"{file}: {family.key_of('layers')} is {shape.layers} and {family.key_of('inner_layers')} "
            f"{shape.inner_layers}; expected at most {_MOST_SHARED} layers"
        )
    if shape.longest < 1:
        raise ModelFormatError(
            f"{file}: {family.key_of('positions')} is {shape.positions}, and the first position, after that of "
            f"padding, is {shape.first_position}; correct one of them"
        )
    return shape


def read_head(file: Path, config: Mapping[str, Any], family: Family) -> Head:
    """The head of a network, as config.json has it; it raises like `read_shape`."""
    return replace(family.head, **{name: _read(file, config, key) for name, key in family.head.keys.items()})


def _read(file: Path, config: Mapping[str, Any], key: Key | int | float | str) -> Any:
    if not isinstance(key, Key):
        return key
    value = config.get(key.name, key.default)
    what = f"{file}: {key.name} is {_short(value)}"
    if key.values is not None:
        if not isinstance(value, str) or value not in key.values:
            raise ModelFormatError(f"{what}; expected one of {', '.join(key.values)}")
        return key.values[value]
    if isinstance(key.default, bool):
        if not isinstance(value, bool):
            raise ModelFormatError(f"{what}; expected true or false")
    elif isinstance(key.default, int):
        # A bool is an int for Python, and 2.0 equals 2.
        if type(value) is not int or not key.least <= value < 1 << 31:
            least = {1: "a positive integer", 0: "an integer, 0 or more"}.get(key.least, f"an integer from {key.least}")
            raise ModelFormatError(f"{what}; expected {least}")
    elif isinstance(key.default, float):
        if type(value) not in (int, float) or not 0 <= value < math.inf:
            raise ModelFormatError(f"{what}; expected a number, 0 or more")
        return float(value)
    return value


def _check_meanings(file: Path, config: dict[str, Any], family: Family) -> None:
    kind = config.get(PROBLEM_TYPE)
    if kind is not None and kind not in PROBLEM_TYPES:
        raise ModelFormatError(
            f"{file}: {PROBLEM_TYPE} is {_short(kind)}; expected one of {', '.join(PROBLEM_TYPES)}, or null"
        )
    for name, refused in {**_REFUSED, **family.refused}.items():
        if config.get(name) not in refused.idle:
            raise ModelFormatError(
                f"{file}: {name} is {_short(config[name])}, which {refused.does}; sparkcls does not do that. Remove "
                "the key if it is there by mistake"
            )
    tasks = config.get("task_specific_params")
    for task in ("text-classification", "sentiment-analysis"):
        if isinstance(tasks, dict) and tasks.get(task):
            raise ModelFormatError(
                f"{file}: task_specific_params has settings for {task}, which only some versions of transformers take; "
                "state them as keys of their own, or remove them"
            )


def _short(value: Any) -> str:
    return repr(value)[:80]
