"""The worker daemon: what it imports before it forks, and that plain sessions work without it."""

import os
import subprocess
import sys

import pytest

PLAIN = """
import sys
from pyspark.sql import SparkSession
from sparkcls.base import *
from sparkcls.annotator import *

spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
document_assembler = DocumentAssembler().setInputCol("text").setOutputCol("document")
tokenizer = Tokenizer().setInputCols(["document"]).setOutputCol("token")
classifier = DistilBertForSequenceClassification.pretrained("distilbert_mini_sequence_classifier_sst2", "en")
classifier.setInputCols(["token", "document"]).setOutputCol("class")
frame = spark.createDataFrame([["I really liked that movie!"]]).toDF("text")
pipeline = Pipeline(stages=[document_assembler, tokenizer, classifier])
print("RESULT", pipeline.fit(frame).transform(frame).select("class.result").collect()[0][0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's threads")
@pytest.mark.parametrize("of_user", ["", "dirty_decay_ms:100"])
def test_preloading_starts_no_thread_and_leaves_cuda_alone(of_user):
    code = (
        "from sparkcls import daemon; daemon.preload(); import gc, sys, torch;"
        "import os; print(daemon.threads(), torch.cuda.is_initialized(), gc.isenabled(), gc.get_freeze_count() > 10_000,"
        "{'pandas', 'pyarrow', 'tokenizers'} <= set(sys.modules),"
        "os.environ['OMP_WAIT_POLICY'], os.environ['JE_ARROW_MALLOC_CONF'])"
    )
    environment = {k: v for k, v in os.environ.items() if k != "OMP_WAIT_POLICY"} | {"JE_ARROW_MALLOC_CONF": of_user}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    # Spinning threads of two tasks on two busy cores are a cliff; torch reads the policy when it is loaded.
    arrows = f"{of_user},background_thread:false".removeprefix(",")
    assert done.stdout.split() == ["1", "False", "True", "True", "True", "PASSIVE", arrows]
    assert not done.stderr


@pytest.fixture
def calls(monkeypatch):
    """What a daemon would have done: imports, starting itself anew, working."""
    from pyspark import daemon as pyspark_daemon

    from sparkcls import daemon

    made = []

    def replaced(path, argv, environment):
        made.append(("anew", argv[1:3], environment[daemon._LEFT_OUT]))
        raise SystemExit  # as this process ends there

    monkeypatch.setenv(daemon._SQL, "1")
    monkeypatch.delenv(daemon._LEFT_OUT, raising=False)
    monkeypatch.setattr(daemon, "IMPORTS", {name: lambda name=name: made.append(name) for name in daemon.IMPORTS})
    monkeypatch.setattr(daemon, "threads", lambda: 1)
    monkeypatch.setattr(daemon.os, "execve", replaced)
    monkeypatch.setattr(daemon.gc, "freeze", lambda: made.append("freeze"))
    monkeypatch.setattr(pyspark_daemon, "manager", lambda: made.append("manager"))
    return made


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux preloads")
@pytest.mark.parametrize("culprit", ["pandas", "torch"])
def test_what_starts_a_thread_is_left_out(calls, monkeypatch, capsys, culprit):
    from sparkcls import daemon

    monkeypatch.setattr(daemon, "threads", lambda: 2 if calls[-1] == culprit else 1)
    with pytest.raises(SystemExit):
        daemon.main()
    assert calls[-2:] == [culprit, ("anew", ["-m", "sparkcls.daemon"], culprit)]
    assert f"imports started a thread; workers import {culprit} themselves" in capsys.readouterr().err
    calls.clear()
    monkeypatch.setenv(daemon._LEFT_OUT, culprit)
    daemon.main()
    assert calls == [*({"pandas", "torch"} - {culprit}), "freeze", "manager"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux preloads")
def test_imports_that_fail_are_left_out(calls, monkeypatch, capsys):
    from sparkcls import daemon

    def fails():
        raise ImportError("no such package")

    monkeypatch.setitem(daemon.IMPORTS, "torch", fails)
    monkeypatch.setenv(daemon._LEFT_OUT, "pandas")
    with pytest.raises(SystemExit):
        daemon.main()
    assert calls == [("anew", ["-m", "sparkcls.daemon"], "pandas torch")]
    assert "ImportError: no such package; workers import torch themselves" in capsys.readouterr().err
    calls.clear()
    monkeypatch.setenv(daemon._LEFT_OUT, "pandas torch")
    daemon.main()
    assert calls == ["freeze", "manager"]


def test_daemons_of_rdds_import_nothing(calls, monkeypatch):
    from sparkcls import daemon

    monkeypatch.setenv(daemon._SQL, "")
    daemon.main()
    assert calls == ["manager"]


@pytest.fixture
def standing_by(calls, monkeypatch):
    """A daemon that stands by: nobody has come yet."""
    from sparkcls import daemon

    monkeypatch.setattr(daemon.sys, "argv", ["daemon", daemon.STAND_BY, "3"])
    monkeypatch.setattr(daemon.os, "setpgid", lambda *_: None)
    monkeypatch.setattr(daemon, "be_daemon", lambda number, before: calls.append(number) or True)
    return daemon


def test_a_daemon_that_stands_by_imports_before_it_is_asked(standing_by, calls, monkeypatch):
    standing_by.main()
    assert calls == ["pandas", "torch", "freeze", 3, "manager"]
    calls.clear()
    monkeypatch.setattr(standing_by, "be_daemon", lambda number, before: False)
    standing_by.main()
    assert "manager" not in calls


def test_a_daemon_that_cannot_import_does_not_stand_by(standing_by, calls, monkeypatch, capsys):
    monkeypatch.setattr(standing_by, "threads", lambda: 2)
    standing_by.main()
    assert calls == ["pandas"]
    assert not capsys.readouterr().err, "the daemon that Spark starts says it"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux preloads")
def test_a_daemon_hands_over_to_one_that_stands_by(calls, monkeypatch):
    from sparkcls import daemon

    monkeypatch.setattr(daemon, "hand_over", lambda: True)
    daemon.main()
    assert not calls


@pytest.mark.slow
def test_a_plain_session_works_too(tmp_path):
    script = tmp_path / "job.py"
    script.write_text(PLAIN)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=300)
    assert "RESULT ['POSITIVE']" in done.stdout, done.stderr[-3000:]
