"""From named arrays of any exporter to the state dict of `transformers`, and the configuration in its shapes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError
from sparkcls.families.distilbert import DISTILBERT
from sparkcls.families.weights import weights_of
from sparkcls.models.config import CONFIG, read_shape

StateDict = dict[str, np.ndarray]

#: Width of an attention head of nearly every published DistilBERT.
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


def expected_shapes(config: dict[str, Any], outputs: int) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight, by the names of `transformers`."""
    # Heads are in no weight's shape, and not known yet.
    shape = read_shape(Path(CONFIG), config | {"n_heads": 1}, DISTILBERT)
    return {weight.name: weight.shape for weight in weights_of(DISTILBERT, shape, outputs).values()}


def infer_config(state: StateDict, what: str) -> dict[str, Any]:
    """The configuration that the shapes of complete weights tell; heads and activation they do not.

    Raises
    ------
    ModelFormatError
        Weights are missing or of other shapes, so that it is not a DistilBERT classifier.
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
    config = {
        "model_type": "distilbert",
        "architectures": ["DistilBertForSequenceClassification"],
        "vocab_size": vocabulary,
        "max_position_embeddings": positions,
        "dim": dim,
        "hidden_dim": hidden,
        "n_layers": len({m.group(1) for m in map(_layer_of, state) if m}),
        "pad_token_id": 0,
    }
    outputs = shape("classifier.bias", 1)[0] if "classifier.bias" in state else 0
    expected = expected_shapes(config, outputs)
    missing = sorted(expected.keys() - state.keys())
    if missing:
        raise ModelFormatError(
            f"{what}: {len(missing)} weights of a DistilBertForSequenceClassification were not found, the first is "
            f"{missing[0]}; is it another kind of model, or an exporter that sparkcls does not know?"
        )
    for name, wanted in expected.items():
        if state[name].shape != wanted:
            raise ModelFormatError(
                f"{what}: {name} has shape {list(state[name].shape)}; the other weights need {list(wanted)}"
            )
    return config


def _layer_of(name: str) -> re.Match[str] | None:
    return re.match(r"distilbert\.transformer\.layer\.(\d+)\.", name)


def contiguous(state: StateDict) -> StateDict:
    """Little-endian float arrays in row order, one after the other, as safetensors wants them."""
    return {name: np.ascontiguousarray(array) for name, array in state.items()}
