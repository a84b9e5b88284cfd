"""The files of a tokenizer as `transformers` 3, 4 and 5 save them, byte for byte, without these versions.

Compared once, for plain, cased, renamed, left and added tokens, with what transformers 3.5.1, 4.18.0 and 4.57.6 wrote.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

NAMES = {
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}
RENAMED = dict(zip(NAMES, ("<unk>", "</s>", "<pad>", "<s>", "<mask>"), strict=True))
_FLAGS = ("lstrip", "normalized", "rstrip", "single_word", "special")


@dataclass(frozen=True)
class Saved:
    """A tokenizer of BERT's kind to write down.

    `added` are tokens by id, as they were added; `settings` those of tokenizer_config.json.
    """

    pieces: Sequence[str]
    added: Mapping[int, AddedToken] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def with_settings(self, **settings: Any) -> Saved:
        return replace(self, settings={**self.settings, **settings})

    @property
    def names(self) -> dict[str, str]:
        return {name: self.settings.get(name, usual) for name, usual in NAMES.items()}

    @property
    def listed(self) -> list[AddedToken]:
        """Special tokens beside the named ones."""
        return [token for token in self.added.values() if token.special]

    @property
    def new(self) -> dict[str, int]:
        """Ids of the tokens that the vocabulary lacks."""
        return {token.content: i for i, token in self.added.items() if token.content not in self.pieces}

    def tokenizer(self, named: bool = True) -> Tokenizer:
        """What transformers 4 and 5 save as tokenizer.json; early versions do not list the named special tokens."""
        get = self.settings.get
        names = self.names
        vocabulary = {piece: i for i, piece in enumerate(self.pieces)}
        tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=names["unk_token"]))
        tokenizer.normalizer = normalizers.BertNormalizer(
            handle_chinese_chars=get("tokenize_chinese_chars", True),
            strip_accents=get("strip_accents"),
            lowercase=get("do_lower_case", True),
        )
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        first, last = names["cls_token"], names["sep_token"]
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{first}:0 $A:0 {last}:0",
            pair=f"{first}:0 $A:0 {last}:0 $B:1 {last}:1",
            special_tokens=[(first, vocabulary[first]), (last, vocabulary[last])],
        )
        tokenizer.decoder = decoders.WordPiece(prefix="##")
        if named:
            tokenizer.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in names.values()])
        tokenizer.add_tokens(list(self.added.values()))
        return tokenizer


def _flags(token: AddedToken, *without: str) -> dict[str, Any]:
    flags = {name: getattr(token, name) for name in _FLAGS if name not in without}
    return {"content": token.content, **flags}


def _pretty(content: Any) -> str:
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def files_of_3(saved: Saved) -> dict[str, str]:
    """Transformers 3.5, class DistilBertTokenizer: a vocabulary, no tokenizer.json."""
    settings = {
        "do_lower_case": True,
        "do_basic_tokenize": True,
        "never_split": None,
        **saved.names,
        "tokenize_chinese_chars": True,
        "strip_accents": None,
    } | dict(saved.settings)
    special: dict[str, Any] = dict(saved.names)
    if saved.listed:
        special["additional_special_tokens"] = [token.content for token in saved.listed]
    files = {
        "vocab.txt": "\n".join(saved.pieces) + "\n",
        "special_tokens_map.json": json.dumps(special, ensure_ascii=False),
        "tokenizer_config.json": json.dumps(settings, ensure_ascii=False),
    }
    if saved.new:
        lower = settings["do_lower_case"]
        new = {
            t.content.lower() if lower and not t.special else t.content: saved.new[t.content]
            for t in saved.added.values()
            if t.content in saved.new
        }
        files["added_tokens.json"] = json.dumps(new, ensure_ascii=False)
    return files


def files_of_4_early(saved: Saved) -> dict[str, str]:
    """Transformers 4 up to 4.33, class DistilBertTokenizerFast: no added_tokens_decoder."""
    files = files_of_3(saved)
    settings = json.loads(files["tokenizer_config.json"])
    last = {key: settings.pop(key) for key in ("do_basic_tokenize", "never_split")}
    settings |= last | {"tokenizer_class": "DistilBertTokenizer"}
    files["tokenizer_config.json"] = json.dumps(settings, ensure_ascii=False)
    if saved.new:
        files["added_tokens.json"] = json.dumps(dict(sorted(saved.new.items())), ensure_ascii=False)
    files["tokenizer.json"] = saved.tokenizer(named=False).to_str(pretty=True)
    return files


def files_of_4(saved: Saved) -> dict[str, str]:
    """Transformers 4.57, class DistilBertTokenizerFast."""
    settings = {
        "added_tokens_decoder": {
            str(i): _flags(token) for i, token in sorted(saved.tokenizer().get_added_tokens_decoder().items())
        },
        "clean_up_tokenization_spaces": True,
        "do_basic_tokenize": True,
        "do_lower_case": True,
        "extra_special_tokens": {},
        "model_max_length": int(1e30),
        "never_split": None,
        "strip_accents": None,
        "tokenize_chinese_chars": True,
        "tokenizer_class": "DistilBertTokenizer",
        **saved.names,
    } | dict(saved.settings)
    special: dict[str, Any] = dict(saved.names)
    if saved.listed:
        settings["additional_special_tokens"] = [token.content for token in saved.listed]
        special["additional_special_tokens"] = [_flags(token, "special") for token in saved.listed]
    files = {
        "vocab.txt": "\n".join(saved.pieces) + "\n",
        "special_tokens_map.json": _pretty(special),
        "tokenizer.json": saved.tokenizer().to_str(pretty=True),
        "tokenizer_config.json": json.dumps(settings, indent=2, ensure_ascii=False) + "\n",
    }
    order = sorted(k for k in settings if k != "added_tokens_decoder")
    settings = {"added_tokens_decoder": settings["added_tokens_decoder"]} | {k: settings[k] for k in order}
    files["tokenizer_config.json"] = json.dumps(settings, indent=2, ensure_ascii=False) + "\n"
    if saved.new:
        files["added_tokens.json"] = _pretty(saved.new)
    return files


def files_of_5(saved: Saved) -> dict[str, str]:
    """Transformers 5, class DistilBertTokenizer: two files; added tokens in tokenizer.json."""
    settings = {
        "backend": "tokenizers",
        "do_lower_case": True,
        "model_max_length": int(1e30),
        "strip_accents": None,
        "tokenize_chinese_chars": True,
        "tokenizer_class": "DistilBertTokenizer",
        **saved.names,
    } | dict(saved.settings)
    if saved.listed:
        settings["extra_special_tokens"] = [token.content for token in saved.listed]
    return {"tokenizer.json": saved.tokenizer().to_str(pretty=True), "tokenizer_config.json": _pretty(settings)}


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write a tokenizer's files in place of those that are there."""
    for name in (
        "vocab.txt",
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
    ):
        (folder / name).unlink(missing_ok=True)
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
