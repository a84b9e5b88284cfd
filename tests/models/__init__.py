"""Small real DistilBERT folders, made in memory."""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from transformers import DistilBertConfig, DistilBertForSequenceClassification

from tests.reference_models import make_tokenizer, save_tokenizer

WORDS = [
    "the",
    "a",
    "an",
    "and",
    "or",
    "not",
    "is",
    "was",
    "this",
    "that",
    "it",
    "i",
    "you",
    "he",
    "she",
    "we",
    "they",
    "film",
    "movie",
    "plot",
    "story",
    "good",
    "bad",
    "great",
    "awful",
    "really",
    "liked",
    "loved",
    "hated",
    "boring",
    "fine",
    "market",
    "shares",
    "rose",
    "fell",
    "game",
    "team",
    "won",
    "lost",
    "science",
    "new",
    "york",
    "don",
    "t",
    "won",
    "poison",
    "caf",
    "cafe",
    "hero",
    "naive",
    "price",
    "time",
    "day",
    "night",
    "love",
    "fear",
    "anger",
    "joy",
    "sad",
    "happy",
]
SUFFIXES = ["##s", "##ed", "##ing", "##ly", "##e", "##er"]


def vocabulary(cased: bool = False) -> list[str]:
    """Special pieces, words, and every ASCII character alone and as a continuation."""
    letters = string.ascii_letters if cased else string.ascii_lowercase
    characters = [c for c in letters + string.digits + string.punctuation]
    words = [*WORDS, *(w.capitalize() for w in WORDS)] if cased else WORDS
    pieces = [
        "[PAD]",
        "[UNK]",
        "[CLS]",
        "[SEP]",
        "[MASK]",
        *words,
        *SUFFIXES,
        *characters,
        *("##" + c for c in characters),
    ]
    return list(dict.fromkeys(pieces))


def save_tiny_model(
    folder: Path,
    labels: Sequence[str],
    *,
    cased: bool = False,
    positions: int = 512,
    seed: int = 0,
    change: Callable[[DistilBertForSequenceClassification, list[str]], None] | None = None,
) -> Path:
    """Write a random two-layer model of width 32 with a tokenizer; its scores differ between texts.

    `change` may alter the model before it is saved; it also gets the vocabulary.
    """
    torch.manual_seed(seed)
    pieces = vocabulary(cased)
    config = DistilBertConfig(
        vocab_size=len(pieces),
        dim=32,
        hidden_dim=64,
        n_layers=2,
        n_heads=4,
        max_position_embeddings=positions,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
        initializer_range=0.3,
    )
    model = DistilBertForSequenceClassification(config).eval()
    if change:
        change(model, pieces)
    model.save_pretrained(folder)
    tokenizer = make_tokenizer("DistilBertTokenizer", pieces, do_lower_case=not cased)
    save_tokenizer(tokenizer, folder)
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    return folder


def poisonous(word: str) -> Callable[[DistilBertForSequenceClassification, list[str]], None]:
    """Make scores of every text with this word NaN: a model with one bad row."""

    def change(model: DistilBertForSequenceClassification, pieces: list[str]) -> None:
        with torch.no_grad():
            model.distilbert.embeddings.word_embeddings.weight[pieces.index(word)] = float("nan")

    return change


def broken(model: DistilBertForSequenceClassification, pieces: list[str]) -> None:
    """Make all scores NaN."""
    with torch.no_grad():
        model.classifier.bias[0] = float("nan")


def sharp(factor: float, inside: float = 1.0) -> Callable[[DistilBertForSequenceClassification, list[str]], None]:
    """Make scores so many times as large, and the weights of the linear layers before them."""

    def change(model: DistilBertForSequenceClassification, pieces: list[str]) -> None:
        with torch.no_grad():
            model.classifier.weight.mul_(factor)
            for name, weight in model.distilbert.named_parameters():
                if "lin" in name and name.endswith("weight"):
                    weight.mul_(inside)

    return change


def overflowing(word: str | None = None) -> Callable[[DistilBertForSequenceClassification, list[str]], None]:
    """Make a layer exceed the range of float16, but not that of float32: for texts with a word, or for all."""

    def change(model: DistilBertForSequenceClassification, pieces: list[str]) -> None:
        layer = model.distilbert.transformer.layer[0]
        with torch.no_grad():
            if word is None:
                layer.ffn.lin2.weight.mul_(1e6)
                return
            # Only this word's vector points where one row of the layer looks, and the layers between let it pass.
            direction = torch.zeros(32)
            direction[:16], direction[16:] = 1.0, -1.0
            model.distilbert.embeddings.word_embeddings.weight[pieces.index(word)] = 100 * direction
            layer.attention.out_lin.weight.zero_()
            layer.ffn.lin1.weight[0] = 3000 * direction
            layer.ffn.lin2.weight[:, 0] = 1e-6

    return change
