"""The shapes that people run, by name: configurations of `transformers`, with the tokenizer of their kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

WORDPIECE, BYTE_PAIRS, UNIGRAM = "wordpiece", "byte pairs", "unigram"

_BERT = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_ROBERTA = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")


@dataclass(frozen=True)
class Named:
    """A shape.

    Parameters
    ----------
    model_type
        As in config.json.
    kind
        Of the vocabulary.
    tokenizer
        The class of `transformers`; empty for one that has none of its own.
    special
        Its special pieces, in the order of their ids.
    config
        What differs from the usual values of the model type in `transformers`, which are those of the base model.
    labels
        Candidate labels, if it is measured as a zero-shot classifier.
    """

    model_type: str
    kind: str
    tokenizer: str
    special: tuple[str, ...]
    config: Mapping[str, Any] = field(default_factory=dict)
    labels: int = 0


_OF_ROBERTA = {"max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
_OF_DEBERTA_V3 = {
    "vocab_size": 128100,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "pooler_hidden_size": 768,
    "relative_attention": True,
    "position_buckets": 256,
    "norm_rel_ebd": "layer_norm",
    "share_att_key": True,
    "pos_att_type": ["p2c", "c2p"],
    "position_biased_input": False,
    "type_vocab_size": 0,
    "layer_norm_eps": 1e-7,
}

#: The first is the base of `sparkcls bench`.
SHAPES = {
    "base": Named("distilbert", WORDPIECE, "BertTokenizer", _BERT),
    "bert-base": Named("bert", WORDPIECE, "BertTokenizer", _BERT),
    "roberta-base": Named("roberta", BYTE_PAIRS, "RobertaTokenizer", _ROBERTA, {"vocab_size": 50265, **_OF_ROBERTA}),
    "xlm-r-base": Named("xlm-roberta", UNIGRAM, "XLMRobertaTokenizer", _ROBERTA, {"vocab_size": 250002, **_OF_ROBERTA}),
    "deberta-v3-base": Named(
        "deberta-v2", UNIGRAM, "DebertaV2Tokenizer", ("[PAD]", "[CLS]", "[SEP]", "[UNK]"), _OF_DEBERTA_V3
    ),
    "modernbert-base": Named("modernbert", BYTE_PAIRS, "", _BERT),
    "zero-shot": Named("bert", WORDPIECE, "BertTokenizer", _BERT, labels=10),
    "electra-base": Named(
        "electra",
        WORDPIECE,
        "BertTokenizer",
        _BERT,
        {"hidden_size": 768, "embedding_size": 768} | {"intermediate_size": 3072, "num_attention_heads": 12},
    ),
    "mpnet-base": Named("mpnet", WORDPIECE, "MPNetTokenizer", (*_ROBERTA, "[UNK]"), {"max_position_embeddings": 514}),
    "camembert-base": Named(
        "camembert",
        UNIGRAM,
        "CamembertTokenizer",
        ("<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>"),
        {"vocab_size": 32005, **_OF_ROBERTA},
    ),
    "albert-base": Named(
        "albert",
        UNIGRAM,
        "AlbertTokenizer",
        ("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"),
        {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12},
    ),
    "deberta-base": Named(
        "deberta",
        BYTE_PAIRS,
        "DebertaTokenizer",
        _BERT,
        {"vocab_size": 50265, "relative_attention": True, "pos_att_type": ["c2p", "p2c"], "type_vocab_size": 0}
        | {"position_biased_input": False},
    ),
    "longformer-base": Named(
        "longformer",
        BYTE_PAIRS,
        "RobertaTokenizer",
        _ROBERTA,
        {"vocab_size": 50265, "max_position_embeddings": 4098, "type_vocab_size": 1, "layer_norm_eps": 1e-5}
        | {"attention_window": [512] * 12},
    ),
    "xlnet-base": Named(
        "xlnet",
        UNIGRAM,
        "XLNetTokenizer",
        ("<unk>", "<s>", "</s>", "<cls>", "<sep>", "<pad>", "<mask>"),
        {"d_model": 768, "n_layer": 12, "n_head": 12, "d_inner": 3072},
    ),
}
#: What zero-shot classifiers say of a label.
HYPOTHESIS = "This example is {}."
#: Candidate labels of zero-shot classifiers, as many as are asked for.
TOPICS = (
    *("business", "sports", "politics", "science", "health", "travel", "music", "weather", "education", "food"),
    *("law", "art", "history", "fashion", "religion", "energy", "war", "crime", "space", "family"),
)
FAMILIES = "families"
#: What `--model families` stands for: one run that compares the families people run most, and zero-shot.
MEASURED = ("base", "bert-base", "roberta-base", "xlm-r-base", "deberta-v3-base", "modernbert-base", "zero-shot")
