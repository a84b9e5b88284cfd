"""Which precision ``auto`` stands for."""

from __future__ import annotations


def actual(requested: str) -> str:
    """The precision that sparkcls computes in on this machine's CPU."""
    from sparkcls.engine.precision import choose_precision

    return choose_precision(requested, "cpu")
