"""`ForeignModel`: what every reader gives, and writing it down as a model folder."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors.numpy import save_file

from sparkcls.errors import ModelFormatError
from sparkcls.formats.weights import StateDict, contiguous, expected_shapes, infer_config
from sparkcls.models.layout import CONFIG, PARAMS, TOKENIZER, TOKENIZER_CONFIG
from sparkcls.models.shards import WEIGHTS
from sparkcls.models.vocabulary import is_cased

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_NEEDED = ("[UNK]", "[CLS]", "[SEP]")


@dataclass
class ForeignModel:
    """A classifier read from somewhere.

    `labels[i]` names output i; `vocabulary` is the id of each wordpiece; `params` are Params of the stage
    by name; `config` are entries of config.json that the shapes of the weights do not tell, such as n_heads.
    """

    state: StateDict
    labels: list[str]
    vocabulary: dict[str, int]
    params: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    engine: str = ""


def write_model(model: ForeignModel, target: Path) -> None:
    """Write a model folder; the same model gives the same bytes everywhere.

    Parameters
    ----------
    target
        Folder that is made.

    Raises
    ------
    ModelFormatError
        Weights are missing, or the labels, vocabulary or shapes do not fit each other.
    """
    what = str(target)
    config = infer_config(model.state, what) | model.config
    config |= {
        "id2label": {str(i): label for i, label in enumerate(model.labels)},
        "label2id": {label: i for i, label in enumerate(model.labels)},
    }
    kept = expected_shapes(config, len(model.labels)).keys()
    _check_vocabulary(model.vocabulary, config["vocab_size"])
    target.mkdir(parents=True)
    lower = not is_cased(model.vocabulary)
    save_file(contiguous({name: model.state[name] for name in sorted(kept)}), target / WEIGHTS, {"format": "pt"})
    _write_json(target / CONFIG, config)
    _write_json(target / TOKENIZER, tokenizer_json(model.vocabulary, lower))
    _write_json(target / TOKENIZER_CONFIG, {"tokenizer_class": "DistilBertTokenizer", "do_lower_case": lower})
    _write_json(target / PARAMS, {"params": model.params})


def _write_json(file: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    try:
        file.write_text(text, encoding="utf-8")
    except UnicodeEncodeError as e:
        raise ModelFormatError(f"{file} would hold half a character, a lone surrogate ({e})") from e


def _check_vocabulary(vocabulary: dict[str, int], size: int) -> None:
    missing = [piece for piece in _NEEDED if piece not in vocabulary]
    if missing:
        raise ModelFormatError(f"The vocabulary lacks {', '.join(missing)}; is it a BERT vocabulary?")
    if min(vocabulary.values()) < 0 or max(vocabulary.values()) >= size:
        raise ModelFormatError(
            f"The vocabulary has ids from {min(vocabulary.values())} to {max(vocabulary.values())}, the weights "
            f"embed {size}; vocabulary and weights belong to different models"
        )


def tokenizer_json(vocabulary: dict[str, int], lower: bool) -> dict[str, Any]:
    """The tokenizer of BERT over a vocabulary, as the tokenizers library stores it.

    Written out, so that the bytes, and with them the model's digest, do not change with that library's
    version, and so that no worker has to build it. Equal to `transformers`' DistilBertTokenizer.
    """
    special = [piece for piece in _SPECIAL if piece in vocabulary]

    def one(piece: str) -> dict[str, Any]:
        return {"SpecialToken": {"id": piece, "type_id": 0}}

    sequence = [{"Sequence": {"id": name, "type_id": i}} for i, name in enumerate("AB")]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": vocabulary[piece],
                "content": piece,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for piece in sorted(special, key=lambda p: vocabulary[p])
        ],
        "normalizer": {
            "type": "BertNormalizer",
            "clean_text": True,
            "handle_chinese_chars": True,
            "strip_accents": None,
            "lowercase": lower,
        },
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [one("[CLS]"), sequence[0], one("[SEP]")],
            "pair": [one("[CLS]"), sequence[0], one("[SEP]"), sequence[1], one("[SEP]")],
            "special_tokens": {
                piece: {"id": piece, "ids": [vocabulary[piece]], "tokens": [piece]} for piece in ("[CLS]", "[SEP]")
            },
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": dict(sorted(vocabulary.items(), key=lambda item: item[1])),
        },
    }
