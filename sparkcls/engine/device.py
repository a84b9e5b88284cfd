"""Which device to run on."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

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
        GPU addresses that Spark gave to the running task; empty when none. The first is used.
    worker
        Whether this is a Python worker of Spark.
    uuids
        Of torch's devices, in their order; empty where no address needs them.
    """

    gpus: int = 0
    mps: bool = False
    visible: str | None = None
    assigned: tuple[str, ...] = ()
    worker: bool = False
    uuids: tuple[str, ...] = ()

    @staticmethod
    def here(assigned: Sequence[str] = (), worker: bool = False, requested: str = "auto") -> Surroundings:
        """What this process sees now; the arguments are what only Spark and the user know."""
        import torch

        gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
        # Asking for properties starts CUDA, which a process that then uses the CPU should not do.
        named = gpus > 1 and requested in ("auto", "cuda") and bool(assigned) and not assigned[0].isdigit()
        return Surroundings(
            gpus=gpus,
            mps=torch.backends.mps.is_available(),
            visible=os.environ.get("CUDA_VISIBLE_DEVICES"),
            assigned=tuple(assigned),
            worker=worker,
            uuids=tuple(f"GPU-{torch.cuda.get_device_properties(i).uuid}" for i in range(gpus)) if named else (),
        )

    def __str__(self) -> str:
        given = f"Spark assigned GPU {', '.join(self.assigned)}" if self.assigned else "Spark assigned no GPU"
        visible = "unset" if self.visible is None else repr(self.visible)
        return f"{given}, torch sees {self.gpus} CUDA device(s), CUDA_VISIBLE_DEVICES is {visible}"


def choose_device(requested: str, around: Surroundings) -> str:
    """The device to use: ``cpu``, ``mps`` or ``cuda:<index>``.

    ``auto`` takes the GPU that Spark assigned to the task, else the first visible CUDA device, else an
    Apple GPU (not in Spark's workers: they are forked, and Metal hangs or crashes in a forked process,
    pytorch/pytorch#178037), else the CPU. What it took is logged, once a process. An explicit device is never
    replaced by another.

    Raises
    ------
    DeviceError
        The device asked for is not there.
    """
    if requested == "auto":
        return _automatic(around)
    if requested == "mps" and not around.mps:
        raise DeviceError("setDevice('mps'): torch sees no Apple GPU here; use 'auto' or 'cpu'")
    if requested.startswith("cuda"):
        if not around.gpus:
            raise DeviceError(
                f"setDevice({requested!r}): torch sees no CUDA device here ({around}). Is there a driver, and a CUDA "
                "build of torch? Use 'auto' to allow the CPU"
            )
        if ":" not in requested:
            return f"cuda:{_cuda_index(around)}"
        if int(requested.partition(":")[2]) >= around.gpus:
            raise DeviceError(
                f"setDevice({requested!r}): torch sees {around.gpus} CUDA device(s) here, numbered from 0 ({around})"
            )
    return requested


def _automatic(around: Surroundings) -> str:
    if around.gpus:
        chosen = f"cuda:{_cuda_index(around)}"
        _log(logging.INFO, f"device auto: {chosen} ({around})", around.worker)
        return chosen
    chosen = "mps" if around.mps and not around.worker else "cpu"
    if around.assigned:
        advice = "Install a CUDA build of torch, or set the device to 'cuda' to make this an error"
        _log(logging.WARNING, f"device auto: {chosen}, though {around}. {advice}", around.worker)
    else:
        _log(logging.INFO, f"device auto: {chosen} ({around})", around.worker)
    return chosen


def _cuda_index(around: Surroundings) -> int:
    """Index, as torch counts, of the GPU that Spark assigned; 0 when Spark assigned none.

    Spark's address names a GPU of the node, by number or UUID; torch's index counts only those in
    ``CUDA_VISIBLE_DEVICES``: with ``CUDA_VISIBLE_DEVICES=1`` the address "1" is index 0 (NVIDIA/cudf-spark#6380).
    An address that is not in it is taken for an index, as a discovery script that asks CUDA itself gives it.
    """
    if not around.assigned:
        return 0
    address = around.assigned[0].strip()
    # CUDA ignores what follows an entry that it cannot use, so its devices are the first entries.
    entries = around.visible.split(",")[: around.gpus] if around.visible is not None else []
    for names in (entries, around.uuids):
        found = [i for i, name in enumerate(names) if _is_same(address, name.strip())]
        if len(found) == 1:
            return found[0]
    if address.isdigit() and int(address) < around.gpus:
        return int(address)
    if around.gpus == 1:
        # This process can use no other, whatever the name; a MIG device is always the only one.
        if entries and entries[0].strip().isdigit() == address.isdigit():
            _log(
                logging.WARNING, f"The only visible GPU is used, which is not the assigned one: {around}", around.worker
            )
        return 0
    raise DeviceError(
        f"Which GPU is {around.assigned[0]!r}? {around}. Make the two agree (addresses are numbers or UUIDs as "
        "nvidia-smi shows them), or set the device to 'cuda:<index>'"
    )


def _is_same(address: str, name: str) -> bool:
    """Whether two names of GPUs, numbers or UUIDs, mean the same one. CUDA takes the beginning of a UUID for it."""
    if address.isdigit() or name.isdigit():
        return address.isdigit() and name.isdigit() and int(address) == int(name)
    a, b = (n.casefold().removeprefix("gpu-") for n in (address, name))
    return bool(a and b) and (a.startswith(b) or b.startswith(a))


@lru_cache(maxsize=64)
def _log(level: int, message: str, worker: bool) -> None:
    """Log a message once in a process, which serves many tasks."""
    if worker:
        # Nobody sets up logging in Spark's workers, whose stderr is the executor's log.
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)
        if not logger.hasHandlers():
            handler = logging.StreamHandler()
            # As Spark's own lines look.
            handler.setFormatter(
                logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%y/%m/%d %H:%M:%S")
            )
            logger.addHandler(handler)
    logger.log(level, message)
