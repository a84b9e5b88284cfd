"""The worker daemon: what it imports before it forks, and that plain sessions work without it."""

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
def test_preloading_starts_no_thread_and_leaves_cuda_alone():
    code = (
        "from sparkcls import daemon; daemon.preload(); import sys, torch;"
        "import os; print(daemon.threads(), torch.cuda.is_initialized(), 'pandas' in sys.modules,"
        "os.environ['OMP_WAIT_POLICY'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    # Spinning threads of two tasks on two busy cores are a cliff; torch reads the policy when it is loaded.
    assert done.stdout.split() == ["1", "False", "False", "PASSIVE"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux preloads")
def test_a_started_thread_or_a_failed_import_turns_preloading_off(monkeypatch, capsys):
    from pyspark import daemon as pyspark_daemon

    from sparkcls import daemon

    calls = []
    monkeypatch.setenv(daemon._SQL, "1")
    monkeypatch.setattr(daemon, "preload", lambda: calls.append("preload"))
    monkeypatch.setattr(daemon, "threads", lambda: 2)
    monkeypatch.setattr(daemon.os, "execve", lambda path, argv, env: calls.append((argv[1:3], env[daemon._PLAIN])))
    monkeypatch.setattr(pyspark_daemon, "manager", lambda: calls.append("manager"))
    daemon.main()
    assert calls == ["preload", (["-m", "sparkcls.daemon"], "1"), "manager"]
    assert "imports started a thread" in capsys.readouterr().err

    def fails():
        raise ImportError("no torch")

    calls.clear()
    monkeypatch.setattr(daemon, "preload", fails)
    daemon.main()
    assert calls == [(["-m", "sparkcls.daemon"], "1"), "manager"]
    assert "ImportError: no torch" in capsys.readouterr().err
    for name, value in ((daemon._PLAIN, "1"), (daemon._SQL, "")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            calls.clear()
            daemon.main()
            assert calls == ["manager"]


@pytest.mark.slow
def test_a_plain_session_works_too(tmp_path):
    script = tmp_path / "job.py"
    script.write_text(PLAIN)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=300)
    assert "RESULT ['POSITIVE']" in done.stdout, done.stderr[-3000:]
