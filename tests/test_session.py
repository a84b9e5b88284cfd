import os

import pytest

import sparkcls
from sparkcls.errors import DeviceError, JavaError, ParamTypeError
from sparkcls.session import check_java, java_major


@pytest.mark.parametrize(
    ("text", "major"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('java version "1.8.0_392"', 8),
        ('openjdk version "21" 2023-09-19', 21),
        ("no such thing", None),
    ],
)
def test_java_major(text, major):
    assert java_major(text) == major


def java(folder, version):
    """A JAVA_HOME whose java prints a version."""
    (folder / "bin").mkdir()
    script = folder / "bin" / "java"
    script.write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    script.chmod(0o755)
    return folder


def test_missing_java_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(JavaError, match=r"No Java found in JAVA_HOME=.*needs Java \d+ or newer: install it"):
        check_java()
    monkeypatch.delenv("JAVA_HOME")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(JavaError, match="No Java found on the PATH"):
        check_java()


def test_old_java(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, "1.7.0_80")))
    with pytest.raises(JavaError, match="is Java 7"):
        check_java()


def test_new_java_passes(monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(java(tmp_path, "25.0.1")))
    check_java()


def test_java_that_does_not_run(monkeypatch, tmp_path):
    home = java(tmp_path, "17")
    (home / "bin" / "java").write_text("garbage")
    monkeypatch.setenv("JAVA_HOME", str(home))
    with pytest.raises(JavaError, match="does not run"):
        check_java()


def test_a_stub_that_fails_is_no_java(monkeypatch, tmp_path):
    home = java(tmp_path, "17")
    (home / "bin" / "java").write_text("#!/bin/sh\necho 'Unable to locate a Java Runtime.' >&2\nexit 1\n")
    monkeypatch.setenv("JAVA_HOME", str(home))
    with pytest.raises(JavaError, match="does not run"):
        check_java()


def test_start_refuses():
    with pytest.raises(ParamTypeError, match="takes a dict of Spark confs, got list"):
        sparkcls.start(params=["a"])


def test_gpu_that_is_not_there(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(DeviceError, match="torch sees no GPU"):
        sparkcls.start(gpu=True)


def test_start_gives_the_running_session_and_takes_spark_nlps_arguments(spark, monkeypatch, tmp_path):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))  # a session that runs needs none here
    session = sparkcls.start(memory="1G", apple_silicon=False, real_time_output=False, spark32=True)
    assert session.range(3).count() == 3
    assert os.environ["PYSPARK_PYTHON"]


def test_start_sets_what_a_running_session_lets_it_set(spark, caplog):
    confs = {"spark.sql.session.timeZone": "Asia/Tokyo", "spark.sql.warehouse.dir": "/elsewhere"}
    before = spark.conf.get("spark.sql.session.timeZone")
    try:
        session = sparkcls.start(params=confs)
        assert session.conf.get("spark.sql.session.timeZone") == "Asia/Tokyo"
        assert session.conf.get("spark.sql.warehouse.dir") != "/elsewhere"
        assert "keeps its spark.sql.warehouse.dir" in caplog.text
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)
