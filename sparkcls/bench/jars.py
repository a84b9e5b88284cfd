"""Spark NLP's JARs from Maven Central, where some that it asks for are missing.

Run by its path in Spark NLP's environment, this file is the program that makes Spark fetch: pyspark alone is needed.
Spark's own way to fetch (Ivy) is used, so that a mirror in ``DEFAULT_ARTIFACT_REPOSITORY`` is asked in Maven Central's
place, as everywhere in Spark.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

#: The newest release whose JAR is on Maven Central; it is for Spark 3.5.
VERSION = "5.5.3"
_GROUP = "com.johnsnowlabs.nlp"
_PACKAGE = f"{_GROUP}:spark-nlp_2.12:{VERSION}"
#: What it asks for and Maven Central does not have.
_MISSING = ("tensorflow-cpu_2.12:0.4.4", "jsl-llamacpp-cpu_2.12:0.1.4", "jsl-openvino-cpu_2.12:0.1.0")
#: Its classes name those of TensorFlow, so some must be there, though a model in ONNX never calls them.
_STAND_IN = "tensorflow-cpu_2.12:0.3.3"
NOTE = (
    f"Spark NLP asks for {', '.join(_MISSING)} of {_GROUP}, which are not on Maven Central: {_STAND_IN} stands in for "
    "the first, the others are left out. A model in ONNX is computed by none of them."
)
#: An hour, in seconds.
_PATIENCE = 3600
#: What would lead to another Spark.
_FOREIGN = ("SPARK_HOME", "PYSPARK_SUBMIT_ARGS", "PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON", "MASTER")


def fetch(python: Path, folder: Path) -> None:
    """Put all JARs into a folder, which is not there before all of them are.

    Raises
    ------
    UnavailableError
        Some cannot be had; the message names them.
    """
    from sparkcls.bench.job import UnavailableError

    ivy = folder.with_name(folder.name + ".part")
    without = ",".join(f"{_GROUP}:{one.partition(':')[0]}" for one in _MISSING)
    # Ivy leaves out what is excluded even where it is asked for by name, so the one that stands in is fetched apart.
    for package, excluded in ((_PACKAGE, without), (f"{_GROUP}:{_STAND_IN}", "")):
        try:
            subprocess.run(
                # -I: neither PYTHONPATH nor the folder of this file, whose modules have names such as `memory`.
                [str(python), "-I", __file__, str(ivy), package, excluded],
                check=True,
                capture_output=True,
                text=True,
                timeout=_PATIENCE,
                env={name: value for name, value in os.environ.items() if name not in _FOREIGN},
            )
        except subprocess.CalledProcessError as e:
            raise UnavailableError(_message(e.stdout + e.stderr)) from e
        except (OSError, subprocess.TimeoutExpired) as e:
            raise UnavailableError(f"its JARs cannot be fetched: {e}") from e
    shutil.rmtree(folder, ignore_errors=True)
    (ivy / "jars").rename(folder)
    shutil.rmtree(ivy, ignore_errors=True)


def _message(said: str) -> str:
    """What went wrong, from what Ivy printed, such as ``:: group#name;1.0: not found``."""
    lost = re.findall(r":: ([\w.-]+)#([\w.-]+);([\w.-]+?)(?:!\S+|: not found)", said)
    names = ", ".join(dict.fromkeys(":".join(one) for one in lost))
    errors = [line.strip() for line in said.splitlines() if "Error" in line or "Exception" in line]
    return (
        f"its JARs cannot be fetched from Maven Central: {names or (errors or ['Spark gave no reason'])[-1][:300]}. "
        "A mirror goes into the environment variable DEFAULT_ARTIFACT_REPOSITORY; a folder that has the JARs into "
        "--spark-nlp-jars"
    )


def _main(ivy: str, packages: str, excluded: str) -> None:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.jars.packages", packages).config("spark.jars.ivy", ivy)
    # Ivy looks into ~/.m2 first, and gives up where that has a description without its JAR, as Maven often leaves it.
    builder = builder.config("spark.driver.extraJavaOptions", f"-Duser.home={ivy}")
    if excluded:
        builder = builder.config("spark.jars.excludes", excluded)
    builder.getOrCreate().stop()


if __name__ == "__main__":
    _main(*sys.argv[1:])
