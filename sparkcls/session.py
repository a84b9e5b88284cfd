"""Starting a local Spark session, with the usual stumbling blocks checked first."""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import sparkcls.spark  # noqa: F401 (fails with a clear sentence where pyspark is missing)
from sparkcls.errors import DeviceError, JavaError, ParamTypeError
from sparkcls.meter.display import say
from sparkcls.spark.quiet import quiet_start
from sparkcls.standby import Standby

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

logger = logging.getLogger(__name__)

_standby = Standby()


def start_session(gpu: bool, memory: str, params: dict[str, str] | None) -> SparkSession:
    """See `sparkcls.start`."""
    from pyspark.sql import SparkSession

    if params is not None and not isinstance(params, dict):
        raise ParamTypeError(f"start(params=...) takes a dict of Spark confs, got {type(params).__name__}")
    if gpu:
        _check_gpu()
    running = SparkSession.getActiveSession()
    if running is not None:
        # A managed cluster has one, and its Java is not this machine's.
        logger.info("a session is running already; it keeps its master, memory and Python")
        return _set(running, params or {})
    confs = {
        "spark.driver.memory": memory,
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.python.daemon.module": "sparkcls.daemon",
        **(params or {}),
    }
    # What spark-submit was told counts, and its Java runs already.
    if not _is_remote(confs) and "PYSPARK_GATEWAY_PORT" not in os.environ:
        check_java()
        if "spark.remote" not in confs and "SPARK_REMOTE" not in os.environ:
            confs.setdefault("spark.master", os.environ.get("MASTER", "local[*]"))
        # Without it workers run whatever `python3` is on the PATH, which may lack pandas and sparkcls.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
        say("starting Spark")
    with quiet_start(confs), _standby.beside(confs):
        return _build({"spark.app.name": "sparkcls", **confs})


def _build(confs: dict[str, str]) -> SparkSession:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    for name, value in confs.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _set(session: SparkSession, confs: dict[str, str]) -> SparkSession:
    """Set what a running session lets one set. A builder would not find it if it is a Connect server's by URL."""
    from pyspark.errors import PySparkException

    for name, value in confs.items():
        try:
            session.conf.set(name, value)
        except PySparkException as e:
            logger.warning("the session that is running keeps its %s: %s", name, e)
    return session


def check_java() -> str:
    """The Java that Spark starts, with its version. JavaError, in one sentence, unless this pyspark can use it."""
    import pyspark

    # Source: the "Java" line of Spark's installation pages for 3.5 and 4.0.
    needed = 17 if int(pyspark.__version__.split(".")[0]) >= 4 else 8
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    advice = f"Spark {pyspark.__version__} needs Java {needed} or newer: install it, or set JAVA_HOME to where it is"
    if java is None or not Path(java).exists():
        raise JavaError(f"No Java found{f' in JAVA_HOME={home}' if home else ' on the PATH'}. {advice}")
    try:
        done = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError) as e:
        # On macOS without Java /usr/bin/java is there, and fails.
        raise JavaError(f"{java} does not run ({e}). {advice}") from e
    found = java_major(done.stderr)
    if found is not None and found < needed:
        raise JavaError(f"{java} is Java {found}. {advice}")
    return f"{java}, version {found or 'unknown'}"


def java_major(text: str) -> int | None:
    """Major version in what ``java -version`` prints: ``1.8.0_392`` is 8, ``17.0.1`` is 17."""
    match = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(match.group(1)) if match else None


def _is_remote(confs: dict[str, str]) -> bool:
    """Whether the session is a Spark Connect client, which needs no Java of its own."""
    remote = confs.get("spark.remote") or os.environ.get("SPARK_REMOTE", "")
    return remote.startswith("sc://")


def _check_gpu() -> None:
    import torch

    if not (torch.cuda.is_available() or torch.backends.mps.is_available()):
        raise DeviceError(
            "start(gpu=True): torch sees no GPU (driver, CUDA build of torch, CUDA_VISIBLE_DEVICES?); "
            "leave gpu out to use the CPU"
        )
