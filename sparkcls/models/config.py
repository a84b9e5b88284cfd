"""config.json: what of it decides the answers of a DistilBERT, taken as `transformers` takes it, or refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.models.heads import PROBLEM_TYPE, PROBLEM_TYPES
from sparkcls.models.shards import WEIGHTS
from sparkcls.models.textfiles import read_json

CONFIG = "config.json"

#: Keys that the network needs, and what `transformers` takes when one is absent.
CONFIG_DEFAULTS: dict[str, Any] = {
    "vocab_size": 30522,
    "max_position_embeddings": 512,
    "n_layers": 6,
    "n_heads": 12,
    "dim": 768,
    "hidden_dim": 3072,
    "activation": "gelu",
    "pad_token_id": 0,
}
_SIZES = ("vocab_size", "max_position_embeddings", "n_layers", "n_heads", "dim", "hidden_dim")
#: The names that other models use, which `transformers` takes for DistilBERT too. There the alias wins.
_ALIASES = {"hidden_size": "dim", "num_attention_heads": "n_heads", "num_hidden_layers": "n_layers"}

#: `transformers`' names of activations, and ours.
ACTIVATIONS = {
    **{name: "gelu" for name in ("gelu", "gelu_python")},
    **{
        name: "gelu_tanh"
        for name in ("gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_accurate")
    },
    **{name: "silu" for name in ("silu", "swish")},
    **{name: name for name in ("relu", "relu6", "quick_gelu", "mish", "tanh")},
}

#: Keys that change what `transformers` answers, in some version of it, and have no counterpart here: what each does,
#: and the values that do nothing.
_REFUSED: dict[str, tuple[str, tuple[Any, ...]]] = {
    "is_causal": ("lets a wordpiece see only those before it", (None, False)),
    "per_layer_config": ("gives layers settings of their own", (None, {})),
    "pruned_heads": ("takes attention heads out of layers", (None, {})),
    "quantization_config": ("says that the weights are quantized", (None,)),
    "transformers_weights": ("names another file of weights", (None, WEIGHTS)),
}


def read_config(path: Path) -> dict[str, Any]:
    """The configuration of a model folder, with all keys of `CONFIG_DEFAULTS`; ``activation`` by our name.

    Raises
    ------
    ModelFormatError
        There is none, it is not a DistilBERT's, or a key has a value that cannot be.
    """
    file = path / CONFIG
    if not file.is_file():
        raise ModelFormatError(f"{path} has no {CONFIG}; is it a Hugging Face model folder?")
    stated = read_json(file)
    kind = stated.get("model_type", "distilbert")
    if kind != "distilbert":
        raise ModelFormatError(f"{file}: model_type is {kind!r}; expected 'distilbert'")
    config = CONFIG_DEFAULTS | with_own_names(file, stated)
    _check_sizes(file, config)
    _check_meanings(file, config)
    config["activation"] = ACTIVATIONS[config["activation"]]
    return config


def with_own_names(file: Path, stated: dict[str, Any]) -> dict[str, Any]:
    """What a config.json states, with DistilBERT's names beside those of other models.

    Raises
    ------
    ModelFormatError
        Two names of one thing contradict each other; names the file.
    """
    config = dict(stated)
    for alias, name in _ALIASES.items():
        if alias not in stated:
            continue
        if name in stated and (stated[name] != stated[alias] or type(stated[name]) is not type(stated[alias])):
            raise ModelFormatError(
                f"{file}: {name} is {_short(stated[name])} and {alias}, which means the same, is "
                f"{_short(stated[alias])}; remove one of them"
            )
        config[name] = stated[alias]
    return config


def _check_sizes(file: Path, config: dict[str, Any]) -> None:
    for name in _SIZES:
        value = config[name]
        # A bool is an int for Python, and 2.0 equals 2.
        if type(value) is not int or not 0 < value < 1 << 31:
            raise ModelFormatError(f"{file}: {name} is {_short(value)}; expected a positive integer")
    if config["dim"] % config["n_heads"]:
        raise ModelFormatError(
            f"{file}: n_heads is {config['n_heads']}, which does not divide dim, {config['dim']}; correct n_heads"
        )


def _check_meanings(file: Path, config: dict[str, Any]) -> None:
    activation = config["activation"]
    if not isinstance(activation, str) or activation not in ACTIVATIONS:
        raise ModelFormatError(f"{file}: activation is {_short(activation)}; expected one of {', '.join(ACTIVATIONS)}")
    kind = config.get(PROBLEM_TYPE)
    if kind is not None and kind not in PROBLEM_TYPES:
        raise ModelFormatError(
            f"{file}: {PROBLEM_TYPE} is {_short(kind)}; expected one of {', '.join(PROBLEM_TYPES)}, or null"
        )
    for name, (does, idle) in _REFUSED.items():
        if config.get(name) not in idle:
            raise ModelFormatError(
                f"{file}: {name} is {_short(config[name])}, which {does}; sparkcls does not do that. Remove the key if "
                "it is there by mistake"
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
