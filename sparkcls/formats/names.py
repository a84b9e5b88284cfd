"""Names of weights in foreign files, what they are to a family, and the shape that the weights tell of."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError
from sparkcls.families.family import Family, Key
from sparkcls.families.weights import DIMENSIONS, own_name, place_of, role_of, weights_of
from sparkcls.formats.reference.networks import NETWORKS
from sparkcls.models.config import read_shape

#: Most parts of a name that are looked at, from its end; the longest of `transformers` have nine.
_MOST_PARTS = 12
#: Weights by role.
StateDict = dict[str, np.ndarray]

_WORD = "embeddings.word.weight"
_KERAS = {"kernel": "weight", "gamma": "weight", "beta": "bias", "embeddings": "weight"}


class Names:
    """The roles of names, whatever an exporter puts before them: ``model.bert.embeddings.LayerNorm.weight``."""

    def __init__(self, family: Family):
        self.family = family
        self._known: dict[str, str | None] = {}
        self._inner = 1

    @property
    def inner_layers(self) -> int:
        """How many layers stand in a group."""
        return self._inner

    def learn(self, names: Iterable[str]) -> None:
        """See from all names how many layers stand in a group; roles number the layers through."""
        places = [place_of(self.family, own_name(self.family, tail)) for name in names for tail in _tails(name)]
        self._inner = 1 + max((place[1] for place in places if place), default=0)
        self._known.clear()

    def role(self, name: str) -> str | None:
        """The role of a weight, with ``.weight`` or ``.bias``; None if it has none."""
        if name not in self._known:
            roles = (role_of(self.family, tail, self._inner) for tail in _tails(name))
            self._known[name] = next(filter(None, roles), None)
        return self._known[name]


def _tails(name: str) -> list[str]:
    """A name, and what is left of it without its first part, without its first two, and so on."""
    parts = re.split(r"[./]", name[-300:])
    first = max(0, len(parts) - _MOST_PARTS)
    return [".".join(parts[i:]) for i in range(first, len(parts))]


def keras_name(name: str) -> str:
    """The name in `transformers`' state dict of a variable of Keras, which is named by the same modules."""
    path, _, last = name.partition(":")[0].replace("_._", ".").replace("/", ".").rpartition(".")
    return f"{path}.{_KERAS.get(last, last)}"


def infer_config(family: Family, state: StateDict, what: str, inner_layers: int = 1) -> dict[str, Any]:
    """The entries of config.json that complete weights tell by their shapes.

    Parameters
    ----------
    state
        Weights by role.
    what
        For messages: where they come from.
    inner_layers
        How many layers stand in a group, in families whose layers share weights.

    Raises
    ------
    ModelFormatError
        Weights are missing or do not fit each other, so that it is no classifier of the family.
    """
    word = family.names["embeddings.word"]
    if _WORD not in state or state[_WORD].ndim != 2 or 0 in state[_WORD].shape:
        raise ModelFormatError(
            f"{what} has no {word}.weight of 2 dimensions; is it a {family.architecture}? "
            f"Weights recognised: {', '.join(sorted(state)[:4]) or 'none'}"
        )
    fields = _fields(family, state, what)
    fields["layers"] = max(1, fields["layers"])
    if "groups" in family.keys:
        fields |= {"groups": max(1, fields["layers"] // inner_layers), "inner_layers": inner_layers}
    fields.setdefault("heads", 1)
    config: dict[str, Any] = {"model_type": family.model_type, "architectures": [family.architecture]}
    config |= {key.name: fields[f] for f, key in family.keys.items() if isinstance(key, Key) and f in fields}
    pad = family.keys.get("position_pad", 0)
    config["pad_token_id"] = pad.default if isinstance(pad, Key) else pad
    config |= NETWORKS[family.network].told(state) if family.network in NETWORKS else {}
    expected = weights_of(family, read_shape(Path(what), config, family), fields.get("outputs", 0))
    missing = sorted(expected.keys() - state.keys())
    if missing:
        raise ModelFormatError(
            f"{what}: {len(missing)} weights of a {family.architecture} were not found, the first is "
            f"{expected[missing[0]].name}; is it another kind of model, or an exporter that sparkcls does not know?"
        )
    for role, weight in expected.items():
        if state[role].shape != weight.shape:
            raise ModelFormatError(
                f"{what}: {weight.name} has shape {list(state[role].shape)}; the other weights need "
                f"{list(weight.shape)}"
            )
    return config


def _fields(family: Family, state: StateDict, what: str) -> dict[str, int]:
    """Fields of `Shape` by the shapes of weights, ``outputs`` among them, and ``layers`` that have weights."""
    fields: dict[str, int] = {}
    layers = 0
    for role, array in state.items():
        part, _, kind = role.rpartition(".")
        number = re.match(r"layer\.(\d+)\.", role)
        if number:
            layers = max(layers, int(number[1]) + 1)
            part = f"layer.{{i}}.{part[number.end() :]}"
        names = family.dimensions.get(part) or DIMENSIONS[part]
        names = names if kind == "weight" else names[:1]
        if array.ndim != len(names) or 0 in array.shape:
            raise ModelFormatError(
                f"{what}: the weight {role} has shape {list(array.shape)}; a {family.architecture} has {len(names)} "
                "dimensions there"
            )
        for field, size in zip(names, array.shape, strict=True):
            fields.setdefault(field, size)
    return fields | {"layers": layers}


def contiguous(state: StateDict) -> StateDict:
    """Little-endian float arrays in row order, one after the other, as safetensors wants them."""
    return {name: np.ascontiguousarray(array) for name, array in state.items()}
