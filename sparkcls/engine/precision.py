"""Which precision to compute in."""

from __future__ import annotations

import logging
import os
from functools import lru_cache
from pathlib import Path

from sparkcls.errors import ParamError

logger = logging.getLogger(__name__)

AUTO = "auto"
MIXED = "mixed"
FLOAT32 = "float32"
INT8 = "int8"
PRECISIONS = (AUTO, MIXED, FLOAT32, "bfloat16", "float16", INT8)

#: What ``auto`` means on this machine, in place of what is chosen: one of `PRECISIONS` but ``auto``.
VARIABLE = "SPARKCLS_PRECISION"

#: Linux's names of instructions that multiply bfloat16: with AMX four times as fast as float32, with AVX-512 twice on
#: AMD's processors. On an Intel processor with AVX-512's alone it was measured to be half as fast.
_TILES, _VECTORS, _VENDOR_OF_FAST_VECTORS = "amx_bf16", "avx512_bf16", "AuthenticAMD"
#: Those that multiply 8 bits and add in 32. Without them torch's product is slow.
_OF_EIGHT_BITS = frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})


def choose_precision(requested: str, device: str) -> str:
    """The precision to use: ``float32``, ``bfloat16``, ``float16``, ``mixed`` or ``int8``.

    ``mixed`` is `half_precision`, with float32 for the few texts whose label that could change; ``int8`` the same with
    8 bits, where the CPU has instructions for them, else ``auto``. ``auto`` is mixed on a CUDA device and on CPUs that
    are faster in bfloat16, else float32.

    Raises
    ------
    ParamError
        ``$SPARKCLS_PRECISION`` names none.
    """
    named = requested
    if requested == AUTO:
        named = os.environ.get(VARIABLE, AUTO) or AUTO
        if named not in PRECISIONS:
            raise ParamError(f"${VARIABLE} is {named!r}; it takes one of {', '.join(PRECISIONS)}")
    if named == INT8 and not (device == "cpu" and has_fast_int8()):
        logger.warning(
            "precision int8 needs a CPU with VNNI or AMX, and torch's 8-bit products; on %s here it is auto", device
        )
        named = AUTO
    if named != AUTO:
        return named
    fast = device.startswith("cuda") or (device == "cpu" and has_fast_bfloat16())
    chosen = MIXED if fast else FLOAT32
    logger.info("precision auto on %s: %s", device, chosen)
    return chosen


def half_precision(device: str) -> str:
    """The 16-bit type of ``mixed``: bfloat16 on a CPU; else float16, whose rounding is eight times finer."""
    return "bfloat16" if device == "cpu" else "float16"


@lru_cache(maxsize=1)
def has_fast_bfloat16() -> bool:
    """Whether torch is faster in bfloat16 than in float32 on this CPU. Linux on x86 only; elsewhere False."""
    import torch

    try:
        processors = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
        supported = bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    except (OSError, AttributeError, RuntimeError):
        return False
    return supported and multiplies_bfloat16_fast(processors)


def multiplies_bfloat16_fast(processors: str) -> bool:
    """The same by what Linux says of its processors (``/proc/cpuinfo``), of which the first counts."""
    first = _first(processors)
    flags = first.get("flags", [])
    return _TILES in flags or (_VECTORS in flags and first.get("vendor_id") == [_VENDOR_OF_FAST_VECTORS])


@lru_cache(maxsize=1)
def has_fast_int8() -> bool:
    """Whether torch is faster in 8 bits than in any other precision on this CPU. Linux on x86 only; elsewhere False."""
    from sparkcls.engine.eight_bits import has_eight_bit_products

    try:
        processors = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return multiplies_int8_fast(processors) and has_eight_bit_products()


def multiplies_int8_fast(processors: str) -> bool:
    """Whether the first of Linux's processors has instructions that multiply 8 bits and add in 32."""
    return not _OF_EIGHT_BITS.isdisjoint(_first(processors).get("flags", []))


def _first(processors: str) -> dict[str, list[str]]:
    """What Linux says of its first processor."""
    lines = (line.partition(":") for line in processors.split("\n\n")[0].splitlines())
    return {name.strip(): value.split() for name, _, value in lines}
