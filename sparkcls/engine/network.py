"""The forward pass of DistilBertForSequenceClassification, over weights mapped from a file.

Written out instead of taken from `transformers` for what every Spark worker pays: importing that model
class costs 7 s and 130 MB of private memory a process, as much again as torch itself; and for speed: tokens
are packed and the linear layers fused (`sparkcls.engine.kernels`). It is proven equal to `transformers` in
the tests. Architecture: Sanh et al. 2019, arXiv:1910.01108; post-layer-norm encoder of Vaswani et al. 2017,
arXiv:1706.03762.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from sparkcls.engine.kernels import Linear, attention, fused_linear, has_varlen_attention, plain_linear
from sparkcls.engine.packing import Layout, Packing
from sparkcls.engine.process import fitting_threads, give_back_memory
from sparkcls.engine.weights import load_weights
from sparkcls.models.layout import ModelFolder

logger = logging.getLogger(__name__)

# `transformers` fixes this for DistilBERT; the configuration does not carry it.
LAYER_NORM_EPSILON = 1e-12


class Network:
    """A loaded model on one device in one precision. See `load_weights` for its memory."""

    def __init__(self, folder: ModelFolder, digest: str, device: str, precision: str):
        self.device = torch.device(device)
        self._dtype: torch.dtype = getattr(torch, precision)
        self._heads = int(folder.config["n_heads"])
        self._layers = int(folder.config["n_layers"])
        self._weights = load_weights(folder, digest, self.device, precision)
        self._layout = self._choose_layout(int(folder.config["dim"]) // self._heads)
        activation = folder.config["activation"]
        self._plain = plain_linear("none"), plain_linear(activation)
        fused = self.device.type == "cpu" and precision in ("float32", "bfloat16")
        self._fast = (
            (fused and fused_linear("none", self._dtype)) or self._plain[0],
            (fused and fused_linear(activation, self._dtype)) or self._plain[1],
        )
        self._exact = _in_float32(self._plain[0]), _in_float32(self._plain[1])
        #: Set when memory has ended, until `recover`.
        self._frugal = False

    def _choose_layout(self, head_width: int) -> Layout:
        if self.device.type == "cpu":
            return Layout.RUNS
        return Layout.VARLEN if has_varlen_attention(self.device, self._dtype, head_width) else Layout.PADDED

    @property
    def pads(self) -> bool:
        """Whether attention computes positions that no wordpiece has."""
        return self._layout is Layout.PADDED

    @property
    def size(self) -> int:
        """Bytes of its weights."""
        return sum(tensor.nbytes for tensor in self._weights.values())

    def recover(self) -> None:
        """Compute at full speed again, though memory had ended: another task or call, other rows."""
        self._frugal = False

    @torch.inference_mode()
    def start(self, sequences: Sequence[Sequence[int]]) -> Callable[[], np.ndarray]:
        """Begin to compute scores before softmax. On a GPU this returns before they are there.

        Parameters
        ----------
        sequences
            Wordpiece ids with special ids; at least one sequence, none empty or over the positions.

        Returns
        -------
        A function that waits for them, and for nothing that was begun later: float32, ``(len(sequences), labels)``.
        """
        packing = Packing.of(sequences, self.device, self._layout)
        if self.device.type == "cpu":
            with fitting_threads():
                scores = self._scores(packing)
        else:
            scores = self._scores(packing)
        if self.device.type != "cuda":
            return lambda: scores.cpu().numpy()
        host = torch.empty(scores.shape, dtype=scores.dtype, pin_memory=True)
        host.copy_(scores, non_blocking=True)
        copied = torch.cuda.Event()
        copied.record()

        def wait() -> np.ndarray:
            copied.synchronize()
            return host.numpy()

        return wait

    def _scores(self, packing: Packing) -> Tensor:
        if not self._frugal:
            try:
                return self._forward(packing)
            except Exception as e:
                if self.device.type != "cpu" or not is_out_of_memory(e):
                    raise
                logger.warning("No memory for a batch on the CPU (%s); the task goes on without oneDNN", e)
            # oneDNN makes code for every new shape and keeps it, so it also fails for the smallest batch, or crashes.
            # What does without it is slower; in bfloat16 far slower, so that is computed in float32.
            self._frugal = True
        with _WITHOUT_ONEDNN:
            return self._forward(packing, self._exact)

    def _forward(self, packing: Packing, linears: tuple[Linear, Linear] | None = None) -> Tensor:
        w = self._weights
        words = w["embeddings.word_embeddings.weight"][packing.ids]
        x = self._norm("embeddings.LayerNorm", words, w["embeddings.position_embeddings.weight"][packing.positions])
        for i in range(self._layers):
            name = f"transformer.layer.{i}"
            linear, activated = linears or self._fast
            rounded = x.to(self._dtype)
            k, v = (linear(rounded, *self._parameters(f"{name}.attention.{part}_lin")) for part in "kv")
            if i == self._layers - 1:
                # Only the first token of a sequence is read after the last layer, so the others stop here: for a
                # 6-layer model a seventh of all work. What remains is so little that it is done in float32, and
                # not worth kernels of its own.
                linear, activated = self._plain
                x = rounded = x[packing.first].float()
                if packing.layout is not Layout.VARLEN:
                    k, v = k.float(), v.float()
            q = linear(rounded, *self._parameters(f"{name}.attention.q_lin"))
            context = attention(q, k, v, packing, self._heads)
            x = self._norm(f"{name}.sa_layer_norm", x, linear(context, *self._parameters(f"{name}.attention.out_lin")))
            hidden = activated(x.to(q.dtype), *self._parameters(f"{name}.ffn.lin1"))
            x = self._norm(f"{name}.output_layer_norm", x, linear(hidden, *self._parameters(f"{name}.ffn.lin2")))
        pooled = F.relu(F.linear(x, *self._parameters("pre_classifier")))
        return F.linear(pooled, *self._parameters("classifier"))

    def _parameters(self, name: str) -> tuple[Tensor, Tensor]:
        return self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]

    def _norm(self, name: str, x: Tensor, part: Tensor) -> Tensor:
        """Layer norm of a sum; `x` is overwritten, and its type kept: on a GPU the layers' own, else float32.

        The sum is not left to oneDNN's linear layer, which was measured to be slower.
        """
        return F.layer_norm(x.add_(part), x.shape[-1:], *self._parameters(name), LAYER_NORM_EPSILON)


def _in_float32(linear: Linear) -> Linear:
    """A linear layer that computes in float32, whatever it gets, and gives what it got."""
    return lambda x, weight, bias: linear(x.float(), weight.float(), bias.float()).to(x.dtype)


class _WithoutOneDnn:
    """A with block without oneDNN. The switch is the whole process's, so the last thread to leave turns it back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = True

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                # Not `flags`, which sets more, and warns of it.
                (self._before, *_) = torch.backends.mkldnn.set_flags(False)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                torch.backends.mkldnn.set_flags(self._before)


_WITHOUT_ONEDNN = _WithoutOneDnn()


#: What torch's allocator for CPUs, C++, cuBLAS, Metal and oneDNN say.
_NO_MEMORY = re.compile(
    "can't allocate memory|not enough memory|out of memory|bad_alloc|ALLOC_FAILED"
    "|could not (create|execute) a (primitive|memory)",
    re.IGNORECASE,
)


def is_out_of_memory(error: Exception) -> bool:
    """Whether a smaller batch may succeed where this error was raised."""
    if isinstance(error, (torch.cuda.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and _NO_MEMORY.search(str(error)) is not None


def free_cached_memory(device: torch.device) -> None:
    """Give memory that is kept for later back to the device."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
    else:
        give_back_memory()
