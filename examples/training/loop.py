"""The training itself: every step is a batch of one task, the order is fixed by the seed, and a run that was cut off
goes on where its last checkpoint was.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from training.batches import cut_rows, pad, schedule
from training.shared import Shared
from training.tasks import Task

#: Where it is trained: a GPU does in minutes what two cores do in hours.
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@dataclass(frozen=True)
class Rows:
    """Wordpiece ids of some rows, special ones included, and the numbers of their labels."""

    ids: list[list[int]]
    gold: list[int]


@dataclass(frozen=True)
class Recipe:
    """How it is trained.

    Parameters
    ----------
    tokens_per_step
        Most wordpieces of a batch, padding included.
    averaging
        The weights that ship are a running mean of those of all steps: this part of it is kept at every step.
    bf16
        Whether products are in bfloat16: faster on GPUs and on CPUs with AMX, slower on others.
    """

    learning_rate: float
    tokens_per_step: int
    averaging: float
    bf16: bool
    seed: int
    checkpoint_seconds: float


def train(
    model: Shared,
    tasks: tuple[Task, ...],
    rows: dict[str, Rows],
    watched: dict[str, Rows],
    recipe: Recipe,
    checkpoints: Path,
) -> Shared:
    """The model with the running mean of its weights. Accuracy on `watched` is printed eight times."""
    by_name = {task.name: task for task in tasks}
    lengths = {name: [len(ids) for ids in found.ids] for name, found in rows.items()}
    steps = schedule(lengths, tasks, recipe.tokens_per_step, recipe.seed)
    model.to(DEVICE)
    optimizer = _optimizer(model, recipe.learning_rate)
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(recipe.averaging)
    )
    kept = {"model": model, "average": average, "optimizer": optimizer}
    done = _restore(kept, checkpoints)
    print(f"{len(steps)} steps, {done} done", flush=True)
    model.train()
    begun = last = time.time()
    losses: dict[str, float] = {}
    tokens = 0
    for number in range(done, len(steps)):
        name, batch, cut = steps[number]
        task = by_name[name]
        # A fifth of the long batches is read whole, so that late positions learn too.
        limit = task.test_tokens if task.test_tokens > task.tokens and cut % 5 == 0 else task.tokens
        ids, mask = pad(cut_rows([rows[name].ids[i] for i in batch], limit, cut))
        gold = torch.tensor([rows[name].gold[i] for i in batch], device=DEVICE)
        torch.manual_seed(recipe.seed * 1_000_003 + number)  # a run that was cut off drops the same units
        place = number / len(steps)
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * min(place / 0.06, (1 - place) / 0.94)
        with torch.autocast(DEVICE, dtype=torch.bfloat16, enabled=recipe.bf16):
            logits = model(name, ids.to(DEVICE), mask.to(DEVICE))
        loss = nn.functional.cross_entropy(logits.float(), gold, label_smoothing=0.05)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        average.update_parameters(model)
        done = number + 1
        tokens += int(mask.sum())
        losses[name] = 0.98 * losses.get(name, loss.item()) + 0.02 * loss.item()
        if done % 100 == 0:
            seconds = time.time() - begun
            told = " ".join(f"{name} {value:.3f}" for name, value in losses.items())
            print(f"step {done}/{len(steps)} {seconds:.0f} s {tokens / seconds:.0f} tokens/s {told}", flush=True)
        if done % (len(steps) // 8) == 0:
            found = {t.name: accuracy(average.module, t, watched[t.name], t.test_tokens) for t in tasks}
            told = " ".join(f"{name} {value:.3f}" for name, value in found.items())
            print(f"watched, after {done / len(steps):.2f} of the run: {told}", flush=True)
        if time.time() - last > recipe.checkpoint_seconds:
            _save(kept, checkpoints, done)
            last = time.time()
    _save(kept, checkpoints, done)
    final: Shared = average.module
    return final


@torch.inference_mode()
def accuracy(model: Shared, task: Task, rows: Rows, tokens: int) -> float:
    """The part of some rows whose label is right, read to a length in wordpieces."""
    model.eval()
    order = sorted(range(len(rows.ids)), key=lambda i: len(rows.ids[i]))
    right = 0
    for at in range(0, len(order), 32):
        part = order[at : at + 32]
        read = [rows.ids[i] for i in part]
        read = [ids if len(ids) <= tokens else [*ids[: tokens - 1], ids[-1]] for ids in read]
        ids, mask = pad(read)
        found = model(task.name, ids.to(DEVICE), mask.to(DEVICE)).argmax(-1).tolist()
        right += sum(rows.gold[i] == label for i, label in zip(part, found, strict=True))
    model.train()
    return right / len(rows.ids)


def _optimizer(model: Shared, learning_rate: float) -> torch.optim.Optimizer:
    bare = [p for n, p in model.named_parameters() if n.endswith("bias") or "norm" in n.lower()]
    skip = {id(p) for p in bare}
    groups = [
        {"params": [p for p in model.parameters() if id(p) not in skip], "weight_decay": 0.01},
        {"params": bare, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=learning_rate)


def _save(kept: dict[str, Any], checkpoints: Path, done: int) -> None:
    saved = checkpoints / "run.pt"
    torch.save({"done": done, **{name: part.state_dict() for name, part in kept.items()}}, saved.with_suffix(".new"))
    os.replace(saved.with_suffix(".new"), saved)


def _restore(kept: dict[str, Any], checkpoints: Path) -> int:
    """Load the last checkpoint; how many steps it has done."""
    saved = checkpoints / "run.pt"
    if not saved.exists():
        return 0
    state = torch.load(saved, weights_only=True, map_location=DEVICE)
    for name, part in kept.items():
        part.load_state_dict(state[name])
    return int(state["done"])
