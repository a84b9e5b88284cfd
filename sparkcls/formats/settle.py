"""What the weights alone do not tell - heads, activation and the rest - from what the network's graph computes.

The graph runs on a small input, and so does the arithmetic of the family's classifiers on the same weights, for every
number of heads, every activation and whatever else may be meant. One of them fits, or the model is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError
from sparkcls.families.activations import ACTIVATIONS
from sparkcls.families.family import Family, Key
from sparkcls.families.shape import Shape
from sparkcls.formats.evaluate import Array, UnknownOperationError
from sparkcls.formats.network import Network, nearest
from sparkcls.formats.odd import HEAD_WIDTH, reason
from sparkcls.formats.reference.networks import NETWORKS
from sparkcls.formats.reference.reading import FUNCTIONS, MADE_OF, Reading
from sparkcls.models.config import CONFIG, read_shape

#: Largest epsilon that changes no answer.
_NO_EPSILON = 1e-9
#: In half precision the smallest number above 0 stands for it, and every constant is rounded, as the attention's scale.
_NO_EPSILON_IN_HALF, _ROUNDING_IN_HALF = 6e-8, 1e-3
_LENGTHS = (9, 6)
#: How many layers a wordpiece may go through where layers share their weights, the likeliest first.
_DEPTHS = (12, 24, 2, 4, 6, *range(1, 25))


def settle(network: Network, stated: dict[str, Any], heads: int | None = None) -> dict[str, Any]:
    """The entries of config.json that the graph alone tells.

    Parameters
    ----------
    stated
        What a config.json beside the network says of them, as far as it does.
    heads
        Attention heads that the caller names; None for those of the graph.

    Raises
    ------
    ModelFormatError
        The graph computes something else than the family's classifiers do with these weights, or than `stated` and
        `heads` say. The message names what.
    """
    what, family = network.what, network.family
    config = network.config
    width = config[_key(family, "width").name]
    _check_heads(network, stated, heads, width)
    if network.is_half:
        network = replace(network, rounding=max(network.rounding, _ROUNDING_IN_HALF))
    arithmetic = NETWORKS[family.network]
    epsilon = _epsilon(network)
    told = _told(network, stated)
    ids, mask = _probe(config[_key(family, "vocabulary").name], _longest(network))
    try:
        wanted = _run(network, ids, mask)
    except UnknownOperationError as e:
        return _vouched(network, e, heads or stated.get(_key(family, "heads").name))
    except ModelFormatError as e:
        raise ModelFormatError(f"{what}: {e}") from e
    outputs = network.state["head.output.bias"].shape[0]
    if wanted.shape != (len(ids), outputs):
        raise ModelFormatError(
            f"{what}: its graph gives scores of shape {list(wanted.shape)} for {len(ids)} texts, "
            f"its head has {outputs} outputs"
        )
    best, distance, more = None, np.inf, told
    for entries in arithmetic.untold(network.state):
        shape = replace(read_shape(Path(what), config | told | entries, family), epsilon=epsilon)
        near, far = nearest(network, _readings(network, shape, stated, heads), ids, mask, wanted)
        if best is None or far < distance:
            best, distance, more = near, far, told | entries
        if distance <= network.rounding:
            break
    assert best is not None
    if not distance <= network.rounding:
        raise ModelFormatError(f"{what}: {reason(network, best, ids, mask, wanted, distance)}")
    for name in (best.activation, best.head_activation):
        if name not in ACTIVATIONS:
            raise ModelFormatError(
                f"{what}: its graph has the activation {name}; sparkcls computes {', '.join(ACTIVATIONS)}"
            )
    found = _entries(network, best) | more
    for key, value in found.items():
        said = stated.get(key, value)
        # An activation has several names.
        same = isinstance(said, str) and ACTIVATIONS.get(said, said) == ACTIVATIONS.get(str(value), value)
        if key in more and said != value:
            # A list in another order, or a default that comes to the same.
            same = _numbers(read_shape(Path(what), config | found | {key: said}, family)) == _numbers(best.shape)
        if said != value and not same and not _alike(said, value):
            raise ModelFormatError(
                f"{what}: its graph has {key} {value!r}, {CONFIG} beside it says {stated[key]!r}; correct {CONFIG}"
            )
    if heads not in (None, best.shape.heads):
        raise ModelFormatError(
            f"{what}: its graph has {best.shape.heads} attention heads, {heads} are asked for; leave it out"
        )
    return found


def _key(family: Family, field: str) -> Key:
    key = family.keys[field]
    assert isinstance(key, Key), field
    return key


def _numbers(shape: Shape) -> dict[str, Any]:
    """What a family alone has of a shape, without the lists that some of it is made from."""
    return {name: value for name, value in shape.special.items() if isinstance(value, (bool, int, float))}


def _alike(said: Any, value: Any) -> bool:
    """Whether an epsilon of a config.json is that of a graph, which has it in single precision."""
    return isinstance(value, float) and type(said) in (int, float) and abs(said - value) <= 1e-6 * value


def _check_heads(network: Network, stated: dict[str, Any], heads: int | None, width: int) -> None:
    name = _key(network.family, "heads").name
    said = stated.get(name, 1)
    if isinstance(said, bool) or not isinstance(said, int) or said < 1 or width % said:
        raise ModelFormatError(
            f"{network.what}: {CONFIG} beside it says {name} {said!r}; expected a whole number that divides the width "
            f"{width}"
        )
    if heads is not None and (heads < 1 or width % heads):
        raise ModelFormatError(f"{network.what}: heads is {heads}, which does not divide the width {width}")


def _epsilon(network: Network) -> float:
    """The epsilon of the layer norms, rounded as people write it."""
    family, key = network.family, network.family.keys["epsilon"]
    none = _NO_EPSILON_IN_HALF if network.is_half else _NO_EPSILON
    usual = key.default if isinstance(key, Key) else float(key)
    if not isinstance(key, Key):
        large = sorted(e for e in network.epsilons if not e <= none)
        if large:
            raise ModelFormatError(
                f"{network.what}: its layer norms have the epsilon {large[0]:.3g}; those of a {family.architecture} "
                f"have {key}"
            )
        return usual
    if network.is_half and all(e <= none for e in network.epsilons):
        return min(usual, 1e-12)
    found = sorted({float(str(np.float32(e))) for e in network.epsilons})
    if len(found) > 1:
        raise ModelFormatError(
            f"{network.what}: its layer norms have different epsilons, {', '.join(f'{e:.3g}' for e in found[:5])}; "
            f"those of a {family.architecture} have one. Export the model again, or load its Hugging Face folder"
        )
    return found[0] if found else usual


def _longest(network: Network) -> int:
    table = network.state.get("embeddings.position.weight")
    return _LENGTHS[0] if table is None else len(table) - network.shape.first_position


def _probe(vocabulary: int, longest: int) -> tuple[Array, Array]:
    """Ids and mask of two texts of different lengths, over the whole vocabulary."""
    longest = max(1, min(_LENGTHS[0], longest))
    shape = len(_LENGTHS), longest
    ids = (np.arange(shape[0] * shape[1], dtype=np.int64) * 7919 + 101) % vocabulary
    mask = np.arange(longest) < np.array(_LENGTHS)[:, None]
    return ids.reshape(shape), mask.astype(np.int64)


def _run(network: Network, ids: Array, mask: Array) -> Array:
    if network.takes_mask:
        return network.run(ids, mask)
    # Every text by itself, as there is no way to say where it ends.
    return np.concatenate([network.run(i[None, m > 0], m[None, m > 0]) for i, m in zip(ids, mask, strict=True)])


def _vouched(network: Network, unknown: UnknownOperationError, heads: Any) -> dict[str, Any]:
    """What a graph tells that cannot be run, if somebody says how many heads it has."""
    kinds = set(network.operations)
    family = network.family
    # The head's own activation tells nothing beside another.
    own = {name for name, ours in ACTIVATIONS.items() if ours == family.head.activation}
    activations = [a for a in MADE_OF if a not in own and kinds.intersection(MADE_OF[a])]
    activation = activations[0] if len(activations) == 1 else ""
    if not activations:
        activation = next((a for a in MADE_OF if a in own and kinds.intersection(MADE_OF[a])), "")
    settled = "groups" not in family.keys and family.network == "post_norm"
    if heads is None or activation not in ACTIVATIONS or not settled:
        raise ModelFormatError(
            f"{network.what}: {unknown}, so what it computes cannot be checked, and its weights alone do not tell its "
            "attention heads. Export the model again, in float32 and without an optimiser; or load its Hugging Face "
            "folder; or name the heads with `sparkcls convert FOLDER OUT --heads N` or loadSavedModel(folder, heads=N)"
        ) from unknown
    shape = replace(network.shape, heads=heads, epsilon=_epsilon(network))
    return _entries(network, Reading(shape, activation, ""))


def _told(network: Network, stated: dict[str, Any]) -> dict[str, Any]:
    """What a look into the graph tells, or else a config.json beside it."""
    try:
        look = NETWORKS[network.family.network].told_by_graph
        return look(network.state, network.operations, network.inside, network.what)
    except UnknownOperationError as e:
        raise ModelFormatError(
            f"{network.what}: {e}, so what it computes cannot be checked; load its Hugging Face folder"
        ) from e


def _entries(network: Network, reading: Reading) -> dict[str, Any]:
    """The entries of config.json for what is not in the weights."""
    family, shape = network.family, reading.shape
    values = {"heads": shape.heads, "activation": reading.activation, "epsilon": shape.epsilon}
    values |= {"layers": shape.layers} if "groups" in family.keys else {}
    found = {key.name: values[f] for f, key in family.keys.items() if isinstance(key, Key) and f in values}
    if "activation" in family.head.keys:
        found[family.head.keys["activation"].name] = reading.head_activation
    return found


def _readings(network: Network, shape: Shape, stated: dict[str, Any], heads: int | None) -> Iterator[Reading]:
    """What may be meant, the likeliest first."""
    kinds, family = set(network.operations), network.family
    said = {f: stated[k.name] for f, k in family.keys.items() if isinstance(k, Key) and k.name in stated}
    activations = [a for a in FUNCTIONS if a == said.get("activation") or kinds.intersection(MADE_OF.get(a, kinds))]
    counts: Iterable[Any] = (shape.heads,)
    if not any("heads" in fields for fields in family.dimensions.values()):
        first = [n for n in (heads, said.get("heads"), shape.width / HEAD_WIDTH, 12) if n]
        counts = [n for n in (*first, *range(1, shape.width + 1)) if n >= 1 and shape.width % n == 0]
    depths: Iterable[int] = (shape.layers,)
    if shape.groups:
        depths = dict.fromkeys((network.attentions or shape.layers, *_DEPTHS))
    names = {ours: name for name, ours in reversed(ACTIVATIONS.items())}
    of_head = [names[family.head.activation]]
    if "activation" in family.head.keys:
        of_head = list(dict.fromkeys([*of_head, *activations]))
    for activation, head_activation, depth in product(activations, of_head, depths):
        for count in dict.fromkeys(int(n) for n in counts):
            yield Reading(replace(shape, heads=count, layers=depth), activation, head_activation)
