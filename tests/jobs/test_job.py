"""Whole jobs with a classifier that says how long a text is, so that no model is needed."""

import csv
import json

import pytest
from pyspark.sql import functions as F

from sparkcls.errors import JobError, ParamError
from sparkcls.jobs.job import Job, only_one
from sparkcls.jobs.listing import File
from sparkcls.jobs.output import Here, Output
from sparkcls.jobs.source import Source
from sparkcls.jobs.work import changes, read_work
from sparkcls.spark.spreading import spread, task_slots

ROWS = [(f"{i:03d}", f'text "{i}",\r\nand so on  \\') for i in range(95)]


@pytest.fixture(scope="module")
def opened(spark, tmp_path_factory):
    file = tmp_path_factory.mktemp("input") / "in.csv"
    with open(file, "w", newline="") as sink:
        csv.writer(sink).writerows([("id", "text"), *ROWS])
    return Source(paths=(str(file),)).open(spark)


def length(rows):
    answers = F.create_map(F.lit("a"), F.lit(0.25), F.lit("b"), F.lit(0.75))
    return rows.withColumn("label", F.length("text").cast("string")).withColumn("scores", answers)


def job(opened, out, classify=length, model="m", part_rows=20):
    return Job(opened.ordered(), opened.lines, classify, {"model": model}, Output(str(out)), part_rows)


def complete(spark, made, resume=False, overwrite=False):
    """Do a job; the numbers of the parts that were scored."""
    made.check(spark, overwrite)
    work, parts = made.begin(spark, resume, overwrite)
    rows = made.score(spark, work, parts, 2)
    made.finish(spark, work, rows, [])
    return [part.number for part in parts]


def test_one_file_in_the_order_of_the_input(spark, opened, tmp_path):
    out = tmp_path / "out.csv"
    assert complete(spark, job(opened, out)) == [0, 1, 2, 3, 4]
    with open(out, newline="", encoding="utf-8") as source:
        found = list(csv.reader(source))
    scores = '{"a":0.25,"b":0.75}'
    assert found == [["id", "text", "label", "scores"], *([*row, str(len(row[1])), scores] for row in ROWS)]
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"], "nothing is left of the work"
    with pytest.raises(ParamError, match="exists; choose another name, or replace it with --overwrite"):
        job(opened, out).check(spark, overwrite=False)
    again = Source(paths=(str(out),)).open(spark)
    assert [tuple(row[:2]) for row in again.frame.orderBy("id").collect()] == ROWS, "what is written is read again"


@pytest.mark.parametrize("name", ["out.jsonl", "out"])
def test_other_formats(spark, opened, tmp_path, name):
    out = tmp_path / name
    out.mkdir() if name == "out" else out.write_text("old")
    complete(spark, job(opened, out, part_rows=1000), overwrite=True)
    assert out.is_dir() == (name == "out")
    rows = spark.read.format("json" if "json" in name else "parquet").load(str(out)).select("id", "text", "scores")
    assert [tuple(row[:2]) for row in sorted(rows.collect())] == ROWS
    if name == "out.jsonl":
        first = json.loads(out.read_text().splitlines()[0])
        assert first == {
            "id": "000",
            "text": ROWS[0][1],
            "label": str(len(ROWS[0][1])),
            "scores": {"a": 0.25, "b": 0.75},
        }


def test_a_job_that_fails_goes_on_where_it_was(spark, opened, tmp_path):
    out = tmp_path / "out"

    def failing(rows):
        return length(rows).withColumn("label", F.when(F.col("id") == "070", F.raise_error(F.lit("no"))).otherwise("x"))

    broken = job(opened, out, failing)
    work, parts = broken.begin(spark, False, False)
    with pytest.raises(Exception, match="no"):
        broken.score(spark, work, parts, 2)
    assert not out.exists(), "nothing has the name until it is complete"
    with pytest.raises(JobError, match="go on with it with --resume, or begin again with --overwrite"):
        job(opened, out).begin(spark, False, False)
    with pytest.raises(JobError, match="model: was m, is other"):
        job(opened, out, model="other").begin(spark, True, False)

    work, missing = job(opened, out).begin(spark, True, False)
    finished = {part.number for part in work.parts} - {part.number for part in missing}
    assert finished
    assert 3 not in finished, "the row that fails is in it"
    # As if it had been killed while it was writing: half of a part is there.
    half = work.read(spark, work.parts[3]).limit(7)
    work.write(work.parts[3], length(half))
    assert complete(spark, job(opened, out), resume=True) == sorted({0, 1, 2, 3, 4} - finished)
    rows = spark.read.parquet(str(out)).collect()
    assert sorted((row["id"], row["text"]) for row in rows) == ROWS
    # Parts that were done before have their answers of then.
    before = {"x"} if finished else set()
    assert before <= {row["label"] for row in rows}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_job_that_was_killed_while_its_input_was_copied_begins_again(spark, opened, tmp_path):
    out = tmp_path / "out"
    opened.ordered().limit(3).write.parquet(f"{Output(str(out)).work}/0123/input")
    assert read_work(spark, Output(str(out)).work) is None
    assert complete(spark, job(opened, out, part_rows=50), resume=True) == [0, 1]
    assert spark.read.parquet(str(out)).count() == len(ROWS)


def test_no_rows(spark, tmp_path):
    (tmp_path / "in.csv").write_text("id,text\n")
    opened = Source(paths=(str(tmp_path / "in.csv"),)).open(spark)
    complete(spark, job(opened, tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_text() == "id,text,label,scores\n"


def test_rows_are_spread_over_the_slots(spark):
    assert task_slots(spark) == 2
    assert spread(spark.range(95).coalesce(1), 2).select(F.spark_partition_id()).distinct().count() == 2
    assert spread(spark.range(95), 2, 95).select(F.spark_partition_id()).distinct().count() == 1


def test_names_of_outputs():
    assert Output("a/labels.csv.gz").kind == "csv"
    assert Output("labels.json").kind == "jsonl"
    assert Output("labels.v2").kind == "parquet"
    assert (Output("s3://bucket/x/labels").work, Output("out/").work) == (
        "s3://bucket/x/.labels.sparkcls",
        ".out.sparkcls",
    )
    for path, message in (
        ("a*b", "Spark takes for a pattern"),
        ("/", "expected the name"),
        ("a.txt", "--out-format text"),
        ("a.csv.bz2", "only .gz is written"),
    ):
        with pytest.raises(ParamError, match=message):
            Output(path)


def test_one_job_at_a_time(tmp_path, monkeypatch):
    output = Output(str(tmp_path / "out"))
    with only_one(output), pytest.raises(JobError, match="Another job is writing"), only_one(output):
        pass
    monkeypatch.chdir(tmp_path)
    with only_one(output), pytest.raises(JobError, match="Another job is writing"), only_one(Output("out")):
        pass
    (tmp_path / "other").mkdir()
    with only_one(Output("out")):
        monkeypatch.chdir("other")
        with only_one(Output("out")):
            pass


def test_the_input_is_never_replaced(tmp_path):
    file = tmp_path / "data" / "a.csv"
    file.parent.mkdir()
    file.write_text("text\n")
    (tmp_path / "link").symlink_to("data")
    files = [File(f"file:{file}", 5, "")]
    for wrong in ("data", "data/", "data/a.csv", "link", "."):
        with pytest.raises(ParamError, match="a.csv is there, and would be replaced"):
            Output(str(tmp_path / wrong)).check_apart(files)
    for right in ("data/b.csv", "dat", "out"):
        Output(str(tmp_path / right)).check_apart(files)
    Output("s3://b/out").check_apart([File("s3://b/outer/a.csv", 5, "")])
    with pytest.raises(ParamError, match="would be replaced"):
        Output("s3://b/out").check_apart([File("s3://b/out/a.csv", 5, "")])


@pytest.mark.parametrize("old", ["file", "folder", "link", "nothing"])
@pytest.mark.parametrize("one_file", [True, False])
def test_whatever_has_the_name_makes_way(tmp_path, old, one_file):
    made, out, kept = tmp_path / "work" / "result", tmp_path / "out", tmp_path / "kept"
    for folder in (made, kept):
        folder.mkdir(parents=True)
        (folder / "part-0").write_text(folder.name)
    if old == "file":
        out.write_text("old")
    elif old == "folder":
        out.mkdir()
        (out / "old").write_text("old")
    elif old == "link":
        out.symlink_to("kept")
    Here().publish(str(made), str(out), one_file)
    assert (out if one_file else out / "part-0").read_text() == "result"
    assert not out.is_symlink()
    assert (kept / "part-0").read_text() == "kept", "what a link leads to is another's"


def test_changes_in_words():
    assert changes({"a": 1, "b": "x"}, {"a": 1, "b": "y", "c": None}) == ["b: was x, is y"]
