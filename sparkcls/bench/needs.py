"""What the chosen systems need and this machine lacks, said before anything is measured."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from sparkcls.bench.settings import Settings
from sparkcls.bench.systems import SPARK_NLP
from sparkcls.errors import JavaError, SparkclsError

#: Modules of `sparkcls.bench.systems` that run in this environment's Spark.
_IN_SPARK = ("ours", "hf_pipeline", "predict_batch")


class MissingError(SparkclsError, RuntimeError):
    """Systems were chosen that cannot run here before something is installed."""


@dataclass(frozen=True)
class Need:
    """Something that is missing.

    Parameters
    ----------
    what
        For a list.
    systems
        Names of those that need it.
    extra
        The extra of sparkcls that brings it; empty if pip does not.
    """

    what: str
    systems: tuple[str, ...]
    extra: str = ""


def check(settings: Settings) -> None:
    """See whether the chosen systems can run.

    Raises
    ------
    MissingError
        They cannot; all that is missing stands in the message, with how it is installed.
    """
    found = list(_missing(settings))
    if not found:
        return
    lines = ["sparkcls bench measures nothing yet, because this is missing:"]
    lines += [f"  {need.what} (for {', '.join(need.systems)})" for need in found]
    extras = ",".join(sorted({need.extra for need in found if need.extra}))
    if extras:
        lines.append(f'Install it: pip install "sparkcls[{extras}]"')
    lines.append("Or leave those systems out: --systems")
    raise MissingError("\n".join(lines))


def without_chart() -> str:
    """What to say where there will be no chart; empty where there will be one."""
    return "" if _has("matplotlib") else 'there will be no chart without matplotlib: pip install "sparkcls[bench]"'


def _missing(settings: Settings) -> Iterator[Need]:
    here = tuple(s.name for s in settings.systems if s.module in _IN_SPARK)
    rival = tuple(s.name for s in settings.systems if s.name == SPARK_NLP)
    if here and not _has("pyspark"):
        yield Need("the package pyspark", here, "spark")
    if rival and not _has("onnx"):
        yield Need("the package onnx", rival, "bench")
    # Debian's Python makes environments only with a package of its own.
    if rival and not settings.spark_nlp_python and not _has("ensurepip"):
        yield Need("the module ensurepip, python3-venv on Debian and Ubuntu", rival)
    if here + rival and (java := _java()):
        yield Need(java, here + rival)


def _has(package: str) -> bool:
    return find_spec(package) is not None


def _java() -> str:
    """Why there is no Java that this pyspark can use; empty where there is one."""
    from sparkcls.session import check_java

    try:
        check_java()
    except JavaError as e:
        return f"Java: {e}"
    except ImportError:
        return "" if shutil.which("java") or os.environ.get("JAVA_HOME") else "Java, 17 or newer"
    return ""
