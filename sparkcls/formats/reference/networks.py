"""The table of networks, as `sparkcls.engine.networks` has one of those that classify."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparkcls.formats.evaluate import Array
from sparkcls.formats.reference import deberta, xlnet
from sparkcls.formats.reference.post_norm import post_norm
from sparkcls.formats.reference.reading import Reading, Weights

#: Gives what goes into an operation of this kind, for ids and mask; None if there is none.
Inside = Callable[[str, Array, Array], Array | None]


def _nothing(weights: Weights) -> dict[str, Any]:
    return {}


def _one(weights: Weights) -> list[dict[str, Any]]:
    return [{}]


def _no_graph(weights: Weights, operations: Collection[str], inside: Inside | None, what: str) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Arithmetic:
    """A kind of network. What it tells are entries of config.json beside the usual ones.

    Parameters
    ----------
    scores
        Those before softmax of ids and attention mask ``(texts, wordpieces)``: ``(texts, labels)``.
    told
        What the presence of weights tells.
    told_by_graph
        What a look into the graph tells; it may raise ModelFormatError.
    untold
        What else may be meant, the likeliest first.
    types
        Token types of ids, which a graph is fed if it takes some.
    """

    scores: Callable[[Weights, Array, Array, Reading], Array]
    told: Callable[[Weights], dict[str, Any]] = _nothing
    told_by_graph: Callable[[Weights, Collection[str], Inside | None, str], dict[str, Any]] = _no_graph
    untold: Callable[[Weights], list[dict[str, Any]]] = _one
    types: Callable[[Array], Array] = np.zeros_like


#: By `Family.network`.
NETWORKS: dict[str, Arithmetic] = {
    "post_norm": Arithmetic(post_norm),
    "deberta": Arithmetic(deberta.scores, deberta.told, deberta.told_by_graph, deberta.untold),
    "xlnet": Arithmetic(xlnet.scores, xlnet.told, xlnet.told_by_graph, xlnet.untold, xlnet.types),
}
