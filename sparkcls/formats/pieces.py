"""The files of a tokenizer, from what Spark NLP and its exporters keep of it."""

from __future__ import annotations

import json
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.families.family import Family
from sparkcls.families.pieces import BERT, DISTILBERT, WORDPIECE
from sparkcls.models.layout import TOKENIZER, TOKENIZER_CONFIG
from sparkcls.models.vocabulary import is_cased

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_NEEDED = ("[UNK]", "[CLS]", "[SEP]")
#: The first line of a merges.txt, which Spark NLP takes for a merge.
_VERSION = ("#version:", "0.2")
_MOST_BYTES = 64 << 20


def as_json(content: dict[str, Any], what: str) -> bytes:
    """JSON with sorted keys; it raises ModelFormatError, which says what it would be, for half characters."""
    text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    try:
        return text.encode()
    except UnicodeEncodeError as e:
        raise ModelFormatError(f"{what} would hold half a character, a lone surrogate ({e})") from e


def of_vocabulary(
    family: Family, vocabulary: dict[str, int], merges: list[tuple[str, str]], size: int, what: str
) -> dict[str, bytes]:
    """The files of a tokenizer over wordpieces, or over byte pairs and their merges.

    Parameters
    ----------
    size
        How many ids the model's embeddings have.
    what
        For messages: where the model lies.

    Raises
    ------
    ModelFormatError
        The vocabulary lacks pieces that it needs, or has ids that the embeddings do not have.
    """
    _check(vocabulary, size, what)
    pieces = dict(sorted(vocabulary.items(), key=lambda item: item[1]))
    if family.pieces.kind == WORDPIECE:
        lower = not is_cased(p for p in pieces if not (p.startswith("<") and p.endswith(">")))
        settings = as_json({"tokenizer_class": family.pieces.name, "do_lower_case": lower}, TOKENIZER_CONFIG)
        if family.pieces.name in (BERT.name, DISTILBERT.name):
            missing = [piece for piece in _NEEDED if piece not in pieces]
            if missing:
                raise ModelFormatError(f"The vocabulary lacks {', '.join(missing)}; is it a BERT vocabulary?")
            return {
                TOKENIZER: as_json(tokenizer_json(vocabulary, lower), TOKENIZER),
                TOKENIZER_CONFIG: settings,
            }
        return {"vocab.txt": "".join(f"{piece}\n" for piece in pieces).encode(), TOKENIZER_CONFIG: settings}
    if not merges:
        raise ModelFormatError(f"{what} has no merges of its vocabulary; fetch or save the model again")
    lines = ["#version: 0.2", *(f"{a} {b}" for a, b in merges if (a, b) != _VERSION)]
    return {
        "vocab.json": as_json(pieces, "vocab.json"),
        "merges.txt": ("\n".join(lines) + "\n").encode(),
        TOKENIZER_CONFIG: as_json({"tokenizer_class": family.pieces.name}, TOKENIZER_CONFIG),
    }


def of_sentencepiece(family: Family, data: bytes, what: str) -> dict[str, bytes]:
    """The files of a tokenizer of SentencePiece. Raises ModelFormatError for a file that is no such model."""
    if not 0 < len(data) <= _MOST_BYTES:
        raise ModelFormatError(f"{what} has {len(data)} bytes, which no model of SentencePiece has; fetch it again")
    settings = as_json({"tokenizer_class": family.pieces.name}, TOKENIZER_CONFIG)
    return {family.pieces.files[0]: data, TOKENIZER_CONFIG: settings}


def _check(vocabulary: dict[str, int], size: int, what: str) -> None:
    if min(vocabulary.values()) < 0 or max(vocabulary.values()) >= size:
        raise ModelFormatError(
            f"The vocabulary in {what} has ids from {min(vocabulary.values())} to {max(vocabulary.values())}, the "
            f"weights embed {size}; vocabulary and weights belong to different models"
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
