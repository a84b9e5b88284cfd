import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest

from sparkcls.cli import main
from sparkcls.cli.answering import Answering
from sparkcls.jobs.listing import File
from sparkcls.jobs.source import Opened, Source
from sparkcls.jobs.work import changes

GOOD = 'I loved it, "truly",\nevery minute'
BAD = "A dull and boring film"


@pytest.fixture
def run(spark, capsys):
    """The command in this process, with the session that runs: exit code, what it printed, what it said."""

    def call(*arguments):
        capsys.readouterr()
        code = main(["classify", *map(str, arguments)])
        return (code, *capsys.readouterr())

    return call


def write_csv(file, rows, head=("id", "review")):
    with open(file, "w", newline="", encoding="utf-8") as sink:
        csv.writer(sink).writerows([head, *rows])
    return file


def test_a_look(run, tmp_path):
    file = write_csv(tmp_path / "in.csv", [(i, GOOD if i % 3 else BAD) for i in range(30)] + [(30, "")])
    with open(file, "ab") as sink:
        sink.write(b"31,caf\xe9 was lovely\n32,lovely,too,many\n")
    code, out, err = run(file, "--text-col", "review")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split() == ["id", "review", "label", "confidence"]
    assert lines[1].split()[:2] == ["0", "A"]
    assert lines[1].split()[-2] == "NEGATIVE"
    assert 'I loved it, "truly", every minute' in lines[2], "in one line"
    assert len(lines[1 : lines.index("")]) == 20
    assert "33 rows: 32 answered, 1 empty, 0 failed" in lines
    assert "1 row could not be read whole; kept, with the column corrupt_record, as in:" in lines
    assert "  32,lovely,too,many" in lines
    assert "1 row with U+FFFD, where bytes are no text in the encoding: is --encoding right?" in lines
    assert "loading the model" in err
    assert run(file, "--text-col", "review", "--strict", "--limit", "30")[0] == 0
    assert run(file, "--text-col", "review", "--strict")[0] == 3


def test_into_a_file(run, spark, tmp_path):
    file = write_csv(
        tmp_path / "in.csv", [(f"{i:02d}", GOOD if i % 3 else BAD, "x") for i in range(90)], ("id", "review", "label")
    )
    code, out, err = run(file, "--text-col", "review", "--out", tmp_path / "out.csv")
    assert (code, out) == (2, "")
    assert "There is a column 'label' already, and one of this name is added: give --prefix" in err
    more = ["--text-col", "review", "--prefix", "p_", "--out", tmp_path / "out.csv", "--part-rows", "40"]
    code, out, err = run(file, *more, "--scores")
    assert code == 0, err
    with open(tmp_path / "out.csv", newline="", encoding="utf-8") as source:
        rows = list(csv.DictReader(source))
    assert [row["id"] for row in rows] == [f"{i:02d}" for i in range(90)]
    assert [row["review"] for row in rows] == [GOOD if i % 3 else BAD for i in range(90)]
    assert Counter(row["p_label"] for row in rows) == {"POSITIVE": 60, "NEGATIVE": 30}
    assert list(rows[0]) == ["id", "review", "label", "p_label", "p_confidence", "p_scores", "p_error", "p_truncated"]
    assert rows[0]["p_scores"].startswith('{"NEGATIVE":0.9')
    assert "90 rows: 90 answered, 0 empty, 0 failed" in out
    assert out.splitlines()[-1] == f"output: {tmp_path / 'out.csv'} (90 rows)"
    assert "digest: sha256:" in out
    assert "90 of 90 rows" in err
    code, out, err = run(file, *more)
    assert (code, out) == (2, "")
    assert "exists; choose another name, or replace it with --overwrite" in err
    code, _, err = run(file, *more, "--overwrite", "--id-col", "id", "--out-format", "parquet")
    assert code == 0, err
    found = spark.read.parquet(str(tmp_path / "out.csv"))
    assert found.columns == ["id", "p_label", "p_confidence", "p_error", "p_truncated"]
    assert found.count() == 90
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]


def test_a_job_goes_on_with_the_same_input_alone():
    def made_from(source, *files):
        answering = Answering.__new__(Answering)
        answering._source, answering._input = source, Opened(None, "kind", files)
        answering._rows = lambda: SimpleNamespace(columns=["text"])
        answering._args, answering._text = SimpleNamespace(limit=None, prefix=""), "text"
        stage = SimpleNamespace(extractParamMap=dict)
        answering._classifier = SimpleNamespace(classifier=stage, model=SimpleNamespace(digest="d"))
        return answering._made_from()

    file, table = Source(paths=("a.csv",)), Source(paths=("one",), format="delta")
    first = made_from(file, File("file:/a.csv", 1, "now"))
    assert changes(json.loads(json.dumps(first)), made_from(file, File("file:/a.csv", 1, "now"))) == []
    assert changes(first, made_from(file, File("file:/a.csv", 1, "later")))
    of_delta = json.loads(json.dumps(made_from(table)))
    assert changes(of_delta, made_from(table)) == []
    assert changes(of_delta, made_from(Source(paths=("other",), format="delta")))


def test_wrong_arguments(run, tmp_path):
    file = write_csv(tmp_path / "in.csv", [(1, "good")])
    for arguments, message in (
        ([], "Name what to read: files, or --table NAME, or --sql QUERY"),
        ([file], "Name the column of texts with --text-col: id, review"),
        ([file, "--text-col", "text"], "There is no column 'text'; the input has 'id', 'review'"),
        ([file, "--text-col", "review", "--id-col", "id,key"], "There is no column 'key'"),
        ([file, "--text-col", "review", "--set", "maxSentenceLength"], "expected PARAM=VALUE"),
        ([file, "--text-col", "review", "--set", "maxSentenceLength=-1"], "maxSentenceLength"),
        ([file, "--text-col", "review", "--set", "length=8"], "no Param 'length'"),
        ([file, "--encoding", "utf-9"], "there is no encoding of this name"),
        ([file, "--resume"], "--resume goes with --out"),
        ([file, "--limit", "0"], "--limit 0: expected a number of rows, from 1"),
        ([file, "--report", tmp_path / "none" / "r.html"], "in a folder that is there"),
        ([file, "--out", tmp_path / "a*"], "Spark takes for a pattern"),
        ([file, "--conf", "spark.x"], "expected KEY=VALUE"),
        ([file, "--master", "local", "--remote", "sc://x"], "--master and --remote: give one"),
        ([tmp_path / "none.csv"], "no such file, folder or pattern"),
    ):
        code, out, err = run(*arguments)
        assert (code, out) == (2, ""), err
        assert message in err
    code, _, err = run(file, "--text-col", "review", "--model", "no_such_model")
    assert (code, "no_such_model" in err) == (1, True)


def test_killed_and_gone_on_with(run, is_connect, tmp_path):
    if is_connect:
        pytest.skip("the killed process is one of classic Spark in either mode")
    rows = [(i, f"{GOOD} {i}" if i % 3 else BAD) for i in range(1500)]
    file, out = write_csv(tmp_path / "in.csv", rows), tmp_path / "out.csv"
    arguments = [file, "--text-col", "review", "--out", out, "--part-rows", "50"]
    log = tmp_path / "events.jsonl"
    command = [sys.executable, "-m", "sparkcls", "classify", *map(str, arguments), "--master", "local[1]"]
    environment = os.environ | {"SPARKCLS_EVENTS": str(log)}
    process = subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    try:
        while process.poll() is None and len(finished(tmp_path)) < 3:
            time.sleep(0.02)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    done = finished(tmp_path)
    assert 3 <= len(done) < 30, "killed in the midst of it"
    assert not out.exists()
    times = {file: file.stat().st_mtime_ns for part in done for file in part.glob("*.parquet")}

    code, _, err = run(*arguments)
    assert (code, "There is an unfinished job" in err) == (1, True)
    code, _, err = run(*arguments, "--set", "maxSentenceLength=64", "--resume")
    assert (code, "cannot go on" in err, "Params: was" in err) == (1, True, True)
    kept = []

    def keep_times(*_):
        kept.append({file: file.stat().st_mtime_ns for file in times})

    patch = pytest.MonkeyPatch()
    patch.setattr("sparkcls.jobs.job.Job.finish", wrapped(keep_times))
    code, printed, err = run(*arguments, "--resume")
    patch.undo()
    assert code == 0, err
    assert kept == [times], "finished parts were not written again"
    left = 1500 - 50 * len(done)
    assert f"{1500 - left:,} of 1,500 rows are done already" in err or "1,500 rows are done already" in err
    with open(out, newline="", encoding="utf-8") as source:
        found = [(int(row["id"]), row["review"]) for row in csv.DictReader(source)]
    assert found == rows, "each row once, in the order of the input"
    assert "1,500 rows: 1,500 answered" in printed


def finished(folder):
    """Parts to which Spark has said that they are complete."""
    return [path.parent for path in Path(folder).glob(".out.csv.sparkcls/*/done/*/_SUCCESS")]


def wrapped(before):
    from sparkcls.jobs.job import Job

    finish = Job.finish

    def call(self, *arguments):
        before()
        return finish(self, *arguments)

    return call


def test_under_spark_submit(isolation, is_connect, tmp_path):
    if is_connect:
        pytest.skip("spark-submit starts a classic Spark of its own")
    import pyspark

    file = write_csv(tmp_path / "in.csv", [(i, GOOD if i % 3 else BAD) for i in range(30)])
    script = subprocess.run(
        [sys.executable, "-m", "sparkcls", "submit-script"], capture_output=True, text=True, check=True
    )
    submit = Path(pyspark.__file__).parent / "bin" / "spark-submit"
    confs = ["--conf", "spark.ui.enabled=false", "--conf", "spark.driver.memory=1g"]
    arguments = ["classify", file, "--text-col", "review", "--out", tmp_path / "out.csv", "--id-col", "id"]
    command = [submit, "--master", "local[1]", *confs, script.stdout.strip(), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "30 rows: 30 answered" in done.stdout
    with open(tmp_path / "out.csv", newline="", encoding="utf-8") as source:
        assert Counter(row["label"] for row in csv.DictReader(source)) == {"POSITIVE": 20, "NEGATIVE": 10}
