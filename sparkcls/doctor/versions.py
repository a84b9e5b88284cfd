"""Versions that do not fit each other."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterator

from packaging.requirements import InvalidRequirement, Requirement

from sparkcls.doctor.facts import Facts
from sparkcls.doctor.findings import NOTE, OK, PROBLEM, Finding

#: Whose requirements are looked at, with which extras.
_NEEDS = {"sparkcls": ("",), "pyspark": ("", "sql"), "torch": ("",), "transformers": ("",), "pandas": ("",)}
#: Packages that must be the same where rows are sent and where they are scored.
_SAME = ("sparkcls",)


def of_versions(remote: bool = False) -> Iterator[Finding]:
    """Whether what is installed here is what its neighbours ask for.

    Parameters
    ----------
    remote
        Whether Spark Connect is used, which needs packages of its own.
    """
    fitting = []
    for package, extras in _NEEDS.items():
        try:
            version = importlib.metadata.version(package)
            asked = importlib.metadata.requires(package) or []
        except importlib.metadata.PackageNotFoundError:
            if package == "pyspark" and importlib.util.find_spec(package) is None:
                advice = 'pip install "sparkcls[spark]", or use the one that your cluster brings'
                yield Finding(PROBLEM, package, "is not installed", advice)
            continue
        if package == "pyspark" and (remote or _is_there("grpcio")):
            extras = (*extras, "connect")
        unmet = sorted({found for line in asked for found in _unmet(line, extras)})
        for wanted, found in unmet:
            text = f"{package} {version} asks for {wanted}, {found}"
            yield Finding(PROBLEM, "versions", text, f"pip install '{wanted}'")
        if not unmet:
            fitting.append(f"{package} {version}")
    if fitting:
        yield Finding(OK, "versions", ", ".join(fitting) + ": what they ask for is there")


def of_difference(here: Facts, there: Facts) -> Iterator[Finding]:
    """What a worker has otherwise than the driver."""
    where = f"worker {there['host']}"
    if here["python"].split(".")[:2] != there["python"].split(".")[:2]:
        text = f"Python {there['python']} ({there['executable']}), the driver's is {here['python']}"
        yield Finding(PROBLEM, where, text, "Set spark.pyspark.python or PYSPARK_PYTHON to the same minor version")
    for package, version in there["versions"].items():
        ours = here["versions"].get(package)
        if version == ours:
            continue
        text = f"{package} {version or 'is not installed'}, the driver's is {ours or 'not there'}"
        if package in _SAME:
            yield Finding(PROBLEM, where, text, "Install the same version on all nodes")
        elif version is None and package in ("numpy", "pandas", "pyarrow", "torch", "tokenizers", "safetensors"):
            yield Finding(PROBLEM, where, text, f"Install {package} on all nodes")
        elif version is not None and ours is not None:
            yield Finding(NOTE, where, text, "Scores may differ in the last digits; the same is safer")


def _unmet(line: str, extras: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """What a requirement says and what there is, if it counts here and is not met."""
    try:
        requirement = Requirement(line)
    except InvalidRequirement:
        return
    if requirement.marker is not None and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
        return
    wanted = f"{requirement.name}{requirement.specifier}"
    try:
        version = importlib.metadata.version(requirement.name)
    except importlib.metadata.PackageNotFoundError:
        yield wanted, "which is not installed"
        return
    if not requirement.specifier.contains(version, prereleases=True):
        yield wanted, f"but {version} is installed"


def _is_there(package: str) -> bool:
    try:
        return bool(importlib.metadata.version(package))
    except importlib.metadata.PackageNotFoundError:
        return False
