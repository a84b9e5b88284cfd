"""Tiny random classifiers of every family, with tokenizers of their kind; made in memory, in milliseconds."""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    CONFIG_MAPPING,
    AutoConfig,
    AutoModelForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from sparkcls.families import registry
from tests.models import WORDS, vocabulary
from tests.reference_models import IS_5, make_tokenizer, save_tokenizer

_WORDPIECE, _BYTES, _UNIGRAM = "wordpiece", "bytes", "unigram"
_CLS = {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"}
_S = {"cls": "<s>", "pad": "<pad>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}

#: Of each ``model_type``: the class of its tokenizer, the kind of its vocabulary, and its special tokens in the order
#: of their ids.
TOKENIZERS: dict[str, tuple[str, str, list[str]]] = {
    # A BERT's sends token types, which only the DistilBERT of 5 passes over.
    "distilbert": ("BertTokenizer" if IS_5 else "DistilBertTokenizer", _WORDPIECE, list(_CLS.values())),
    "bert": ("BertTokenizer", _WORDPIECE, list(_CLS.values())),
    "electra": ("BertTokenizer", _WORDPIECE, list(_CLS.values())),
    "mpnet": ("MPNetTokenizer", _WORDPIECE, [*_S.values(), "[UNK]"]),
    "roberta": ("RobertaTokenizer", _BYTES, list(_S.values())),
    "data2vec-text": ("RobertaTokenizer", _BYTES, list(_S.values())),
    "longformer": ("RobertaTokenizer", _BYTES, list(_S.values())),
    "bart": ("RobertaTokenizer", _BYTES, list(_S.values())),
    "modernbert": ("PreTrainedTokenizerFast", _BYTES, list(_CLS.values())),
    "deberta": ("DebertaTokenizer", _BYTES, list(_CLS.values())),
    "xlm-roberta": ("XLMRobertaTokenizer", _UNIGRAM, list(_S.values())),
    "camembert": (
        "CamembertTokenizer",
        _UNIGRAM,
        ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>"],
    ),
    "albert": ("AlbertTokenizer", _UNIGRAM, ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]),
    "deberta-v2": ("DebertaV2Tokenizer", _UNIGRAM, ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]),
    "xlnet": ("XLNetTokenizer", _UNIGRAM, ["<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>"]),
}
#: Families by ``model_type``: all of them, but for those that an old `transformers` lacks, which makes the models.
FAMILIES = [name for name in TOKENIZERS if name in CONFIG_MAPPING]
#: Those whose networks are sparkcls's own.
WRITTEN_OUT = [name for name in FAMILIES if name in registry.FAMILIES and registry.FAMILIES[name].network != "generic"]

_SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "initializer_range": 0.3,
}
#: What differs from `_SHAPE`; None leaves a key out.
_SHAPES: dict[str, dict[str, Any]] = {
    "distilbert": {"hidden_size": None, "dim": 32, "hidden_dim": 64, "n_layers": 2, "n_heads": 4}
    | dict.fromkeys(("intermediate_size", "num_hidden_layers", "num_attention_heads")),
    "roberta": {"max_position_embeddings": 514, "type_vocab_size": 1},
    "xlm-roberta": {"max_position_embeddings": 514, "type_vocab_size": 1},
    "camembert": {"max_position_embeddings": 514, "type_vocab_size": 1},
    "data2vec-text": {"max_position_embeddings": 514, "type_vocab_size": 1},
    "mpnet": {"max_position_embeddings": 514},
    "electra": {"embedding_size": 16},
    "albert": {"embedding_size": 16},
    "deberta-v2": {
        "relative_attention": True,
        "position_buckets": 16,
        "norm_rel_ebd": "layer_norm",
        "share_att_key": True,
        "pos_att_type": ["p2c", "c2p"],
        "position_biased_input": False,
        "type_vocab_size": 0,
        "layer_norm_eps": 1e-7,
        "max_position_embeddings": 512,
    },
    "deberta": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "type_vocab_size": 0},
    "modernbert": {"local_attention": 16, "max_position_embeddings": 512, "num_hidden_layers": 4},
    "longformer": {"attention_window": [8, 8], "max_position_embeddings": 514},
    "xlnet": {"hidden_size": None, "intermediate_size": None, "num_hidden_layers": None, "num_attention_heads": None}
    | {"d_model": 32, "d_inner": 64, "n_layer": 2, "n_head": 4},
    "bart": {"hidden_size": None, "intermediate_size": None, "num_hidden_layers": None, "num_attention_heads": None}
    | {"d_model": 32, "initializer_range": None, "init_std": 0.3, "max_position_embeddings": 512}
    | {f"{part}_{key}": n for part in ("encoder", "decoder") for key, n in {"ffn_dim": 64, "layers": 2}.items()}
    | {f"{part}_attention_heads": 4 for part in ("encoder", "decoder")},
}


def save_tiny_family(
    folder: Path,
    family: str,
    labels: Sequence[str],
    *,
    seed: int = 0,
    change: Callable[[PreTrainedModel], None] | None = None,
    **config: Any,
) -> Path:
    """Write a random two-layer model of width 32 with a tokenizer of its kind; its scores differ between texts.

    Parameters
    ----------
    family
        Its ``model_type``, one of `FAMILIES`.
    change
        May alter the model before it is saved.
    config
        Entries of config.json in place of the usual ones.
    """
    tokenizer = tiny_tokenizer(family)
    shape = {key: value for key, value in (_SHAPE | _SHAPES.get(family, {})).items() if value is not None}
    special = {
        f"{name}_token_id": getattr(tokenizer, f"{name}_token_id") for name in ("pad", "bos", "eos", "cls", "sep")
    }
    names = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
    made = AutoConfig.for_model(family, **({"vocab_size": len(tokenizer)} | special | shape | names | config))
    torch.manual_seed(seed)
    model = AutoModelForSequenceClassification.from_config(made).eval()
    # Biases and norms begin as 0 and 1, which hides what forgets them.
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim == 1:
                weight.add_(0.1 * torch.randn_like(weight))
    if change:
        change(model)
    model.save_pretrained(folder)
    save_tokenizer(tokenizer, folder)
    return folder


def tiny_tokenizer(family: str) -> PreTrainedTokenizerFast:
    """A tokenizer of a family over the words of `tests.models`, as `transformers` builds it."""
    name, kind, special = TOKENIZERS[family]
    if name == "PreTrainedTokenizerFast":
        return _of_modernbert(special)
    if kind == _WORDPIECE:
        pieces = [*special, *(p for p in vocabulary() if p not in special and p not in _CLS.values())]
        return make_tokenizer(name, pieces)
    if kind == _BYTES:
        trained = _byte_pairs(special)
        return make_tokenizer(name, trained["vocab"], trained["merges"])
    return make_tokenizer(name, unigram_pieces(special))


def unigram_pieces(special: Sequence[str]) -> list[tuple[str, float]]:
    """Special pieces, words that begin with a space, and characters, each with its score."""
    words = dict.fromkeys(WORDS)
    ends = [*(f"▁{word}" for word in words), *(word for word in words if len(word) > 1), "s", "ed", "ing", "ly"]
    characters = ["▁", *string.ascii_letters, *string.digits, *string.punctuation, "é", "ï"]
    scores = {piece: -4.0 - i / 64 for i, piece in enumerate(ends)}
    scores |= {piece: -12.0 - i / 64 for i, piece in enumerate(characters) if piece not in scores}
    return [*((piece, 0.0) for piece in special), *((p, s) for p, s in scores.items() if p not in special)]


def _byte_pairs(special: Sequence[str]) -> Any:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=460,
        special_tokens=list(special),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = [" ".join(WORDS[i:] + WORDS[:i]) for i in range(0, len(WORDS), 3)]
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    # tokenizers below 0.20 writes a pair with a space between.
    model["merges"] = [tuple(merge.split(" ") if isinstance(merge, str) else merge) for merge in model["merges"]]
    return model


def _of_modernbert(special: Sequence[str]) -> PreTrainedTokenizerFast:
    """ModernBERT has no class of its own: byte pairs, and BERT's special tokens."""
    trained = _byte_pairs(special)
    tokenizer = Tokenizer(models.BPE(vocab=trained["vocab"], merges=trained["merges"]))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(token, trained["vocab"][token]) for token in ("[CLS]", "[SEP]")],
    )
    names = {f"{name}_token": token for name, token in _CLS.items()}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names)
