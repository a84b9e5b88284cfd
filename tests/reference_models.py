"""What tests say differently to `transformers` 4 and 5: how a tokenizer is made and saved, and the precision."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
import transformers
from packaging.version import Version
from transformers import PreTrainedTokenizerFast
from transformers.convert_slow_tokenizer import import_protobuf

#: 5 has one class of tokenizers of each kind, which takes a vocabulary; 4 has two, which take files.
IS_5 = Version(transformers.__version__) >= Version("5.dev0")
#: The messages of SentencePiece files. Of a process's modules only one may define them, and 4 brings its own.
sentencepiece_model = import_module("sentencepiece.sentencepiece_model_pb2") if IS_5 else import_protobuf()
#: For `from_pretrained`, whose keyword 4.56 renamed.
FLOAT32 = {"dtype" if Version(transformers.__version__) >= Version("4.56") else "torch_dtype": torch.float32}
#: Classes that send token types in 4, and none in 5.
_WITHOUT_TYPES = ("AlbertTokenizer", "XLNetTokenizer")
#: The special pieces of a SentencePiece file where they are not all those of the vocabulary: 4 adds the others.
_HEADS = {
    "XLMRobertaTokenizer": ("<unk>", "<s>", "</s>"),
    "CamembertTokenizer": ("<unk>", "<s>", "</s>"),
}


def make_tokenizer(
    name: str,
    vocabulary: Sequence[str] | Mapping[str, int] | Sequence[tuple[str, float]],
    merges: Sequence[tuple[str, str]] | None = None,
    **settings: Any,
) -> PreTrainedTokenizerFast:
    """A tokenizer of the class `name`.

    Parameters
    ----------
    vocabulary
        Pieces in the order of their ids; for byte pairs the id of each; for Unigram models the score of each.
    merges
        Of byte pairs alone.
    """
    if IS_5:
        pieces = vocabulary
        if isinstance(vocabulary[0] if isinstance(vocabulary, Sequence) else None, str):
            pieces = {piece: i for i, piece in enumerate(vocabulary)}
        more = {} if merges is None else {"merges": list(merges)}
        return getattr(transformers, name)(vocab=pieces, **more, **settings)
    with tempfile.TemporaryDirectory() as folder:
        if merges is not None:
            files = {
                "vocab_file": ("vocab.json", json.dumps(vocabulary).encode()),
                "merges_file": ("merges.txt", "".join(f"{a} {b}\n" for a, b in merges).encode()),
            }
        elif isinstance(vocabulary[0], str):
            files = {"vocab_file": ("vocab.txt", "".join(f"{piece}\n" for piece in vocabulary).encode())}
        else:
            files = {"vocab_file": ("spiece.model", _sentencepiece(name, vocabulary))}
        for file, content in files.values():
            (Path(folder) / file).write_bytes(content)
        paths = {argument: str(Path(folder) / file) for argument, (file, _) in files.items()}
        if name in _WITHOUT_TYPES:
            settings = {"model_input_names": ["input_ids", "attention_mask"]} | settings
        return getattr(transformers, f"{name}Fast")(**paths, **settings)


def save_tokenizer(tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Its files as 5 writes them: everything about its tokens stands in ``tokenizer.json``."""
    tokenizer.save_pretrained(folder)
    if IS_5:
        return
    for name in ("special_tokens_map.json", "added_tokens.json"):
        (folder / name).unlink(missing_ok=True)
    file = folder / "tokenizer_config.json"
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings.pop("added_tokens_decoder", None)
    file.write_text(json.dumps(settings, indent=2), encoding="utf-8")


def _sentencepiece(name: str, scored: Sequence[tuple[str, float]]) -> bytes:
    model = sentencepiece_model.ModelProto()
    model.trainer_spec.model_type = 1  # Unigram
    special = [piece for piece, score in scored if score == 0]
    head = _HEADS.get(name, special)
    unknown = next(piece for piece in head if piece.strip("<[]>").lower() == "unk")
    model.trainer_spec.unk_id = list(head).index(unknown)
    for piece in head:
        model.pieces.add(piece=piece, score=0, type=2 if piece == unknown else 3)
    for piece, score in scored:
        if piece not in special:
            model.pieces.add(piece=piece, score=score, type=1)
    return model.SerializeToString()
