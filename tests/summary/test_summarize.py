"""`sparkcls.summarize`: every number of a frame that is counted by hand."""

from importlib import metadata

import numpy as np
import pandas as pd
import pyspark
import pytest

import sparkcls
from sparkcls.errors import ColumnError, ParamTypeError
from sparkcls.spark.folding import fold
from sparkcls.summary import About
from sparkcls.summary.about import versions_here
from sparkcls.summary.counting import Counting
from sparkcls.summary.summarizing import _of_pandas
from sparkcls.summary.summary import summary_of

#: A row: text, label, confidence, error, truncated.
ROWS = [
    ("good", "pos", 0.75, None, None),
    ("bad", "neg", 1.0, None, None),
    ("so so", "pos", 0.52, None, None),
    ("so so", "pos", 0.52, None, None),
    ("x" * 2_000, "neg", 0.29, None, 88),
    (None, None, None, None, None),
    ("", None, None, None, None),
    ("broken 1", None, None, "id 30522 is over 30521: 'a'", None),
    ("broken 2", None, None, "id 30523 is over 30521: 'b'", None),
    ("odd", None, None, "out of memory", None),
]
SCHEMA = "text string, label string, confidence double, scores map<string,double>, error string, truncated int"


def scores(label, confidence):
    if label is None:
        return None
    return {"neg": 0.0, "pos": 0.0, "none": 0.001} | {
        label: confidence,
        "pos" if label == "neg" else "neg": 1 - confidence,
    }


def frame():
    columns = pd.DataFrame(ROWS, columns=["text", "label", "confidence", "error", "truncated"])
    columns["truncated"] = columns["truncated"].astype("Int64")
    columns["scores"] = [scores(label, confidence) for _, label, confidence, *_ in ROWS]
    return columns


def check(found):
    assert (found.rows, found.answered, found.failed, found.empty) == (10, 5, 3, 2)
    assert (found.truncated, found.wordpieces_left_out, found.multilabel) == (1, 88, False)
    assert [(c.label, c.rows) for c in found.labels] == [("pos", 3), ("neg", 2), ("none", 0)]
    assert [c.confidence for c in found.labels] == [pytest.approx(1.79 / 3), pytest.approx(0.645), None]
    assert {i: n for i, n in enumerate(found.labels[0].histogram) if n} == {52: 2, 75: 1}
    assert {i: n for i, n in enumerate(found.labels[1].histogram) if n} == {29: 1, 99: 1}
    assert (found.less_confident(0.53), found.less_confident(0.52), found.less_confident(1)) == (3, 1, 5)
    assert [(r.error, r.rows) for r in found.reasons] == [("id 30522 is over 30521: 'a'", 2), ("out of memory", 1)]
    assert [(e.text, e.error) for e in found.reasons[0].examples] == [
        ("broken 1", "id 30522 is over 30521: 'a'"),
        ("broken 2", "id 30523 is over 30521: 'b'"),
    ]
    assert [(e.text[:5], e.label, e.confidence, e.rows) for e in found.doubtful] == [
        ("xxxxx", "neg", 0.29, 1),
        ("so so", "pos", 0.52, 2),
        ("good", "pos", 0.75, 1),
        ("bad", "neg", 1.0, 1),
    ]
    cut = found.doubtful[0]
    assert (len(cut.text), cut.characters, cut.truncated) == (501, 2_000, 88)
    assert (cut.runner_up, cut.runner_up_score) == ("pos", pytest.approx(0.71))
    assert found.most_truncated == (cut,)
    assert [e.text for e in found.typical["pos"]] == ["good", "so so"]
    lengths = found.lengths
    assert (lengths.texts, lengths.shortest, lengths.longest) == (9, 0, 2_000)
    assert lengths.mean == pytest.approx(sum(len(text or "") for text, *_ in ROWS) / 9)
    assert lengths.histogram == (1, 8 - 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0)
    assert sum(lengths.cut) == lengths.cut[9] == 1


def test_of_pandas():
    check(sparkcls.summarize(frame(), "text"))


@pytest.mark.parametrize("parts", [1, 2, 7])
def test_neither_order_nor_parts_change_it(parts):
    rng = np.random.default_rng(0)
    n = 3_000
    many = pd.DataFrame(
        {
            # Fewer texts than rows, and ties of confidence.
            "text": [f"text {i}" for i in rng.integers(0, 900, n)],
            "label": rng.choice(["a", "b", None], n),
            "confidence": np.round(rng.random(n), 2),
            "error": None,
        }
    )
    failed = many["label"].isna()
    many.loc[failed, "error"] = [f"reason {'abc'[i % 3]} of row {i}" for i in range(failed.sum())]
    whole = sparkcls.summarize(many, "text")
    merged = Counting()
    shuffled = many.sample(frac=1, random_state=parts)
    for part in np.array_split(np.arange(n), parts):
        selected, columns = _of_pandas(shuffled.iloc[part], "text", "")
        merged.merge_bytes(fold(selected, Counting()).to_bytes())
    assert summary_of(merged, columns, whole.about) == whole
    assert sum(r.rows for r in whole.reasons) == whole.failed == failed.sum()
    assert [r.error[:8] for r in whole.reasons] == ["reason a", "reason b", "reason c"]
    # The texts with the least confident answers, each once.
    answers = many[~failed].groupby(["confidence", "text", "label"]).size().reset_index().iloc[:20]
    assert [(e.confidence, e.text, e.label, e.rows) for e in whole.doubtful] == [tuple(a) for a in answers.to_numpy()]


def test_of_spark(spark):
    rows = [(t, label, c, scores(label, c), e, n) for t, label, c, e, n in ROWS]
    found = sparkcls.summarize(spark.createDataFrame(rows, SCHEMA).repartition(2), "TEXT")
    check(found)
    assert found == sparkcls.summarize(frame(), "text")
    several = spark.createDataFrame(
        [("a b", ["x", "y"], {"x": 0.9, "y": 0.6, "z": 0.1}), ("c", [], {"x": 0.2, "y": 0.1, "z": 0.1}), (None,) * 3],
        "`my text` string, `p.labels` array<string>, `p.scores` map<string,double>",
    ).selectExpr("*", "get(`p.labels`, 0) as `p.label`")
    check_several(sparkcls.summarize(several, "my text", prefix="p."))


def check_several(found):
    assert (found.rows, found.answered, found.empty, found.multilabel, found.without_label) == (3, 2, 1, True, 1)
    assert [(c.label, c.rows) for c in found.labels] == [("x", 1), ("y", 1), ("z", 0)]
    assert [c.confidence for c in found.labels] == [pytest.approx(0.9, abs=1e-12), pytest.approx(0.6, abs=1e-12), None]
    assert found.labels[0].histogram[90] == found.labels[1].histogram[60] == 1


def test_several_labels_a_row():
    columns = {
        "text": ["a b", "c", None],
        "labels": [["x", "y"], [], None],
        "label": ["x", None, None],
        "scores": [{"x": 0.9, "y": 0.6, "z": 0.1}, {"x": 0.2, "y": 0.1, "z": 0.1}, None],
    }
    found = sparkcls.summarize(pd.DataFrame(columns), "text")
    check_several(found)
    assert "1 with no label over its threshold" in str(found)


def test_what_is_not_there():
    found = sparkcls.summarize(pd.DataFrame({"label": ["a", "a", None]}))
    assert (found.rows, found.answered, found.empty, found.failed) == (3, 2, 1, 0)
    assert (found.truncated, found.lengths, found.has_confidence, found.doubtful) == (None, None, False, ())
    for nothing in (pd.DataFrame({"label": []}), pd.DataFrame({"text": [None], "label": [None]})):
        found = sparkcls.summarize(nothing, "text" if "text" in nothing else None)
        assert (found.answered, found.labels) == (0, ())
        assert str(found).startswith(f"{len(nothing)} row")


def test_columns_of_other_types_are_not_answers():
    mine = frame().assign(error=range(10), labels="gold", scores=[[1]] * 10)
    found = sparkcls.summarize(mine, "text")
    assert (found.failed, found.multilabel, found.answered) == (0, False, 5)


def test_raw_scores_are_no_confidence():
    found = sparkcls.summarize(pd.DataFrame({"label": ["a", "b", "b"], "confidence": [7.5, -2.0, 0.5]}))
    assert [(c.label, c.rows, c.confidence) for c in found.labels] == [("b", 2, 0.5), ("a", 1, None)]
    assert found.has_confidence


def test_about_a_classifier(spark, bundled):
    classifier = sparkcls.classifier(bundled.copy(), metrics=True, precision="float32")
    before = About.of(classifier, rows=3, seconds=1.5)
    assert before.model == "distilbert_mini_sequence_classifier_sst2"
    assert before.digest.startswith("sha256:")
    assert (before.device, before.precision, before.seconds, before.rows_per_second) == (None, "float32", 1.5, 2.0)
    assert before.versions["sparkcls"] == sparkcls.version()
    answers = classifier(spark.createDataFrame([("I liked it",), (" ",)], "text string").coalesce(1), "text")
    summary = sparkcls.summarize(answers, "text", about=About.of(classifier))
    assert (summary.rows, summary.answered, summary.empty, summary.failed) == (2, 1, 1, 0)
    assert summary.labels[0].label == "POSITIVE"
    after = About.of(classifier)
    assert (after.device, after.seconds) == ("cpu", None)
    for stage in (bundled, classifier.pipeline()):
        assert About.of(stage).digest == before.digest
    with pytest.raises(ParamTypeError, match="or a PipelineModel that holds one; got str with 0 classifiers"):
        About.of("some name")


def test_a_pyspark_that_was_not_installed(monkeypatch):
    version = metadata.version

    def of_others(name):
        if name == "pyspark":
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", of_others)
    assert versions_here()["pyspark"] == pyspark.__version__


def test_what_it_prints():
    about = About("some/model", "sha256:12", {"sparkcls": "9"}, "cpu", "float32", 80.0, 0.125)
    printed = str(sparkcls.summarize(frame(), "text", about=about))
    assert printed == (
        "10 rows: 5 answered, 2 empty, 3 failed; 1 truncated (88 wordpieces left out)\n"
        "\n"
        "label  rows   share  mean confidence\n"
        "pos       3  60.0 %            0.597\n"
        "neg       2  40.0 %            0.645\n"
        "none      0   0.0 %                -\n"
        "\n"
        "failed:\n"
        "  2 x id 30522 is over 30521: 'a'\n"
        "  1 x out of memory\n"
        "\n"
        "model: some/model\n"
        "digest: sha256:12\n"
        "device: cpu\n"
        "precision: float32\n"
        "time: 1 min 20 s\n"
        "rows a second: 0.125\n"
        "versions: sparkcls 9"
    )


def test_printing_many_and_hostile_labels():
    labels = [f"label {i:03}" for i in range(150)] + ["\x1b[31mred\u202e\n", "\ud800", "文字", ""]
    printed = str(sparkcls.summarize(pd.DataFrame({"label": [*labels, *labels[-4:]], "confidence": 0.5})))
    lines = printed.splitlines()
    assert len(lines) < 40
    assert "... and 134 more labels: 134 rows" in lines
    assert "\x1b" not in printed
    assert any(line.startswith("<U+001B>[31mred<U+202E>  ") for line in lines)
    assert any(line.startswith("(blank)  ") for line in lines)
    printed.encode("utf-8")


def test_errors():
    with pytest.raises(ColumnError, match="no column 'txt' of texts; there are 'label', 'confidence'"):
        sparkcls.summarize(pd.DataFrame({"label": ["a"], "confidence": [0.5]}), "txt")
    with pytest.raises(ColumnError, match=r"no column 'x_label', which sparkcls.classify adds.*pass prefix="):
        sparkcls.summarize(frame(), "text", prefix="x_")
    with pytest.raises(ColumnError, match="'label' is int64, and not of strings"):
        sparkcls.summarize(pd.DataFrame({"label": [1]}))
    with pytest.raises(ColumnError, match="'text' holds '7' of type int, not str"):
        sparkcls.summarize(pd.DataFrame({"text": [7], "label": ["a"]}), "text")
    with pytest.raises(ColumnError, match=r"'label' holds more than 10,000 different values, such as '0', '1', '10'"):
        sparkcls.summarize(pd.DataFrame({"label": [str(i) for i in range(10_001)]}))
    with pytest.raises(ColumnError, match="several columns of one name: label, label"):
        sparkcls.summarize(pd.DataFrame([["a", "b"]], columns=["label", "label"]))
    merged = Counting()
    for start in (0, 6_000):
        part = pd.DataFrame({"label": [str(i) for i in range(start, start + 6_000)]})
        merged.merge_bytes(fold(_of_pandas(part, None, "")[0], Counting()).to_bytes())
    assert (merged.too_many, len(merged.labels)) == (["0", "1", "10"], 0)
    with pytest.raises(ParamTypeError, match="takes a Spark or a pandas DataFrame, got list"):
        sparkcls.summarize(["a"])
    with pytest.raises(ParamTypeError, match=r"summarize\(about=\) takes an About, got dict"):
        sparkcls.summarize(frame(), "text", about={})
    with pytest.raises(ParamTypeError, match=r"summarize\(prefix=\) takes a str, got None"):
        sparkcls.summarize(frame(), "text", prefix=None)
