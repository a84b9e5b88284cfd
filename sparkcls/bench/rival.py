"""Spark NLP's environment: found, or made on demand."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkcls.bench import jars as fetched
from sparkcls.bench.job import UnavailableError
from sparkcls.errors import ParamFileError

# setuptools stands in for distutils, which Python 3.12 lacks and Spark 3.5 imports.
_REQUIREMENTS = ("pyspark==3.5.*", f"spark-nlp=={fetched.VERSION}", "numpy", "setuptools<81")


@dataclass(frozen=True)
class SparkNlp:
    """A Python that has Spark NLP, the folder of its JARs, and what the report must say of them."""

    python: Path
    jars: Path
    note: str = ""

    @property
    def options(self) -> dict[str, Any]:
        """What its job must say."""
        return {"jars": str(self.jars), "note": self.note}


def check(python: Path | None, jars: Path | None) -> None:
    """See whether what the user has named is there.

    Raises
    ------
    ParamFileError
        One of them is not there.
    """
    if python and not python.is_file():
        raise ParamFileError(f"--spark-nlp-python {python}: no such file; name the python of an environment")
    if jars and not any(jars.glob("*spark-nlp*.jar")):
        raise ParamFileError(f"--spark-nlp-jars {jars}: no folder with a spark-nlp*.jar")


def ready(work: Path, python: Path | None, jars: Path | None, say: Callable[[str], None]) -> SparkNlp:
    """What the user has named, and what is missing of it made in a folder, unless it is there.

    Raises
    ------
    UnavailableError
        It cannot be made, for instance without a network.
    """
    # Not resolved: an environment's python is a link to another, which does not know the environment.
    found = python.absolute() if python else make(work / f"spark-nlp-{fetched.VERSION}", say)
    if jars:
        return SparkNlp(found, jars.absolute())
    folder = work / f"spark-nlp-{fetched.VERSION}-jars"
    if not folder.is_dir():
        say(f"Spark NLP's JARs, from Maven Central (450 MB). {fetched.NOTE}")
        fetched.fetch(found, folder)
    return SparkNlp(found, folder, fetched.NOTE)


def make(folder: Path, say: Callable[[str], None]) -> Path:
    """Make an environment in a folder, unless it is there; its python.

    Raises
    ------
    UnavailableError
        It cannot be made, for instance without a network.
    """
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = folder / "sparkcls-bench.done"
    if not done.exists():
        say(f"Spark NLP's environment, by pip (350 MB): {', '.join(_REQUIREMENTS)}")
        shutil.rmtree(folder, ignore_errors=True)
        for command in (
            [sys.executable, "-m", "venv", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", *_REQUIREMENTS],
        ):
            try:
                subprocess.run(command, check=True, capture_output=True, text=True, timeout=1800)
            except subprocess.CalledProcessError as e:
                lines = (e.stderr or e.stdout or "").strip().splitlines() or [str(e)]
                raise UnavailableError(f"its environment cannot be made: {lines[-1]}") from e
            except (OSError, subprocess.TimeoutExpired) as e:
                raise UnavailableError(f"its environment cannot be made: {e}") from e
        done.touch()
    return python
