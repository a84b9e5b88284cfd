"""What the weights alone do not tell - heads, activation and the rest - from what the network's graph computes.

The graph runs on a small input, and so does the arithmetic of a DistilBertForSequenceClassification on the same
weights, for every number of heads and every activation that may be meant. One of them fits, or the model is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError
from sparkcls.families.activations import ACTIVATIONS
from sparkcls.formats.evaluate import Array, UnknownOperationError
from sparkcls.formats.variants import EPSILON, FUNCTIONS, MADE_OF, Variant, scores
from sparkcls.formats.weights import HEAD_WIDTH, StateDict, infer_config
from sparkcls.models.layout import CONFIG

#: Largest epsilon that changes no answer.
_NO_EPSILON = 1e-9
#: In half precision the smallest number above 0 stands for it, and every constant is rounded, as the attention's scale.
_NO_EPSILON_IN_HALF, _ROUNDING_IN_HALF = 6e-8, 1e-3
_LENGTHS = (9, 6)


@dataclass(frozen=True)
class Network:
    """A network's weights, and what its graph computes.

    Parameters
    ----------
    what
        For messages: where it comes from.
    state
        Its weights by the names of `transformers`.
    run
        Scores before softmax for ids and attention mask, both ``(texts, wordpieces)`` of int64.
    takes_mask
        Whether the graph has an input for the mask.
    operations
        Kinds of the operations in the graph, more than are used at most.
    epsilons
        Those of the layer norms, as far as the graph states them.
    rounding
        How far apart equal networks may come, relative to the largest score, unless its weights are in half precision.
    """

    what: str
    state: StateDict
    run: Callable[[Array, Array], Array]
    takes_mask: bool
    operations: Collection[str]
    epsilons: Collection[float]
    rounding: float = 1e-6

    @property
    def is_half(self) -> bool:
        """Whether its weights are in half precision, and so the other numbers of its graph."""
        return any(array.dtype == np.float16 for array in self.state.values())


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
        The graph computes something else than a DistilBertForSequenceClassification with these weights, or than
        `stated` and `heads` say. The message names what.
    """
    what = network.what
    config = infer_config(network.state, what)
    said = stated.get("n_heads", 1)
    if isinstance(said, bool) or not isinstance(said, int) or said < 1 or config["dim"] % said:
        raise ModelFormatError(
            f"{what}: {CONFIG} beside it says n_heads {said!r}; expected a whole number that divides the width "
            f"{config['dim']}"
        )
    if heads is not None and (heads < 1 or config["dim"] % heads):
        raise ModelFormatError(f"{what}: heads is {heads}, which does not divide the width {config['dim']}")
    if network.is_half:
        network = replace(network, rounding=max(network.rounding, _ROUNDING_IN_HALF))
    large = sorted(e for e in network.epsilons if not e <= (_NO_EPSILON_IN_HALF if network.is_half else _NO_EPSILON))
    if large:
        raise ModelFormatError(
            f"{what}: its layer norms have the epsilon {large[0]:.3g}; those of a DistilBERT have {EPSILON}"
        )
    ids, mask = _probe(config)
    try:
        wanted = _run(network, ids, mask)
    except UnknownOperationError as e:
        return _vouched(network, e, heads or stated.get("n_heads"))
    except ModelFormatError as e:
        raise ModelFormatError(f"{what}: {e}") from e
    outputs = network.state["classifier.bias"].shape[0]
    if wanted.shape != (len(ids), outputs):
        raise ModelFormatError(
            f"{what}: its graph gives scores of shape {list(wanted.shape)} for {len(ids)} texts, "
            f"its head has {outputs} outputs"
        )
    first = [n for n in (heads, stated.get("n_heads"), config["dim"] / HEAD_WIDTH, 12) if n]
    best, distance = _nearest(network, _readings(network, config["dim"], first, stated), ids, mask, wanted)
    if not distance <= network.rounding:
        raise ModelFormatError(f"{what}: {_reason(network, best, ids, mask, wanted, distance)}")
    if best.activation not in ACTIVATIONS:
        raise ModelFormatError(
            f"{what}: its graph has the activation {best.activation}; sparkcls computes {', '.join(ACTIVATIONS)}"
        )
    found = {"n_heads": best.heads, "activation": best.activation}
    for key, value in found.items():
        said = stated.get(key, value)
        # An activation has several names.
        if said != value and not (isinstance(said, str) and ACTIVATIONS.get(said, said) == ACTIVATIONS.get(str(value))):
            raise ModelFormatError(
                f"{what}: its graph has {key} {value!r}, {CONFIG} beside it says {stated[key]!r}; correct {CONFIG}"
            )
    if heads not in (None, best.heads):
        raise ModelFormatError(
            f"{what}: its graph has {best.heads} attention heads, {heads} are asked for; leave it out"
        )
    return found


def _probe(config: dict[str, Any]) -> tuple[Array, Array]:
    """Ids and mask of two texts of different lengths, over the whole vocabulary."""
    longest = max(1, min(_LENGTHS[0], config["max_position_embeddings"]))
    shape = len(_LENGTHS), longest
    ids = (np.arange(shape[0] * shape[1], dtype=np.int64) * 7919 + 101) % config["vocab_size"]
    mask = np.arange(longest) < np.array(_LENGTHS)[:, None]
    return ids.reshape(shape), mask.astype(np.int64)


def _run(network: Network, ids: Array, mask: Array) -> Array:
    if network.takes_mask:
        return network.run(ids, mask)
    # Every text by itself, as there is no way to say where it ends.
    return np.concatenate([network.run(i[None, m > 0], m[None, m > 0]) for i, m in zip(ids, mask, strict=True)])


def _vouched(network: Network, unknown: UnknownOperationError, heads: int | None) -> dict[str, Any]:
    """What a graph tells that cannot be run, if somebody says how many heads it has."""
    kinds = set(network.operations)
    activations = [a for a in MADE_OF if a not in ("relu", "no function") and kinds.intersection(MADE_OF[a])]
    # Every head has a Relu, so it tells nothing beside another.
    activation = activations[0] if len(activations) == 1 else "relu" if not activations and "Relu" in kinds else ""
    if heads is None or activation not in ACTIVATIONS:
        raise ModelFormatError(
            f"{network.what}: {unknown}, so what it computes cannot be checked, and its weights alone do not tell its "
            "attention heads. Export the model again, in float32 and without an optimiser; or load its Hugging Face "
            "folder; or name the heads with `sparkcls convert FOLDER OUT --heads N` or loadSavedModel(folder, heads=N)"
        ) from unknown
    return {"n_heads": heads, "activation": activation}


def _readings(network: Network, dim: int, first: list[float], stated: dict[str, Any]) -> Iterator[Variant]:
    """What may be meant, the likeliest first."""
    kinds = set(network.operations)
    activations = [a for a in FUNCTIONS if a == stated.get("activation") or kinds.intersection(MADE_OF.get(a, kinds))]
    counts = dict.fromkeys(
        [n for n in first if n >= 1 and dim % n == 0] + [n for n in range(1, dim + 1) if dim % n == 0]
    )
    for activation in activations:
        for count in counts:
            yield Variant(int(count), activation)


def _nearest(
    network: Network, variants: Iterator[Variant], ids: Array, mask: Array, wanted: Array
) -> tuple[Variant, float]:
    """The variant whose scores come nearest, and how far they are, relative to the largest score."""
    best, least = Variant(1), np.inf
    for variant in variants:
        distance = _distance(scores(network.state, ids, mask, variant), wanted)
        if not least <= distance and not np.isnan(distance):
            best, least = variant, distance
        if distance <= network.rounding / 10:
            break
    return best, float(least)


def _distance(found: Array, wanted: Array) -> float:
    return float(np.abs(found - wanted).max(initial=0) / max(np.abs(wanted).max(initial=0), 1e-6))


def _reason(network: Network, near: Variant, ids: Array, mask: Array, wanted: Array, distance: float) -> str:
    """What a graph that fits no reading does otherwise."""
    dim = network.state["distilbert.embeddings.word_embeddings.weight"].shape[1]
    odd: dict[str, dict[str, Any]] = {
        "its graph ends in softmax, so that its scores are probabilities already; export the scores (logits)": {
            "end": "softmax"
        },
        "its graph ends in sigmoid, so that its scores are probabilities already; export the scores (logits)": {
            "end": "sigmoid"
        },
        "its graph ends in tanh; export the scores (logits)": {"end": "tanh"},
        "its graph ends in log-softmax; export the scores (logits)": {"end": "log_softmax"},
        "its graph pays no heed to the attention mask": {"masked": False},
        "its graph lets a wordpiece see only those before it (a causal mask)": {"causal": True},
        "its positions begin at 1, not at 0": {"offset": 1},
        "its positions begin at 2, not at 0": {"offset": 2},
        "its head has no activation after pre_classifier; DistilBertForSequenceClassification has relu": {
            "head_activation": "no function"
        },
        "its head has the activation tanh; DistilBertForSequenceClassification has relu": {"head_activation": "tanh"},
        "its head has the activation gelu; DistilBertForSequenceClassification has relu": {"head_activation": "gelu"},
    }
    heads = dict.fromkeys(n for n in (near.heads, dim // HEAD_WIDTH, 12, 4, 2, 1) if n and dim % n == 0)
    activations = dict.fromkeys((near.activation, "gelu", "relu"))
    for sentence, change in odd.items():
        variants = (replace(Variant(n, a), **change) for n in heads for a in activations)
        if _nearest(network, variants, ids, mask, wanted)[1] <= network.rounding:
            return sentence
    return (
        "its graph computes something else than a DistilBertForSequenceClassification with its weights: the scores of "
        f"a test input differ by {distance:.2g} of their size. Export the model again, or load its Hugging Face folder"
    )
