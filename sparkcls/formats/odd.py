"""What a graph that fits no reading does otherwise, for a message."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sparkcls.families.activations import ACTIVATIONS
from sparkcls.formats.evaluate import Array
from sparkcls.formats.network import Network, nearest
from sparkcls.formats.reference.reading import Reading

#: Width of an attention head of nearly every published model.
HEAD_WIDTH = 64
_ENDS = {
    "softmax": "its graph ends in softmax, so that its scores are probabilities already; export the scores (logits)",
    "sigmoid": "its graph ends in sigmoid, so that its scores are probabilities already; export the scores (logits)",
    "tanh": "its graph ends in tanh; export the scores (logits)",
    "log_softmax": "its graph ends in log-softmax; export the scores (logits)",
}


def reason(network: Network, near: Reading, ids: Array, mask: Array, wanted: Array, distance: float) -> str:
    """Why a graph is refused.

    Parameters
    ----------
    near
        The reading that it comes nearest to.
    wanted, distance
        What the graph gives for `ids` and `mask`, and how far off the reading is.
    """
    family, width = network.family, near.shape.width
    heads = dict.fromkeys(n for n in (near.shape.heads, width // HEAD_WIDTH, 12, 4, 2, 1) if n and width % n == 0)
    activations = dict.fromkeys((near.activation, "gelu", "relu"))
    for sentence, change in _oddities(network).items():
        readings = (
            replace(near, shape=replace(near.shape, heads=n), activation=a, **change)
            for n in heads
            for a in activations
        )
        if nearest(network, readings, ids, mask, wanted)[1] <= network.rounding:
            return sentence
    return (
        f"its graph computes something else than a {family.architecture} with its weights: the scores of a test input "
        f"differ by {distance:.2g} of their size. Export the model again, or load its Hugging Face folder"
    )


def _oddities(network: Network) -> dict[str, dict[str, Any]]:
    """Sentences, and what of a `Reading` each changes."""
    family = network.family
    first, has = network.shape.first_position, family.head.activation
    dense = family.names.get("head.dense", "").rpartition(".")[2]
    odd: dict[str, dict[str, Any]] = {sentence: {"end": end} for end, sentence in _ENDS.items()}
    odd["its graph pays no heed to the attention mask"] = {"masked": False}
    odd["its graph lets a wordpiece see only those before it (a causal mask)"] = {"causal": True}
    for offset in (1, 2, -first):
        if offset and "embeddings.position" in family.names:
            odd[f"its positions begin at {first + offset}, not at {first}"] = {"offset": offset}
    for name in ("no function", "tanh", "gelu", "relu"):
        if ACTIVATIONS.get(name) != has:
            did = f"no activation after {dense}" if name == "no function" else f"the activation {name}"
            odd[f"its head has {did}; {family.architecture} has {has}"] = {"head_activation": name}
    return odd
