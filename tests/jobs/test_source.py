import json

import pytest

from sparkcls.errors import ColumnError, ParamError
from sparkcls.jobs.encodings import java_charset
from sparkcls.jobs.formats import format_of
from sparkcls.jobs.listing import File, files_of
from sparkcls.jobs.quality import quality_of
from sparkcls.jobs.source import CORRUPT, ORDER, Source


def rows_of(opened):
    rows = opened.ordered().orderBy(ORDER).drop(ORDER).collect()
    return [row.asDict() for row in rows]


@pytest.mark.parametrize(
    ("name", "java"),
    [
        ("utf-8", "UTF-8"),
        ("UTF8", "UTF-8"),
        ("latin-1", "ISO-8859-1"),
        ("cp1252", "windows-1252"),
        ("windows-1251", "windows-1251"),
        ("iso-8859-15", "ISO-8859-15"),
        ("utf-16-le", "UTF-16LE"),
        ("cp437", "cp437"),
    ],
)
def test_encodings_as_java_calls_them(name, java):
    assert java_charset(name) == java


def test_an_encoding_that_is_none():
    with pytest.raises(ParamError, match="--encoding 'utf-9': there is no encoding of this name"):
        Source(paths=("a.csv",), encoding="utf-9")


@pytest.mark.parametrize(
    ("paths", "kind"),
    [(["a.csv", "B.CSV.gz"], "csv"), (["a.tab"], "tsv"), (["x.ndjson"], "jsonl"), (["x.pq"], "parquet")],
)
def test_formats_by_name(paths, kind):
    assert format_of([File(path, 1, "") for path in paths]) == kind


def test_formats_that_names_do_not_tell():
    with pytest.raises(
        ParamError, match=r"reviews\.dat: its name does not tell its format; name it, as in --format csv"
    ):
        format_of([File("reviews.dat", 1, "")])
    with pytest.raises(ParamError, match="several formats"):
        format_of([File("a.csv", 1, ""), File("b.json", 1, "")])


def test_one_input_alone():
    for wrong in ({}, {"paths": ("a.csv",), "table": "t"}, {"table": "t", "query": "SELECT 1"}):
        with pytest.raises(ParamError, match="one of the three"):
            Source(**wrong)
    with pytest.raises(ParamError, match="--format excel: expected one of csv, tsv"):
        Source(paths=("a",), format="excel")


def test_csv_with_everything_that_goes_wrong(spark, tmp_path):
    file = tmp_path / "reviews [1].csv"
    file.write_bytes(
        b"\xef\xbb\xbfid,review\r\n"
        b'007,"He said ""no"",\r\nand left"\r\n'
        b"2,caf\xe9\r\n"
        b"3,too,many,fields\r\n"
        b"4\r\n"
        b"5,\r\n"
        b'6,  "kept"\r\n'
        # Another program has gone on, with other line ends.
        b"\n7,a\n\n8,b"
    )
    opened = Source(paths=(str(file),)).open(spark)
    assert (opened.kind, opened.columns) == ("csv", ["id", "review"])
    assert [file.size for file in opened.files] == [file.stat().st_size]
    rows = rows_of(opened)
    assert [(row["id"], row["review"]) for row in rows] == [
        ("007", 'He said "no",\r\nand left'),
        ("2", "caf\ufffd"),
        ("3", "too"),
        ("4", None),
        ("5", None),
        ("6", '  "kept"'),
        ("7", "a"),
        ("8", "b"),
    ]
    assert [row[CORRUPT] for row in rows] == [None, None, "3,too,many,fields", "4", None, None, None, None]
    quality = quality_of(opened.frame)
    assert (quality.rows, quality.corrupt, quality.undecodable) == (8, 2, 1)
    assert sorted(quality.examples) == ["3,too,many,fields", "4"]
    with pytest.raises(ColumnError, match="There is no column 'text'; the input has 'id', 'review'"):
        opened.check_columns("id", "text")


def test_a_quote_that_is_never_closed_is_told(spark, tmp_path):
    (tmp_path / "a.csv").write_text('id,text\n1,"fine"\n2,"open\n3,c\n4,d\n')
    (tmp_path / "b.csv").write_text('id,text\n1,"fine"\n')
    (tmp_path / "mac.csv").write_bytes(b"id,text\r1,a\r2,b\r")
    opened = Source(paths=(str(tmp_path / "[ab].csv"),)).open(spark)
    assert [row["id"] for row in rows_of(opened)] == ["1", "2", "1"]
    (file,) = quality_of(opened.frame, opened.lines).open_quotes
    assert file.endswith("/a.csv")
    assert [row["text"] for row in rows_of(Source(paths=(str(tmp_path / "mac.csv"),)).open(spark))] == ["a", "b"]


def test_order_is_that_of_names_and_then_lines(spark, tmp_path):
    for name, ids in (("b", range(3)), ("a", range(3, 100)), ("c", range(100, 101))):
        (tmp_path / f"{name}.csv").write_text("id\n" + "".join(f"{i}\n" for i in ids))
    opened = Source(paths=(str(tmp_path / "*.csv"),)).open(spark)
    assert [int(row["id"]) for row in rows_of(opened)] == [*range(3, 100), *range(3), 100]
    (tmp_path / "d.csv").write_text("id,more\n1,2\n")
    with pytest.raises(Exception, match="d.csv"):
        Source(paths=(str(tmp_path),)).open(spark).frame.collect()


def test_folders_of_folders(spark, tmp_path):
    for folder, name in ((".", "a"), ("deep/er", "b"), ("deep/er", "_hidden")):
        (tmp_path / "in" / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / folder / f"{name}.csv").write_text(f"id\n{name}\n")
    opened = Source(paths=(str(tmp_path / "in"),)).open(spark)
    assert len(opened.files) == 2
    assert [row["id"] for row in rows_of(opened)] == ["a", "b"]
    (tmp_path / "days" / "day=1").mkdir(parents=True)
    (tmp_path / "days" / "day=1" / "c.csv").write_text("id\nc\n")
    assert rows_of(Source(paths=(str(tmp_path / "days"),)).open(spark)) == [{"id": "c", CORRUPT: None, "day": 1}]
    with pytest.raises(ParamError, match="a.csv is named by two of the inputs"):
        Source(paths=(str(tmp_path / "in"), str(tmp_path / "in" / "*.csv"))).open(spark)


def test_other_delimiters_and_encodings(spark, tmp_path):
    windows, tabs = tmp_path / "w.csv", tmp_path / "t.tsv"
    windows.write_bytes('1;"100 €; “fine”"\n'.encode("windows-1252"))
    tabs.write_bytes('id\ttext\n1\t"a\tb\nc"\n'.encode("utf-16"))
    opened = Source(paths=(str(windows),), sep=";", header=False, encoding="cp1252").open(spark)
    assert rows_of(opened) == [{"_c0": "1", "_c1": "100 €; “fine”", CORRUPT: None}]
    opened = Source(paths=(str(tabs),), encoding="utf-16").open(spark)
    assert rows_of(opened) == [{"id": "1", "text": "a\tb\nc", CORRUPT: None}]


def test_json_as_lines_and_as_a_document(spark, tmp_path):
    lines = b'{"id": 1, "text": "caf\xe9"}\n{"id": 2, "text"\n{"id": 3, "text": "x"}\n'
    (tmp_path / "a.jsonl").write_bytes(lines)
    (tmp_path / "lines.json").write_bytes(lines)
    # Spark 3.5 takes a line with such bytes for a broken one.
    first = (None, None, '{"id": 1, "text": "caf\ufffd"}') if spark.version < "4" else (1, "caf\ufffd", None)
    (tmp_path / "document.json").write_text(json.dumps([{"id": i, "text": "x"} for i in range(3)], indent=1))
    for name in ("a.jsonl", "lines.json"):
        rows = rows_of(Source(paths=(str(tmp_path / name),)).open(spark))
        assert [(row["id"], row["text"], row[CORRUPT]) for row in rows] == [
            first,
            (None, None, '{"id": 2, "text"'),
            (3, "x", None),
        ]
    rows = rows_of(Source(paths=(str(tmp_path / "document.json"),)).open(spark))
    assert rows == [{"id": i, "text": "x"} for i in range(3)]


def test_text_tables_and_queries(spark, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"one\ncaf\xe9\n\n")
    assert [row["text"] for row in rows_of(Source(paths=(str(tmp_path),)).open(spark))] == ["one", "caf\ufffd", ""]
    (tmp_path / "a.txt").write_bytes(b"caf\xe9\n")
    assert rows_of(Source(paths=(str(tmp_path),), encoding="latin-1").open(spark)) == [{"text": "café"}]
    spark.range(2).createOrReplaceTempView("two")
    # Bytes that are no text, which Arrow would refuse, and a column without a type, which cannot be written.
    query = "SELECT id, cast(X'63E9' AS string) AS text, NULL AS nothing FROM two"
    opened = Source(query=query).open(spark)
    assert rows_of(opened) == [{"id": i, "text": "c\ufffd", "nothing": None} for i in range(2)]
    assert opened.frame.schema["nothing"].dataType.simpleString() == "string"
    assert len(rows_of(Source(table="two").open(spark))) == 2
    opened.frame.write.parquet(str(tmp_path / "parquet"))
    (tmp_path / "parquet" / "_delta_log").mkdir()
    (tmp_path / "parquet" / "_delta_log" / "0.json").write_text("{}")
    with pytest.raises(ParamError, match="is a Delta table, and this Spark has no Delta: install delta-spark"):
        Source(paths=(str(tmp_path / "parquet"),)).open(spark)
    assert len(rows_of(Source(paths=(str(tmp_path / "parquet"),), format="parquet").open(spark))) == 2


def test_inputs_that_are_not_there(spark, tmp_path):
    for path in (tmp_path / "none.csv", tmp_path / "*.csv"):
        with pytest.raises(ParamError, match="no such file, folder or pattern where Spark runs"):
            files_of(spark, [str(path)])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ParamError, match="there is no file in it that is not empty"):
        files_of(spark, [str(tmp_path / "empty")])
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ParamError, match="there is no file in it that is not empty"):
        Source(paths=(str(tmp_path / "empty.csv"),)).open(spark)
    with pytest.raises(ParamError, match="The input cannot be read: .*TABLE_OR_VIEW_NOT_FOUND"):
        Source(table="nowhere").open(spark)
    (tmp_path / "taken.csv").write_text(f"{CORRUPT}\n1\n")
    with pytest.raises(ColumnError, match="rename it"):
        Source(paths=(str(tmp_path / "taken.csv"),)).open(spark)
