"""How answers were made: the model and the machine, for reports."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata, util

from sparkcls.report.numbers import duration, number

_PACKAGES = ("sparkcls", "pyspark", "torch", "transformers", "tokenizers")


def versions_here() -> dict[str, str]:
    """Versions of Python and of the packages that answers depend on, as installed here; none is imported."""
    found = {"Python": platform.python_version()}
    return found | {name: metadata.version(name) for name in _PACKAGES if util.find_spec(name)}


@dataclass(frozen=True)
class About:
    """How answers were made. None, or no versions, where that is not known.

    Parameters
    ----------
    model
        The model's name, or its folder.
    digest
        Of the model's files, ``sha256:<hex>``.
    versions
        By package; of Python too.
    device
        Where the model ran: ``cpu``, ``cuda:0``, ...
    precision
        ``float32``, ``mixed``, ...
    seconds
        From start to end, loading included.
    rows_per_second
        Over these seconds.
    """

    model: str | None = None
    digest: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    device: str | None = None
    precision: str | None = None
    seconds: float | None = None
    rows_per_second: float | None = None

    def lines(self) -> list[tuple[str, str]]:
        """What is known, as pairs of a name and a value for people."""
        seconds = None if self.seconds is None else duration(self.seconds)
        rate = None if self.rows_per_second is None else number(self.rows_per_second)
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        pairs = [
            ("model", self.model),
            ("digest", self.digest),
            ("device", self.device),
            ("precision", self.precision),
            ("time", seconds),
            ("rows a second", rate),
            ("versions", versions),
        ]
        return [(name, value) for name, value in pairs if value]

    def __str__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self.lines())
