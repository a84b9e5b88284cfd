"""Tokenizers for random models: real ones of each kind, made in a second.

Byte pairs and unigrams are learned from the texts that are measured, WordPiece has the bundled model's vocabulary, so
that texts have about as many pieces as with the published tokenizers. Their vocabularies are smaller, the tables
of embeddings are not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sparkcls.bench.shapes import BYTE_PAIRS, WORDPIECE, Named
from sparkcls.models.textfiles import read_json

_PIECES = 8000


def tokenizer_for(named: Named, texts: Sequence[str], bundled: Path) -> Any:
    """A tokenizer of `transformers`.

    Parameters
    ----------
    texts
        What pieces are learned from.
    bundled
        The tokenizer.json of the bundled model.
    """
    import transformers

    if not named.tokenizer:
        return _without_class(named, texts)
    made = getattr(transformers, named.tokenizer)
    if named.kind == WORDPIECE:
        known = [piece for piece in read_json(bundled)["model"]["vocab"] if piece not in named.special]
        return made(vocab={piece: i for i, piece in enumerate([*named.special, *known][: len(known)])})
    if named.kind == BYTE_PAIRS:
        learned = _byte_pairs(named, texts)
        return made(vocab=learned["vocab"], merges=[tuple(merge) for merge in learned["merges"]])
    return made(vocab=[*((piece, 0.0) for piece in named.special), *_unigrams(named, texts)])


def _byte_pairs(named: Named, texts: Sequence[str]) -> dict[str, Any]:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=_PIECES,
        special_tokens=list(named.special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    learned: dict[str, Any] = json.loads(tokenizer.to_str())["model"]
    return learned


def _unigrams(named: Named, texts: Sequence[str]) -> list[tuple[str, float]]:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=_PIECES, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    learned = json.loads(tokenizer.to_str())["model"]["vocab"]
    return [(piece, score) for piece, score in learned if piece not in named.special and piece != "<unk>"]


def _without_class(named: Named, texts: Sequence[str]) -> Any:
    """ModernBERT's: byte pairs, and BERT's special pieces around a text."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    learned = _byte_pairs(named, texts)
    tokenizer = Tokenizer(models.BPE(vocab=learned["vocab"], merges=[tuple(merge) for merge in learned["merges"]]))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(piece, learned["vocab"][piece]) for piece in ("[CLS]", "[SEP]")],
    )
    names = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **dict(zip(names, named.special, strict=True)))
