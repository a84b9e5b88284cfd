"""Which device to run on."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass

from sparkcls.errors import DeviceError

logger = logging.getLogger(__name__)

#: Allowed values of the device Param, as a regular expression.
DEVICE_PATTERN = r"auto|cpu|mps|cuda(:\d+)?"


@dataclass(frozen=True)
class Surroundings:
    """What a process can see.

    Parameters
    ----------
    gpus
        CUDA devices that torch sees.
    mps
        Whether torch can use an Apple GPU.
    visible
        ``CUDA_VISIBLE_DEVICES``, or None when unset.
    assigned
        GPU addresses that Spark gave to the running task; empty when none.
    worker
        Whether this is a Python worker of Spark.
    """

    gpus: int = 0
    mps: bool = False
    visible: str | None = None
    assigned: tuple[str, ...] = ()
    worker: bool = False

    @staticmethod
    def here(assigned: Sequence[str] = (), worker: bool = False) -> Surroundings:
        """What this process sees now; the arguments are what only Spark knows."""
        import torch

        return Surroundings(
            gpus=torch.cuda.device_count() if torch.cuda.is_available() else 0,
            mps=torch.backends.mps.is_available(),
            visible=os.environ.get("CUDA_VISIBLE_DEVICES"),
            assigned=tuple(assigned),
            worker=worker,
        )


def choose_device(requested: str, around: Surroundings) -> str:
    """The device to use: ``cpu``, ``mps`` or ``cuda:<index>``.

    ``auto`` takes the GPU that Spark assigned to the task, else the first visible CUDA device, else an
    Apple GPU (not in Spark's workers: they are forked, and Metal hangs or crashes in a forked process,
    pytorch/pytorch#178037), else the CPU. An explicit device is never replaced by another.

    Raises
    ------
    DeviceError
        The device asked for is not there.
    """
    if requested == "auto":
        if around.gpus:
            chosen = f"cuda:{_cuda_index(around)}"
        else:
            if around.assigned:
                logger.warning(
                    "Spark assigned GPU %s to this task, but torch sees no CUDA device; running on the CPU. "
                    "Install a CUDA build of torch, or set the device to 'cuda' to make this an error",
                    ", ".join(around.assigned),
                )
            chosen = "mps" if around.mps and not around.worker else "cpu"
        logger.info("device auto: %s", chosen)
        return chosen
    if requested == "mps" and not around.mps:
        raise DeviceError("setDevice('mps'): torch sees no Apple GPU here; use 'auto' or 'cpu'")
    if requested.startswith("cuda"):
        if not around.gpus:
            raise DeviceError(
                f"setDevice({requested!r}): torch sees no CUDA device here (driver, CUDA build of torch, "
                "CUDA_VISIBLE_DEVICES?); use 'auto' to allow the CPU"
            )
        if ":" not in requested:
            return f"cuda:{_cuda_index(around)}"
        if int(requested.partition(":")[2]) >= around.gpus:
            raise DeviceError(
                f"setDevice({requested!r}): torch sees {around.gpus} CUDA device(s) here, numbered from 0"
            )
    return requested


def _cuda_index(around: Surroundings) -> int:
    """Index, as torch counts, of the GPU that Spark assigned; 0 when Spark assigned none.

    Spark's address counts the node's GPUs, torch's index only those in ``CUDA_VISIBLE_DEVICES``: with
    ``CUDA_VISIBLE_DEVICES=1`` the address "1" is index 0 (NVIDIA/cudf-spark#6380).
    """
    if not around.assigned or around.gpus == 1:
        return 0
    address = around.assigned[0]
    if around.visible is not None:
        visible = [v.strip() for v in around.visible.split(",")]
        if address in visible:
            return visible.index(address)
    if address.isdigit() and int(address) < around.gpus:
        return int(address)
    raise DeviceError(
        f"Spark assigned GPU {address!r} to this task, but torch sees {around.gpus} device(s) with "
        f"CUDA_VISIBLE_DEVICES={around.visible!r}; make the two agree, or set the device to 'cuda:<index>'"
    )
