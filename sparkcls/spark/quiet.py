"""Spark's log without the lines that every start prints."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyspark

_FILE = Path(__file__).with_name("log4j2.properties")
#: Options of the JVM that pyspark starts. Those in confs come after it, and win.
_OPTIONS = "SPARK_SUBMIT_OPTS"
#: Where else someone may have named a file of log4j.
_VARIABLES = (_OPTIONS, "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS")
_CONFS = ("spark.driver.extraJavaOptions", "spark.driver.defaultJavaOptions")


@contextmanager
def quiet_start(confs: Mapping[str, str]) -> Iterator[None]:
    """Let a JVM that is started in the with block print warnings and errors alone, if nobody has set up its log.

    Parameters
    ----------
    confs
        With which the session is started.
    """
    if log_is_set_up(confs):
        yield
        return
    before = os.environ.get(_OPTIONS)
    os.environ[_OPTIONS] = f"{before or ''} -Dlog4j2.configurationFile={_FILE.as_uri()}".strip()
    try:
        yield
    finally:
        if before is None:
            del os.environ[_OPTIONS]
        else:
            os.environ[_OPTIONS] = before


def log_is_set_up(confs: Mapping[str, str]) -> bool:
    """Whether a conf, a variable or a file of Spark's says how it logs."""
    said = [str(confs.get(name, "")) for name in _CONFS] + [os.environ.get(name, "") for name in _VARIABLES]
    if any("log4j" in text for text in said) or any(name.startswith("LOG4J_") for name in os.environ):
        return True
    home = os.environ.get("SPARK_HOME") or str(Path(pyspark.__file__).parent)
    folder = Path(os.environ.get("SPARK_CONF_DIR") or Path(home) / "conf")
    try:
        if any(file.suffix != ".template" for file in folder.glob("log4j2*")):
            return True
        return "log4j" in (folder / "spark-defaults.conf").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
