"""Spark NLP's environment: found, or made on demand."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkcls.errors import ParamFileError, SparkclsError

#: The newest release whose JAR is on Maven Central, and the Spark it is for.
VERSION = "5.5.3"
PACKAGE = f"com.johnsnowlabs.nlp:spark-nlp_2.12:{VERSION}"
# setuptools stands in for distutils, which Python 3.12 lacks and Spark 3.5 imports.
_REQUIREMENTS = ("pyspark==3.5.*", f"spark-nlp=={VERSION}", "numpy", "setuptools<81")


class UnavailableError(SparkclsError, RuntimeError):
    """A system cannot be measured here; the rest can."""


@dataclass(frozen=True)
class SparkNlp:
    """A Python that has Spark NLP, and the folder of its JARs or None to let Spark fetch them."""

    python: Path
    jars: Path | None

    @property
    def options(self) -> dict[str, Any]:
        """What its job must say."""
        return {"jars": str(self.jars)} if self.jars else {"package": PACKAGE}


def find(python: Path | None, jars: Path | None) -> SparkNlp | None:
    """What the user has named; None if there is no Python to reuse.

    Raises
    ------
    ParamFileError
        One of them is not there.
    """
    if python and not python.is_file():
        raise ParamFileError(f"--spark-nlp-python {python}: no such file; name the python of an environment")
    if jars and not any(jars.glob("spark-nlp*.jar")):
        raise ParamFileError(f"--spark-nlp-jars {jars}: no folder with a spark-nlp*.jar")
    # Not resolved: an environment's python is a link to another, which does not know the environment.
    return SparkNlp(python.absolute(), jars and jars.absolute()) if python else None


def make(folder: Path, jars: Path | None) -> SparkNlp:
    """Make an environment in a folder, unless it is there.

    Raises
    ------
    UnavailableError
        It cannot be made, for instance without a network.
    """
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    done = folder / "sparkcls-bench.done"
    if not done.exists():
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
    return SparkNlp(python, jars and jars.absolute())
