"""The weights of a classifier: by role, which is what the engine knows, and by their names in `transformers`.

    embeddings.word, .position, .type       tables
    embeddings.norm, .projection            after them; the projection from the embeddings' width to the layers'
    layer.{i}.query, .key, .value           of attention,
    layer.{i}.attended, .attention_norm     and after it
    layer.{i}.inner, .outer, .output_norm   feed-forward
    head.dense, .norm, .output

each with ``.weight`` and, tables aside, ``.bias``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from sparkcls.families.family import FIRST, Family, Head
from sparkcls.families.shape import Shape

#: Fields of `Shape` that make the shape of a weight; of a linear layer the outputs come first.
DIMENSIONS: Mapping[str, tuple[str, ...]] = {
    "embeddings.word": ("vocabulary", "embedded"),
    "embeddings.position": ("positions", "embedded"),
    "embeddings.type": ("types", "embedded"),
    "embeddings.norm": ("embedded",),
    "embeddings.projection": ("width", "embedded"),
    **{f"layer.{{i}}.{part}": ("width", "width") for part in ("query", "key", "value", "attended")},
    "layer.{i}.attention_norm": ("width",),
    "layer.{i}.inner": ("inner", "width"),
    "layer.{i}.outer": ("width", "inner"),
    "layer.{i}.output_norm": ("width",),
    "head.dense": ("width", "width"),
    "head.norm": ("width",),
    "head.output": ("outputs", "width"),
}
OUTPUT = "head.output"
#: Roles whose weight has no bias beside it.
_TABLES = ("embeddings.word", "embeddings.position", "embeddings.type", "relative.embeddings")

#: What `torch.nn.DataParallel` and `torch.compile` put before the names of a model that is not taken out of them.
_WRAPPERS = ("module.", "_orig_mod.")
#: Names of a layer norm's weights that go back to TensorFlow.
_OLD_NORM = re.compile(r"((?:LayerNorm|layer_norm)\.)(gamma|beta)$")
_NEW = {"gamma": "weight", "beta": "bias"}


@dataclass(frozen=True)
class Weight:
    """A weight's name in `transformers`, and its shape."""

    name: str
    shape: tuple[int, ...]


def weights_of(family: Family, shape: Shape, outputs: int) -> dict[str, Weight]:
    """Every weight that a classifier of a family has, by role; a head with so many outputs."""
    found: dict[str, Weight] = {}
    for role, named in family.names.items():
        fields = family.dimensions.get(role) or DIMENSIONS[role]
        size = tuple(outputs if field == "outputs" else shape.size(field) for field in fields)
        for i in range(shape.stored if "{i}" in role else 1):
            part = role.format(i=i)
            full = named.format(i=i // shape.inner_layers, j=i % shape.inner_layers)
            bare = role in family.bare
            for kind in ("weight",) if bare or role in _TABLES else ("weight", "bias"):
                if family.has(f"{part}.{kind}", shape):
                    name = full if bare else f"{full}.{kind}"
                    found[f"{part}.{kind}"] = Weight(name, size if kind == "weight" else size[:1])
    return found


def roles_of_all_tokens(family: Family, shape: Shape, head: Head, linear_alone: bool) -> set[str]:
    """Roles, without ``.weight``, of what all tokens of a text go through: all of it, or linear layers alone.

    If the head reads the first token alone, the last layer needs only keys and values of the others.
    """
    order = shape.order
    apart = order[-1] if head.pooling == FIRST and order.count(order[-1]) == 1 else None
    found = set()
    for role in family.names:
        if "{i}" not in role:
            found |= {role} if not linear_alone and not role.startswith("head.") else set()
        elif not linear_alone or len(family.dimensions.get(role) or DIMENSIONS[role]) == 2:
            of_all = role.endswith(("key", "value"))
            found |= {role.format(i=i) for i in range(shape.stored) if of_all or i != apart}
    return found


def own_name(family: Family, name: str) -> str:
    """A weight's name without what wraps the model, without the model's prefix, and not by an old name.

    `transformers` takes the prefix, or none, and old names of layer norms. A wrapper's prefix it does not take: the
    model gets random weights, with a warning.
    """
    for prefix in _WRAPPERS:
        name = name.removeprefix(prefix)
    while name.startswith(family.prefix):
        name = name.removeprefix(family.prefix)
    return _OLD_NORM.sub(lambda match: match[1] + _NEW[match[2]], name)


def place_of(family: Family, name: str) -> tuple[int, int] | None:
    """Where a weight stands, by its `own_name`: its group of layers and its layer in the group; None: in no layer.

    Where layers stand in no groups, each is the only one of its group.
    """
    match = _layers(family).match(name)
    return None if match is None else (int(match[1]), int(match[2]) if match.lastindex == 2 else 0)


def role_of(family: Family, name: str, inner_layers: int = 1) -> str | None:
    """The role of a weight, with ``.weight`` or ``.bias``, by its name in `transformers`; None if it has none."""
    own = own_name(family, name)
    place = place_of(family, own)
    stem, _, kind = own.rpartition(".")
    for role, pattern in _patterns(family):
        if role in family.bare:
            if pattern.fullmatch(own):
                return f"{role.format(i=place[0] * inner_layers + place[1]) if place else role}.weight"
        elif pattern.fullmatch(stem) and kind in (("weight",) if role in _TABLES else ("weight", "bias")):
            return f"{role.format(i=place[0] * inner_layers + place[1]) if place else role}.{kind}"
    return None


@lru_cache
def _layers(family: Family) -> re.Pattern[str]:
    """What the names of layers' weights begin with."""
    name = next((name for name in family.names.values() if "{i}" in name), "{i}")
    return _pattern(family, name[: name.rindex("}") + 1] + ".")


@lru_cache
def _patterns(family: Family) -> list[tuple[str, re.Pattern[str]]]:
    return [(role, _pattern(family, name)) for role, name in family.names.items()]


def _pattern(family: Family, name: str) -> re.Pattern[str]:
    escaped = re.escape(name.removeprefix(family.prefix))
    return re.compile(re.sub(r"\\\{[ij]\\\}", r"(\\d{1,9})", escaped))
