"""A model folder: its file names, and reading it with every check that needs no weights in memory.

    config.json            the Hugging Face configuration, which names the family
    model.safetensors      the weights; or several files and an index, see `sparkcls.models.shards`
    tokenizer.json         the tokenizer; or vocab.txt, one wordpiece a line; or vocab.json and merges.txt; or a
                           SentencePiece file, see `sparkcls.families.pieces` (+ tokenizer_config.json)
    added_tokens.json, special_tokens_map.json      of the tokenizer too, where older tools wrote them
    sparkcls.json          optional: {"params": {...}}, Params that the model was published with

The export layout of Spark NLP users is read too: `assets/vocab.txt` and `assets/labels.txt` beside the
Hugging Face files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError, ModelNotFoundError
from sparkcls.families.family import Family, Head
from sparkcls.families.shape import Shape
from sparkcls.families.weights import OUTPUT
from sparkcls.models.added_tokens import ADDED_TOKENS, SPECIAL_TOKENS
from sparkcls.models.architectures import refuse_other_kinds
from sparkcls.models.config import CONFIG, read_config, read_head, read_shape
from sparkcls.models.heads import activation_of
from sparkcls.models.labels import LABELS, read_labels, stated_outputs
from sparkcls.models.otherkinds import refuse_adapter
from sparkcls.models.shards import INDEX, WEIGHTS, is_shard, shard_names, uses_index
from sparkcls.models.tensors import Tensor
from sparkcls.models.textfiles import read_optional_json
from sparkcls.models.tokenizer_files import TOKENIZER_FILES, check_has_tokenizer
from sparkcls.models.tokenizer_json import TOKENIZER
from sparkcls.models.tokenizer_settings import TOKENIZER_CONFIG, read_tokenizer_settings
from sparkcls.models.vocabulary import VOCABULARY
from sparkcls.models.weights import read_weights

__all__ = [
    "ADDED_TOKENS",
    "CONFIG",
    "DECISIVE",
    "FORMERLY_DECISIVE",
    "LABELS",
    "PARAMS",
    "SPECIAL_TOKENS",
    "TOKENIZER",
    "TOKENIZER_CONFIG",
    "VOCABULARY",
    "WEIGHTS",
    "ModelFolder",
    "decisive_files",
    "may_be_decisive",
    "read_model_folder",
]

PARAMS = "sparkcls.json"

#: What decided what a model answers for sparkcls 0.1 and 0.2, in the order of their digests.
FORMERLY_DECISIVE = (CONFIG, WEIGHTS, TOKENIZER, TOKENIZER_CONFIG, *VOCABULARY, LABELS, PARAMS)
#: What does now, but for files that an index of weights names, see `decisive_files`.
DECISIVE = (*FORMERLY_DECISIVE, ADDED_TOKENS, SPECIAL_TOKENS, *TOKENIZER_FILES)


@dataclass(frozen=True)
class ModelFolder:
    """A checked model folder.

    `family`, `shape` and `head` are what its network is; `config` is what config.json states. `labels[i]` names
    output i of the head; `activation` is what turns the outputs into scores, see `sparkcls.models.heads`. `params`
    are the Params it was published with. `weights` are where the weights are, by role.
    """

    path: Path
    family: Family
    shape: Shape
    head: Head
    config: dict[str, Any]
    labels: tuple[str, ...]
    params: dict[str, Any]
    activation: str
    weights: dict[str, Tensor]

    @property
    def positions(self) -> int:
        """The longest input in wordpieces, special ones counted."""
        return self.shape.longest

    @property
    def stated_length(self) -> int | None:
        """The longest input as tokenizer_config.json says it, ``model_max_length``; None if it says nothing sensible.

        Where nobody chose one, `transformers` writes 10^30 there.
        """
        length = read_optional_json(self.path / TOKENIZER_CONFIG).get("model_max_length")
        return length if type(length) is int and 3 <= length <= self.positions else None


def decisive_files(path: Path) -> dict[str, Path]:
    """The files of a model folder that make it what it is, by name; what else lies there is no part of the model.

    Their bytes make the model's digest, and they are what is saved, shipped, copied and fetched. Always in the same
    order. Files that an index of weights names are among them if they are there. tokenizer.json takes the place of
    the vocabulary files of byte pairs and SentencePiece.
    """
    replaced = TOKENIZER_FILES if (path / TOKENIZER).is_file() else ()
    names = [
        *(name for name in DECISIVE if name not in replaced),
        *([INDEX, *shard_names(path)] if uses_index(path) else []),
    ]
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
        A file is missing, corrupt, cut off or of a refused format; the configuration is not that of a classifier
        of a known family; shapes or labels do not match the head. The message names the file.
    """
    path = Path(path)
    if not path.is_dir():
        raise ModelNotFoundError(f"No model folder at {path}; it must be a folder with {CONFIG} and {WEIGHTS}")
    refuse_adapter(path)
    family, config = read_config(path)
    refuse_other_kinds(path / CONFIG, config)
    shape, head = read_shape(path / CONFIG, config, family), read_head(path / CONFIG, config, family)
    weights = read_weights(path, family, shape)
    outputs = weights[f"{OUTPUT}.weight"].shape[0] if family.names else stated_outputs(path, config)
    labels = read_labels(path, config, outputs)
    # What is refused by these small files is refused before a worker has to; tokenizer.json is read there.
    check_has_tokenizer(path, read_tokenizer_settings(path, config, []).pieces)
    activation = activation_of(config, outputs)
    return ModelFolder(path, family, shape, head, config, labels, _read_params(path), activation, weights)


def _read_params(path: Path) -> dict[str, Any]:
    """The Params that a model was published with; their values are checked by the stage."""
    file = path / PARAMS
    params = read_optional_json(file).get("params", {})
    if not isinstance(params, dict):
        raise ModelFormatError(f"{file}: params must be an object of Params by name")
    return params
