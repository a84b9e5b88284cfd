"""The forward pass of DistilBertForSequenceClassification, over weights mapped from a file.

Written out instead of taken from `transformers` for what every Spark worker pays: importing that model
class costs 7 s and 130 MB of private memory a process, as much again as torch itself. It is proven
equal to `transformers` in the tests. Architecture: Sanh et al. 2019, arXiv:1910.01108; post-layer-norm
encoder of Vaswani et al. 2017, arXiv:1706.03762.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

from sparkcls.models.layout import ModelFolder

# `transformers` fixes this for DistilBERT; the configuration does not carry it.
LAYER_NORM_EPSILON = 1e-12


class Network:
    """A loaded model on one device in one precision.

    On the CPU in the file's own precision the weights stay memory-mapped: all processes that map the
    same file share its pages. Any other device or precision costs a private copy.
    """

    def __init__(self, folder: ModelFolder, device: str, precision: str):
        self.device = torch.device(device)
        self.dtype: torch.dtype = getattr(torch, precision)
        self._heads = int(folder.config["n_heads"])
        self._layers = int(folder.config["n_layers"])
        self._activation = F.relu if folder.config["activation"] == "relu" else F.gelu
        self._pad = int(folder.config["pad_token_id"] or 0)
        self._weights: dict[str, Any] = {
            # Names differ between model classes only by this prefix.
            name.removeprefix("distilbert."): tensor.to(self.device, self.dtype)
            for name, tensor in load_file(folder.weights).items()
        }

    @torch.inference_mode()
    def logits(self, sequences: list[list[int]]) -> np.ndarray:
        """Scores before softmax.

        Parameters
        ----------
        sequences
            Wordpiece ids with special ids; at least one sequence, none empty or over the positions.

        Returns
        -------
        float32 array, shape ``(len(sequences), labels)``.
        """
        lengths = [len(s) for s in sequences]
        width = max(lengths)
        padded = np.full((len(sequences), width), self._pad, dtype=np.int64)
        for row, sequence in zip(padded, sequences, strict=True):
            row[: len(sequence)] = sequence
        mask = None
        if min(lengths) < width:
            # Shape (batch, 1, 1, width): the same keys are visible to every head and query.
            mask = (torch.arange(width) < torch.tensor(lengths)[:, None])[:, None, None, :].to(self.device)
        return self._forward(torch.from_numpy(padded).to(self.device), mask).float().cpu().numpy()

    def _forward(self, ids: Tensor, mask: Tensor | None) -> Tensor:
        w = self._weights
        x = w["embeddings.word_embeddings.weight"][ids]
        x = self._norm("embeddings.LayerNorm", x + w["embeddings.position_embeddings.weight"][: ids.shape[1]])
        for i in range(self._layers):
            layer = f"transformer.layer.{i}"
            x = self._norm(f"{layer}.sa_layer_norm", x + self._attention(f"{layer}.attention", x, mask))
            hidden = self._activation(self._linear(f"{layer}.ffn.lin1", x))
            x = self._norm(f"{layer}.output_layer_norm", x + self._linear(f"{layer}.ffn.lin2", hidden))
        pooled = F.relu(self._linear("pre_classifier", x[:, 0]))
        return self._linear("classifier", pooled)

    def _attention(self, name: str, x: Tensor, mask: Tensor | None) -> Tensor:
        batch, width, dim = x.shape

        def heads(part: str) -> Tensor:
            return self._linear(f"{name}.{part}_lin", x).view(batch, width, self._heads, -1).transpose(1, 2)

        context = F.scaled_dot_product_attention(heads("q"), heads("k"), heads("v"), attn_mask=mask)
        return self._linear(f"{name}.out_lin", context.transpose(1, 2).reshape(batch, width, dim))

    def _linear(self, name: str, x: Tensor) -> Tensor:
        return F.linear(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _norm(self, name: str, x: Tensor) -> Tensor:
        weight, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return F.layer_norm(x, x.shape[-1:], weight, bias, LAYER_NORM_EPSILON)


def is_out_of_memory(error: Exception) -> bool:
    """Whether a smaller batch may succeed where this error was raised."""
    return isinstance(error, (torch.cuda.OutOfMemoryError, MemoryError))


def free_cached_memory(device: torch.device) -> None:
    """Give memory that torch keeps for later back to the device."""
    if device.type == "cuda":
        torch.cuda.empty_cache()


def set_threads(count: int) -> None:
    """Threads of torch's CPU kernels in this process."""
    torch.set_num_threads(count)
