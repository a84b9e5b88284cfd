"""One encoder under several heads."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from training.tasks import Task
from transformers import DistilBertConfig, DistilBertModel


class Dropout(nn.Module):
    """Dropout with masks out of a pool: drawing millions of random numbers a step costs a CPU more than products."""

    def __init__(self, p: float, pool: int = 1 << 22):
        super().__init__()
        kept = (torch.rand(pool) >= p) / (1 - p)
        self.register_buffer("pool", kept, persistent=False)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        if not self.training:
            return hidden
        size, at = hidden.numel(), int(torch.randint(len(self.pool), ()))
        mask = self.pool.roll(-at) if at + size > len(self.pool) else self.pool[at:]
        if size > len(mask):
            mask = mask.repeat(-(-size // len(mask)))
        return hidden * mask[:size].view_as(hidden).to(hidden.dtype)


class Shared(nn.Module):
    """An encoder with a head a task, the layers of DistilBertForSequenceClassification."""

    def __init__(self, config: DistilBertConfig, tasks: Sequence[Task]):
        super().__init__()
        self.distilbert = DistilBertModel(config)
        self.heads = nn.ModuleDict(
            {
                task.name: nn.ModuleDict(
                    {
                        "pre_classifier": nn.Linear(config.dim, config.dim),
                        "classifier": nn.Linear(config.dim, len(task.labels)),
                    }
                )
                for task in tasks
            }
        )
        self.dropout = Dropout(config.seq_classif_dropout)
        self.distilbert.embeddings.dropout = Dropout(config.dropout)
        for layer in self.distilbert.transformer.layer:
            layer.ffn.dropout = Dropout(config.dropout)

    def forward(self, task: str, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        hidden = self.distilbert(input_ids=ids, attention_mask=mask).last_hidden_state[:, 0]
        head = self.heads[task]
        return head["classifier"](self.dropout(head["pre_classifier"](hidden).relu()))
