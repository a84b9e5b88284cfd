"""What is printed when a session starts."""

import os
import subprocess
import sys

import pytest

from sparkcls.spark.quiet import log_is_set_up, quiet_start

SCRIPT = """
import sparkcls
spark = sparkcls.start(memory="512m", params={"spark.master": "local[1]", "spark.ui.enabled": "false"})
log = spark._jvm.org.slf4j.LoggerFactory.getLogger("org.apache.spark.mine")
log.info("not this")
log.warn("a warning that matters")
"""


def test_a_start_prints_warnings_alone():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    # Printed by the JVM itself, before any of its options count.
    lines = [line for line in done.stderr.splitlines() if "Using incubator modules" not in line]
    assert [line.split(" ", 2)[2] for line in lines] == ["WARN mine: a warning that matters"]


@pytest.fixture
def nothing_set(monkeypatch, tmp_path):
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    monkeypatch.setenv("SPARK_SUBMIT_OPTS", "-Dmine=1")
    for name in (
        "JAVA_TOOL_OPTIONS",
        "JDK_JAVA_OPTIONS",
        "_JAVA_OPTIONS",
        *filter(lambda n: n.startswith("LOG4J_"), os.environ),
    ):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_options_of_others_stay(nothing_set, monkeypatch):
    with quiet_start({}):
        mine, ours = os.environ["SPARK_SUBMIT_OPTS"].split(" ")
        assert mine == "-Dmine=1"
        assert ours.startswith("-Dlog4j2.configurationFile=file:///")
    assert os.environ["SPARK_SUBMIT_OPTS"] == "-Dmine=1"
    monkeypatch.delenv("SPARK_SUBMIT_OPTS")
    with quiet_start({}):
        pass
    assert "SPARK_SUBMIT_OPTS" not in os.environ


def test_who_has_set_up_the_log_keeps_it(nothing_set, monkeypatch):
    assert not log_is_set_up({"spark.driver.extraJavaOptions": "-Xss4m"})
    assert log_is_set_up({"spark.driver.extraJavaOptions": "-Dlog4j2.configurationFile=mine"})
    (nothing_set / "log4j2.properties.template").write_text("")
    assert not log_is_set_up({})
    (nothing_set / "spark-defaults.conf").write_text("spark.driver.extraJavaOptions -Dlog4j.configurationFile=x\n")
    assert log_is_set_up({})
    (nothing_set / "spark-defaults.conf").unlink()
    (nothing_set / "log4j2.xml").write_text("")
    assert log_is_set_up({})
    (nothing_set / "log4j2.xml").unlink()
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", "-Dlog4j2.configurationFile=x")
    assert log_is_set_up({})
    with quiet_start({}):
        assert os.environ["SPARK_SUBMIT_OPTS"] == "-Dmine=1"
