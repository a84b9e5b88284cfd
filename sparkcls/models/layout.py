"""A model folder: its file names, and reading it with every check that needs no weights in memory.

    config.json            the Hugging Face configuration of a DistilBERT
    model.safetensors      the weights; or several files and an index, see `sparkcls.models.shards`
    tokenizer.json         the tokenizer; or vocab.txt, one wordpiece a line (+ tokenizer_config.json)
    added_tokens.json, special_tokens_map.json      of the tokenizer too, where older tools wrote them
    sparkcls.json          optional: {"params": {...}}, Params that the model was published with

The export layout of Spark NLP users is read too: `assets/vocab.txt` and `assets/labels.txt` beside the
Hugging Face files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open

from sparkcls.errors import ModelFormatError, ModelNotFoundError
from sparkcls.models.heads import activation_of
from sparkcls.models.otherkinds import missing_weights, refuse_adapter, refuse_pointer
from sparkcls.models.shards import INDEX, WEIGHTS, has_weights, is_shard, shard_names, uses_index, weight_files

CONFIG = "config.json"
TOKENIZER = "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
ADDED_TOKENS = "added_tokens.json"
SPECIAL_TOKENS = "special_tokens_map.json"
VOCABULARY = ("vocab.txt", "assets/vocab.txt")
LABELS = "assets/labels.txt"
PARAMS = "sparkcls.json"

#: What decided what a model answers for sparkcls 0.1 and 0.2, in the order of their digests.
FORMERLY_DECISIVE = (CONFIG, WEIGHTS, TOKENIZER, TOKENIZER_CONFIG, *VOCABULARY, LABELS, PARAMS)
#: What does now, but for files that an index of weights names, see `decisive_files`.
DECISIVE = (*FORMERLY_DECISIVE, ADDED_TOKENS, SPECIAL_TOKENS)

#: Keys of config.json that the network needs, and what `transformers` takes when one is absent.
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
ACTIVATIONS = ("gelu", "relu")
#: Safetensors' names of the types that weights may have.
FLOATS = ("F32", "F16", "BF16", "F64")


@dataclass(frozen=True)
class ModelFolder:
    """A checked model folder.

    `labels[i]` names output i of the head; `activation` is what turns the outputs into scores, see
    `sparkcls.models.heads`. `params` are the Params it was published with.
    """

    path: Path
    config: dict[str, Any]
    labels: tuple[str, ...]
    params: dict[str, Any]
    activation: str

    @property
    def weights(self) -> dict[Path, set[str] | None]:
        """The weights' files, with the names of the weights to take from each; None for all."""
        return {self.path / name: kept for name, kept in weight_files(self.path).items()}

    @property
    def positions(self) -> int:
        """The longest input in wordpieces, ``[CLS]`` and ``[SEP]`` counted."""
        return int(self.config["max_position_embeddings"])


def decisive_files(path: Path) -> dict[str, Path]:
    """The files of a model folder that make it what it is, by name; what else lies there is no part of the model.

    Their bytes make the model's digest, and they are what is saved, shipped, copied and fetched. Always in the same
    order. Files that an index of weights names are among them if they are there.
    """
    names = [*DECISIVE, *([INDEX, *shard_names(path)] if uses_index(path) else [])]
    return {name: path / name for name in names if (path / name).is_file()}


def may_be_decisive(name: str) -> bool:
    """Whether a file of this name can be among the `decisive_files` of a model folder."""
    return name in DECISIVE or name == INDEX or is_shard(name)


def read_model_folder(path: str | Path) -> ModelFolder:
    """Check a model folder and read what is small in it.

    Raises
    ------
    ModelNotFoundError
        There is no such folder.
    ModelFormatError
        A file is missing, corrupt, cut off or of a refused format; the configuration is not a
        DistilBERT's; shapes or labels do not match the head. The message names the file.
    """
    path = Path(path)
    if not path.is_dir():
        raise ModelNotFoundError(f"No model folder at {path}; it must be a folder with {CONFIG} and {WEIGHTS}")
    refuse_adapter(path)
    config = _read_config(path)
    shapes = _read_shapes(path)
    _check_shapes(path, config, shapes)
    outputs = shapes["classifier.weight"][0]
    labels = _read_labels(path, config, outputs)
    if len(labels) != outputs:
        raise ModelFormatError(
            f"{path} names {len(labels)} labels ({', '.join(labels[:6])}) but the head has {outputs} outputs; "
            f"correct id2label in {CONFIG}, or {LABELS}"
        )
    if not (path / TOKENIZER).is_file() and not any((path / v).is_file() for v in VOCABULARY):
        raise ModelFormatError(f"{path} has no tokenizer; put {TOKENIZER} or vocab.txt there")
    params = _read_json(path / PARAMS).get("params", {}) if (path / PARAMS).is_file() else {}
    if not isinstance(params, dict):
        raise ModelFormatError(f"{path / PARAMS}: params must be an object of Params by name")
    try:
        activation = activation_of(config, outputs)
    except ModelFormatError as e:
        raise ModelFormatError(f"{path / CONFIG}: {e}") from e
    return ModelFolder(path, config, labels, params, activation)


def _read_json(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise ModelFormatError(f"{file} cannot be read as JSON: {e}") from e
    if not isinstance(content, dict):
        raise ModelFormatError(f"{file} holds a JSON {type(content).__name__}; expected an object")
    return content


def _read_config(path: Path) -> dict[str, Any]:
    if not (path / CONFIG).is_file():
        raise ModelFormatError(f"{path} has no {CONFIG}; is it a Hugging Face model folder?")
    config = CONFIG_DEFAULTS | _read_json(path / CONFIG)
    if config.get("model_type", "distilbert") != "distilbert":
        raise ModelFormatError(f"{path / CONFIG}: model_type is {config['model_type']!r}; expected 'distilbert'")
    if config["activation"] not in ACTIVATIONS:
        raise ModelFormatError(
            f"{path / CONFIG}: activation is {config['activation']!r}; expected one of {', '.join(ACTIVATIONS)}"
        )
    return config


def _read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    if not has_weights(path):
        raise missing_weights(str(path), sorted(file.name for file in path.iterdir()))
    shapes: dict[str, tuple[int, ...]] = {}
    for name, kept in weight_files(path).items():
        found = _read_shapes_of(path / name)
        missing = sorted((kept or set()) - found.keys())
        if missing:
            raise ModelFormatError(
                f"{path / name} lacks {len(missing)} weights that {INDEX} says it has, the first is {missing[0]}; the "
                "files belong to different models: copy the whole folder again"
            )
        shapes |= {weight: shape for weight, shape in found.items() if kept is None or weight in kept}
    return shapes


def _read_shapes_of(weights: Path) -> dict[str, tuple[int, ...]]:
    refuse_pointer(weights)
    shapes = {}
    try:
        with safe_open(weights, framework="np") as file:
            for key in file.keys():  # noqa: SIM118 (it is no mapping)
                part = file.get_slice(key)
                if part.get_dtype() not in FLOATS:
                    raise ModelFormatError(
                        f"{weights}: {key} is stored as {part.get_dtype()}; expected one of {', '.join(FLOATS)}. "
                        "Quantized models cannot be read"
                    )
                shapes[key] = tuple(part.get_shape())
    except (SafetensorError, OSError) as e:
        raise ModelFormatError(f"{weights} is corrupt or cut off ({e}); copy the model again") from e
    return shapes


def expected_shapes(config: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight but the head's last layer, by the names of `transformers`."""
    dim, hidden = config["dim"], config["hidden_dim"]
    emb = "distilbert.embeddings"
    shapes: dict[str, tuple[int, ...]] = {
        f"{emb}.word_embeddings.weight": (config["vocab_size"], dim),
        f"{emb}.position_embeddings.weight": (config["max_position_embeddings"], dim),
        f"{emb}.LayerNorm.weight": (dim,),
        f"{emb}.LayerNorm.bias": (dim,),
        "pre_classifier.weight": (dim, dim),
        "pre_classifier.bias": (dim,),
    }
    for i in range(config["n_layers"]):
        layer = f"distilbert.transformer.layer.{i}"
        linear = {f"attention.{k}_lin": (dim, dim) for k in ("q", "k", "v", "out")}
        linear |= {"ffn.lin1": (hidden, dim), "ffn.lin2": (dim, hidden)}
        for name, shape in linear.items():
            shapes[f"{layer}.{name}.weight"] = shape
            shapes[f"{layer}.{name}.bias"] = shape[:1]
        for name in ("sa_layer_norm", "output_layer_norm"):
            shapes[f"{layer}.{name}.weight"] = shapes[f"{layer}.{name}.bias"] = (dim,)
    return shapes


def _check_shapes(path: Path, config: dict[str, Any], found: dict[str, tuple[int, ...]]) -> None:
    expected = expected_shapes(config)
    expected["classifier.weight"] = (found.get("classifier.weight", (0,))[0], config["dim"])
    expected["classifier.bias"] = expected["classifier.weight"][:1]
    missing = sorted(set(expected) - set(found))
    if missing:
        raise ModelFormatError(
            f"{path / WEIGHTS} lacks {len(missing)} weights of a DistilBertForSequenceClassification, "
            f"the first is {missing[0]}; is it a model with a classification head?"
        )
    surplus = sorted(n for n in found if n.startswith("distilbert.transformer.layer.") and n not in expected)
    if surplus:
        raise ModelFormatError(
            f"{path / WEIGHTS} has layers that {CONFIG} (n_layers {config['n_layers']}) leaves out, "
            f"the first weight is {surplus[0]}; correct n_layers"
        )
    for name, shape in expected.items():
        if found[name] != shape:
            raise ModelFormatError(
                f"{path / WEIGHTS}: {name} has shape {list(found[name])}, {CONFIG} says {list(shape)}"
            )


def _read_labels(path: Path, config: dict[str, Any], outputs: int) -> tuple[str, ...]:
    # `transformers` names the outputs of a head without names LABEL_0, LABEL_1, ...
    unnamed = [f"LABEL_{i}" for i in range(outputs)]
    labels = _labels_of_config(path, config) or unnamed
    if (path / LABELS).is_file():
        lines = (path / LABELS).read_text(encoding="utf-8").splitlines()
        listed = [line.strip() for line in lines if line.strip()]
        if labels not in (unnamed, listed):
            raise ModelFormatError(
                f"{path}: {LABELS} says {', '.join(listed)}, id2label in {CONFIG} says {', '.join(labels)}; "
                "which output has which label? Correct one of them"
            )
        labels = listed
    if len(set(labels)) != len(labels):
        raise ModelFormatError(f"{path} names a label twice: {', '.join(labels)}")
    return tuple(labels)


def _labels_of_config(path: Path, config: dict[str, Any]) -> list[str]:
    """The labels in id2label by output, [] if there are none."""
    try:
        by_index = {int(i): str(label) for i, label in (config.get("id2label") or {}).items()}
    except (ValueError, AttributeError) as e:
        raise ModelFormatError(f"{path / CONFIG}: id2label must map numbers to labels ({e})") from e
    if sorted(by_index) != list(range(len(by_index))):
        raise ModelFormatError(f"{path / CONFIG}: id2label must number its labels 0 to {len(by_index) - 1}")
    return [by_index[i] for i in range(len(by_index))]
