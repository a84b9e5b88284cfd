"""The files of tokenizers other than BERT's as `transformers` 3, 4 and 5 leave them behind, made without 3 and 4.

What 4 saved is built by the converters of 4, which 5 still has.
"""

from __future__ import annotations

import io
import json
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import sentencepiece
from tokenizers import AddedToken, Tokenizer
from transformers import PreTrainedTokenizerFast
from transformers.convert_slow_tokenizer import SLOW_TO_FAST_CONVERTERS

from tests.families import tiny_tokenizer
from tests.models import WORDS
from tests.reference_models import sentencepiece_model

NORMAL, UNKNOWN, CONTROL, USER_DEFINED = 1, 2, 3, 4
_S = {"bos": "<s>", "eos": "</s>", "sep": "</s>", "cls": "<s>", "unk": "<unk>", "pad": "<pad>", "mask": "<mask>"}
_CLS = {"bos": "[CLS]", "eos": "[SEP]", "sep": "[SEP]", "cls": "[CLS]", "unk": "[UNK]", "pad": "[PAD]"} | {
    "mask": "[MASK]"
}


@dataclass(frozen=True)
class Kind:
    """A class of tokenizers: its vocabulary files, its special tokens, the pieces at the head of a SentencePiece file."""

    tokenizer: str
    files: tuple[str, ...]
    names: dict[str, str]
    head: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    extra: tuple[str, ...] = ()
    mask_takes_space: bool = True


#: By ``model_type``.
KINDS = {
    "roberta": Kind("RobertaTokenizer", ("vocab.json", "merges.txt"), _S, settings={"add_prefix_space": False}),
    "deberta": Kind("DebertaTokenizer", ("vocab.json", "merges.txt"), _CLS, settings={"add_prefix_space": False}),
    "mpnet": Kind("MPNetTokenizer", ("vocab.txt",), _S | {"unk": "[UNK]"}, settings={"do_lower_case": True}),
    "xlm-roberta": Kind("XLMRobertaTokenizer", ("sentencepiece.bpe.model",), _S, ("<unk>", "<s>", "</s>")),
    "camembert": Kind(
        "CamembertTokenizer",
        ("sentencepiece.bpe.model",),
        _S,
        ("<unk>", "<s>", "</s>"),
        extra=("<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"),
    ),
    "albert": Kind(
        "AlbertTokenizer",
        ("spiece.model",),
        _CLS | {"unk": "<unk>", "pad": "<pad>"},
        ("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"),
        {"do_lower_case": True, "keep_accents": False, "remove_space": True},
    ),
    "deberta-v2": Kind(
        "DebertaV2Tokenizer",
        ("spm.model",),
        _CLS,
        ("[PAD]", "[CLS]", "[SEP]", "[UNK]"),
        {"do_lower_case": False, "split_by_punct": False},
        mask_takes_space=False,
    ),
    "xlnet": Kind(
        "XLNetTokenizer",
        ("spiece.model",),
        _S | {"sep": "<sep>", "cls": "<cls>"},
        ("<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>", "<eod>", "<eop>"),
        {"do_lower_case": False, "keep_accents": False, "remove_space": True},
        extra=("<eop>", "<eod>"),
    ),
}


def _trained(texts: list[str], **options: Any) -> Any:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=model,
        character_coverage=1.0,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
        **options,
    )
    return sentencepiece_model.ModelProto.FromString(model.getvalue())


@cache
def _pieces(model_type: str) -> Any:
    texts = [" ".join(WORDS[i:] + WORDS[:i]) for i in range(0, len(WORDS), 2)] * 2
    texts += [
        "Le café est ÉLÉGANT, n'est-ce pas? 10,000 $ 9,5",
        "我喜欢电影 한국어",
        "New-York! (a_b) <x> [y] & Größe",
    ] * 2
    return _trained(texts, vocab_size=180, model_type=model_type, normalization_rule_name="identity")


def sentencepiece_file(
    family: str, model_type: str = "unigram", charsmap: bytes = b"", user_defined: str = ""
) -> bytes:
    """A SentencePiece file with the special pieces of a family; `user_defined` is one more piece."""
    kind = KINDS[family]
    trained = _pieces(model_type)
    pieces = [piece for piece in trained.pieces if piece.type == NORMAL]
    model = sentencepiece_model.ModelProto()
    model.trainer_spec.CopyFrom(trained.trainer_spec)
    model.normalizer_spec.CopyFrom(trained.normalizer_spec)
    model.normalizer_spec.precompiled_charsmap = charsmap
    model.trainer_spec.unk_id = kind.head.index(kind.names["unk"])
    for text in kind.head:
        model.pieces.add(piece=text, score=0, type=UNKNOWN if text == kind.names["unk"] else CONTROL)
    if user_defined:
        model.pieces.add(piece=user_defined, score=0, type=USER_DEFINED)
    model.pieces.extend(pieces)
    return bytes(model.SerializeToString())


@cache
def charsmap() -> bytes:
    """A table that makes plain letters of some wide ones, of a ligature and of a fraction."""
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder) / "rules.tsv"
        rules.write_text("FF21\t41\nFF22\t42\nFB01\t66 69\n3000\t20\nBD\t31 2044 32\n")
        trained = _trained(["a b c"] * 9, vocab_size=9, normalization_rule_tsv=str(rules))
    return bytes(trained.normalizer_spec.precompiled_charsmap)


def vocabulary_files(family: str) -> dict[str, bytes]:
    """The vocabulary files alone."""
    kind = KINDS[family]
    if kind.head:
        return {kind.files[0]: sentencepiece_file(family, charsmap=charsmap())}
    model = json.loads(tiny_tokenizer(family).backend_tokenizer.to_str())["model"]
    if "merges" not in model:
        return {"vocab.txt": "".join(f"{piece}\n" for piece in model["vocab"]).encode()}
    merges = "".join(f"{a} {b}\n" for a, b in model["merges"])
    return {"vocab.json": json.dumps(model["vocab"]).encode(), "merges.txt": f"#version: 0.2\n{merges}".encode()}


def converted(family: str, files: dict[str, bytes], folder: Path, **settings: Any) -> Tokenizer:
    """The tokenizer that `transformers` 4 made of a family's vocabulary files, without added tokens."""
    kind = KINDS[family]
    for name, content in files.items():
        (folder / name).write_bytes(content)
    theirs = kind.settings | settings
    slow = SimpleNamespace(vocab_file=str(folder / kind.files[0]), **theirs)
    if "vocab.json" in files:
        slow.encoder = json.loads(files["vocab.json"])
        merges = files["merges.txt"].decode().splitlines()[1:]
        slow.bpe_ranks = {tuple(merge.split(" ")): i for i, merge in enumerate(merges)}
        ids = slow.encoder
    elif "vocab.txt" in files:
        ids = slow.vocab = {piece: i for i, piece in enumerate(files["vocab.txt"].decode().splitlines())}
        slow.basic_tokenizer = SimpleNamespace(do_lower_case=True, strip_accents=None, tokenize_chinese_chars=True)
    else:
        ids = {}
    for name, text in kind.names.items():
        setattr(slow, f"{name}_token", text)
        setattr(slow, f"{name}_token_id", ids.get(text))
    converter = SLOW_TO_FAST_CONVERTERS[kind.tokenizer]
    if not ids:
        probe = converter(slow)
        ids = {piece: i for i, (piece, _) in enumerate(probe.vocab(probe.proto))}
    slow.convert_tokens_to_ids = ids.get
    return converter(slow).converted()


def files_of_4(
    family: str, folder: Path, *, early: bool = False, added: tuple[AddedToken, ...] = (), **settings: Any
) -> None:
    """What transformers 4 saved; early versions without added_tokens_decoder. None as a setting leaves it out."""
    kind = KINDS[family]
    files = vocabulary_files(family)
    mask = AddedToken(kind.names["mask"], lstrip=kind.mask_takes_space, normalized=False, special=True)
    names: dict[str, Any] = {f"{name}_token": text for name, text in kind.names.items()}
    fast = PreTrainedTokenizerFast(
        tokenizer_object=converted(family, files, folder, **{k: v for k, v in settings.items() if k in kind.settings}),
        extra_special_tokens=list(kind.extra),
        **(names | {"mask_token": mask}),
    )
    fast.add_tokens(list(added))
    tokenizer = fast.backend_tokenizer
    (folder / "tokenizer.json").write_text(tokenizer.to_str())
    all_added = {str(i): _flags(token) for i, token in tokenizer.get_added_tokens_decoder().items()}
    content = kind.settings | names | {"tokenizer_class": kind.tokenizer, "model_max_length": 512}
    listed: dict[str, Any] = names | {"mask_token": {k: v for k, v in _flags(mask).items() if k != "special"}}
    if kind.extra:
        content["additional_special_tokens"] = listed["additional_special_tokens"] = list(kind.extra)
    if not early:
        content["added_tokens_decoder"] = all_added
    content |= settings
    kept = {key: value for key, value in content.items() if value is not None}
    (folder / "tokenizer_config.json").write_text(json.dumps(kept))
    (folder / "special_tokens_map.json").write_text(json.dumps(listed))


def files_of_3(family: str, folder: Path, **settings: Any) -> None:
    """The vocabulary files and settings, without a tokenizer.json."""
    kind = KINDS[family]
    for name, content in vocabulary_files(family).items():
        (folder / name).write_bytes(content)
    names = {f"{name}_token": text for name, text in kind.names.items()}
    (folder / "tokenizer_config.json").write_text(json.dumps(kind.settings | names | settings))
    mask = {"content": kind.names["mask"], "single_word": False, "lstrip": True, "rstrip": False, "normalized": True}
    (folder / "special_tokens_map.json").write_text(json.dumps(names | {"mask_token": mask}))


def files_of_5(family: str, folder: Path, **settings: Any) -> None:
    """What transformers 5 saves."""
    tiny_tokenizer(family).save_pretrained(folder)
    file = folder / "tokenizer_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))


def _flags(token: AddedToken) -> dict[str, Any]:
    names = ("lstrip", "normalized", "rstrip", "single_word", "special")
    return {"content": token.content} | {name: getattr(token, name) for name in names}
