"""How answers were made: the model and the machine, for reports."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import metadata, util
from typing import Any

from pyspark.ml import PipelineModel

from sparkcls._version import __version__
from sparkcls.errors import MetricsError, ParamTypeError
from sparkcls.pipelines.walk import pipeline_stages
from sparkcls.plain.classifier import TextClassifier
from sparkcls.report.numbers import duration, number
from sparkcls.stages.sequence_classifier import SequenceClassifier

#: Seconds to wait for the figures of a job that has ended.
_PATIENCE = 2.0
_PACKAGES = ("pyspark", "torch", "transformers", "tokenizers")


def versions_here() -> dict[str, str]:
    """Versions of Python and of the packages that answers depend on, as installed here; none is imported."""
    found = {name: _version(name) for name in _PACKAGES if util.find_spec(name)}
    known = {name: version for name, version in found.items() if version}
    return {"Python": platform.python_version(), "sparkcls": __version__} | known


def _version(package: str) -> str | None:
    """None if it is not known. A pyspark that a cluster brings is on the path without having been installed."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return getattr(sys.modules.get(package), "__version__", None)


def _stage_of(model: Any) -> SequenceClassifier:
    stages = [model.classifier] if isinstance(model, TextClassifier) else [model]
    if isinstance(model, PipelineModel):
        stages = pipeline_stages(model)
    found = [stage for stage in stages if isinstance(stage, SequenceClassifier)]
    if len(found) != 1:
        raise ParamTypeError(
            "About.of(model) takes what sparkcls.classifier gave, a classifier stage, or a PipelineModel that holds "
            f"one; got {type(model).__name__} with {len(found)} classifiers"
        )
    return found[0]


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

    @staticmethod
    def of(model: Any, rows: int | None = None, seconds: float | None = None) -> About:
        """What is known of a model, and of a run with it.

        Parameters
        ----------
        model
            What `sparkcls.classifier` gave, a classifier stage, or a PipelineModel that holds one.
        rows, seconds
            What it has done, and in what time.

        Raises
        ------
        ParamTypeError
            It is nothing of these.

        Notes
        -----
        Device and precision are those that were used where the stage counts (``metrics=True``) and a job has ended,
        else those that its Params name, unless these say ``auto``.
        """
        stage = _stage_of(model)
        ref = stage._ref()
        used = {"device": stage.getDevice(), "precision": stage.getPrecision()}
        if stage.observed is not None:
            with suppress(MetricsError):
                used |= {name: found for name, found in stage.observed.get(_PATIENCE).items() if name in used}
        known = {name: value for name, value in used.items() if value and value != "auto"}
        rate = rows / seconds if rows is not None and seconds else None
        return About(
            ref.name,
            ref.digest,
            versions_here(),
            known.get("device"),
            known.get("precision"),
            seconds,
            rate,
        )

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

    def title(self) -> str:
        """What a report is called."""
        return self.model or "Answers of a classifier"

    def facts(self) -> list[str]:
        """What a reader wants to know at a glance."""
        shown = {"device": "", "precision": "", "time": "", "rows a second": " rows a second"}
        return [value + shown[name] for name, value in self.lines() if name in shown]

    def __str__(self) -> str:
        return "\n".join(f"{name}: {value}" for name, value in self.lines())
