"""Which rows each step of a training sees."""

from __future__ import annotations

import random

import torch
from training.tasks import Task


def schedule(
    lengths: dict[str, list[int]], tasks: tuple[Task, ...], budget: int, seed: int
) -> list[tuple[str, list[int], int]]:
    """All steps of the run: a task, its rows, and a number that decides how long rows are cut.

    Rows of similar length go together, at most 48 and at most `budget` wordpieces of padding and all; the noise in the
    key keeps epochs different. An epoch of every task is spread evenly over the whole run.
    """
    rng = random.Random(seed)
    placed = []
    for task in tasks:
        seen = [min(n, task.tokens) for n in lengths[task.name]]
        for epoch in range(task.epochs):
            order = sorted(range(len(seen)), key=lambda i: seen[i] * rng.uniform(0.9, 1.1) + rng.uniform(-2, 2))
            cut, batch, longest = [], [], 0
            for i in order:
                longest = max(longest, seen[i])
                if batch and (len(batch) == 48 or longest * (len(batch) + 1) > budget):
                    cut.append(batch)
                    batch, longest = [], seen[i]
                batch.append(i)
            cut.append(batch)
            rng.shuffle(cut)
            for number, batch in enumerate(cut):
                place = (epoch + (number + rng.random()) / len(cut)) / task.epochs
                placed.append((place, task.name, batch, rng.randrange(1 << 30)))
    placed.sort()
    return [(name, batch, cut) for _, name, batch, cut in placed]


def cut_rows(rows: list[list[int]], tokens: int, number: int) -> list[list[int]]:
    """Rows that are too long give their beginning or their end, both with `[CLS]` and `[SEP]`."""
    rng = random.Random(number)
    out = []
    for row in rows:
        if len(row) > tokens:
            inner, size = row[1:-1], tokens - 2
            row = [row[0], *(inner[:size] if rng.random() < 0.6 else inner[-size:]), row[-1]]
        out.append(row)
    return out


def pad(rows: list[list[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    width = max(map(len, rows))
    ids = torch.tensor([r + [0] * (width - len(r)) for r in rows])
    mask = torch.tensor([[1] * len(r) + [0] * (width - len(r)) for r in rows])
    return ids, mask
