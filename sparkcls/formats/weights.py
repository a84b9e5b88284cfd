"""From named arrays of any exporter to the state dict of `transformers`, and the configuration in its shapes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError

StateDict = dict[str, np.ndarray]

#: Width of an attention head where nothing tells: that of every published DistilBERT.
HEAD_WIDTH = 64

_EMBEDDINGS = "distilbert.embeddings"
_LAYER = r"(?:^|/)layer_\._(\d+)/"
_KINDS = {"kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias"}
#: Names of Keras variables by suffix (what stands before differs between versions of `transformers`), and the
#: name of the state dict, with the groups put in. Source: the attributes of TFDistilBertForSequenceClassification.
_KERAS = [
    (r"(?:^|/)embeddings/word_embeddings/(?:weight|embeddings)$", _EMBEDDINGS + ".word_embeddings.weight"),
    (
        r"(?:^|/)embeddings/position_embeddings/(?:embeddings|weight)$",
        "distilbert.embeddings.position_embeddings.weight",
    ),
    (r"(?:^|/)embeddings/LayerNorm/(gamma|beta)$", _EMBEDDINGS + ".LayerNorm.{0}"),
    (_LAYER + r"attention/([qkv]|out)_lin/(kernel|bias)$", "distilbert.transformer.layer.{0}.attention.{1}_lin.{2}"),
    (_LAYER + r"(sa|output)_layer_norm/(gamma|beta)$", "distilbert.transformer.layer.{0}.{1}_layer_norm.{2}"),
    (_LAYER + r"ffn/(lin[12])/(kernel|bias)$", "distilbert.transformer.layer.{0}.ffn.{1}.{2}"),
    (r"(?:^|/)(pre_classifier|classifier)/(kernel|bias)$", "{0}.{1}"),
]


def keras_to_state(names: dict[str, str], read: Callable[[str], np.ndarray], what: str) -> StateDict:
    """The state dict of a model that Keras saved.

    Parameters
    ----------
    names
        Variable name by checkpoint key.
    read
        Gives the array of a checkpoint key.
    what
        For messages: where the model lies.

    Raises
    ------
    ModelFormatError
        Two variables claim one place.
    """
    state: StateDict = {}
    for key, name in names.items():
        for pattern, target in _KERAS:
            match = re.search(pattern, name.partition(":")[0])
            if match is None:
                continue
            full = target.format(*(_KINDS.get(g, g) for g in match.groups()))
            if full in state:
                raise ModelFormatError(f"{what}: two variables are {full}; the second is {name}")
            array = read(key)
            # Keras stores a dense layer as (inputs, outputs), torch as (outputs, inputs).
            state[full] = array.T if name.endswith("/kernel") and array.ndim == 2 else array
    return state


def infer_config(state: StateDict, what: str, heads: int | None = None) -> dict[str, Any]:
    """The configuration that the shapes tell; the number of heads is `heads`, else width / 64.

    Raises
    ------
    ModelFormatError
        Weights are missing, so that it is no DistilBERT classifier, or the number of heads is unknown.
    """

    def shape(name: str, dimensions: int) -> tuple[int, ...]:
        array = state.get(name)
        if array is None or array.ndim != dimensions or 0 in array.shape:
            raise ModelFormatError(
                f"{what} has no {name} of {dimensions} dimensions; is it a DistilBertForSequenceClassification? "
                f"Weights recognised: {', '.join(sorted(state)[:4]) or 'none'}"
            )
        return array.shape

    vocabulary, dim = shape("distilbert.embeddings.word_embeddings.weight", 2)
    positions, _ = shape("distilbert.embeddings.position_embeddings.weight", 2)
    hidden, _ = shape("distilbert.transformer.layer.0.ffn.lin1.weight", 2)
    layers = len({m.group(1) for m in map(_layer_of, state) if m})
    if heads is None:
        if dim % HEAD_WIDTH:
            raise ModelFormatError(
                f"{what}: its width {dim} is no multiple of {HEAD_WIDTH}, so the number of attention heads is "
                "unknown; convert it with `sparkcls convert FOLDER OUT --heads N`"
            )
        heads = dim // HEAD_WIDTH
    elif heads < 1 or dim % heads:
        raise ModelFormatError(f"{what}: heads is {heads}, which does not divide the width {dim}")
    return {
        "model_type": "distilbert",
        "architectures": ["DistilBertForSequenceClassification"],
        "vocab_size": vocabulary,
        "max_position_embeddings": positions,
        "dim": dim,
        "hidden_dim": hidden,
        "n_layers": layers,
        "n_heads": heads,
        "activation": "gelu",
        "pad_token_id": 0,
    }


def _layer_of(name: str) -> re.Match[str] | None:
    return re.match(r"distilbert\.transformer\.layer\.(\d+)\.", name)


def contiguous(state: StateDict) -> StateDict:
    """Little-endian float arrays in row order, one after the other, as safetensors wants them."""
    return {name: np.ascontiguousarray(array) for name, array in state.items()}
