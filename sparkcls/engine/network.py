"""A network on its device: starting forward passes, which are in `sparkcls.engine.networks`, and memory that ends."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module

import numpy as np
import torch
from torch import Tensor

from sparkcls.engine.eight_bits import Rows, eight_bit_linear, widened
from sparkcls.engine.kernels import Linear, fused_linear, has_varlen_attention, plain_linear
from sparkcls.engine.networks.blocks import Forward, Linears, Weights
from sparkcls.engine.packing import Layout, Packing
from sparkcls.engine.precision import INT8
from sparkcls.engine.process import fitting_threads, give_back_memory
from sparkcls.engine.weights import Held, combined, load_weights
from sparkcls.families.generic import GENERIC
from sparkcls.models.layout import ModelFolder

logger = logging.getLogger(__name__)


class Network:
    """A loaded model on one device in one precision. See `load_weights` for its memory."""

    def __init__(self, folder: ModelFolder, device: str, precision: str):
        self.device = torch.device(device)
        in_8_bits = precision == INT8
        self._dtype: torch.dtype = torch.float32 if in_8_bits else getattr(torch, precision)
        self._shape, self._head = folder.shape, folder.head
        network = import_module(f"sparkcls.engine.networks.{folder.family.network}")
        #: The weights, of which other models may hold a part too.
        self.parts: list[Held]
        self._pass: Forward
        if folder.family.network == GENERIC:
            weights, self._pass = network.load(folder, self.device)
            self.parts = [Held(weights)]
        else:
            self.parts, self._pass = load_weights(folder, self.device, precision), network.forward
        self._weights: Weights = combined(self.parts)
        self._layout = self._choose_layout(folder)
        activation = folder.shape.activation
        few, few_activated = plain_linear("none"), plain_linear(activation)
        fused = self.device.type == "cpu" and precision in ("float32", "bfloat16", INT8)
        linear = (fused and fused_linear("none", self._dtype)) or few
        activated = (fused and fused_linear(activation, self._dtype)) or few_activated
        exact, exact_activated = _in_float32(few), _in_float32(few_activated)
        if in_8_bits:
            exact, exact_activated = widened(few), widened(few_activated)
            linear, few = (eight_bit_linear("none", other) for other in (linear, few))
            activated, few_activated = (eight_bit_linear(activation, other) for other in (activated, few_activated))
        self._fast = Linears(self._dtype, linear, activated, few, few_activated, Rows.of if in_8_bits else None)
        self._exact = replace(self._fast, linear=exact, activated=exact_activated)
        #: Set when memory has ended, until `recover`.
        self._frugal = False

    def _choose_layout(self, folder: ModelFolder) -> Layout:
        if self.device.type == "cpu" or not folder.shape.special.get("pads", True):
            return Layout.RUNS
        if folder.family.network == GENERIC:
            return Layout.PADDED
        width, has_bias = folder.shape.width // folder.shape.heads, "relative.embeddings" in folder.family.names
        has_varlen = not has_bias and has_varlen_attention(self.device, self._dtype, width)
        return Layout.VARLEN if has_varlen else Layout.PADDED

    @property
    def pads(self) -> bool:
        """Whether attention computes positions that no wordpiece has."""
        return self._layout is Layout.PADDED

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

    def _forward(self, packing: Packing, linears: Linears | None = None) -> Tensor:
        return self._pass(self._weights, self._shape, self._head, packing, linears or self._fast)


def _in_float32(linear: Linear) -> Linear:
    """A linear layer that computes in float32, whatever it gets, and gives what it got."""
    return lambda x, weight, bias: linear(x.float(), weight.float(), None if bias is None else bias.float()).to(x.dtype)


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
