"""Several labels a row, and numbers."""

import json
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

import sparkcls
from sparkcls.errors import ColumnError, ParamError
from sparkcls.evaluation.multilabel import MAX_PATTERNS, Multilabel
from sparkcls.evaluation.multilabel_results import multilabel_evaluation_of
from sparkcls.evaluation.options import checked_options
from sparkcls.evaluation.regression import Regression
from sparkcls.spark.folding import arrow_table, fold

LABELS = ["toxic", "insult", "threat", "never"]
EXACT = dict(rel=1e-12, abs=1e-12)


def answers(rows=300, seed=0):
    chance = np.random.default_rng(seed)
    there = chance.random((rows, 4)) < [0.4, 0.3, 0.1, 0.0]
    scores = np.clip(0.5 * there + chance.random((rows, 4)) * 0.6, 0, 1)
    names = np.array(LABELS)
    frame = pd.DataFrame(
        {
            "text": [f"text {i}" for i in range(rows)],
            "gold": [names[row].tolist() for row in there],
            "labels": [names[row > 0.5].tolist() for row in scores],
            "scores": [dict(zip(LABELS, row.tolist(), strict=True)) for row in scores],
        }
    )
    frame["label"] = [given[0] if given else None for given in frame.labels]
    return frame


def matrix(lists):
    return np.array([[label in row for label in LABELS] for row in lists])


def same_as_sklearn(found, gold, answer):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        columns = metrics.precision_recall_fscore_support(gold, answer, zero_division=0)
        for got, precision, recall, f1, support in zip(found.per_class, *columns, strict=True):
            assert (got.precision, got.recall, got.f1) == pytest.approx((precision, recall, f1), **EXACT)
            assert got.support == support
        for average in ("micro", "macro", "weighted", "samples"):
            got = getattr(found, average)
            expected = metrics.precision_recall_fscore_support(gold, answer, average=average, zero_division=0)
            assert (got.precision, got.recall, got.f1) == pytest.approx(expected[:3], **EXACT)
    assert found.subset_accuracy == pytest.approx(metrics.accuracy_score(gold, answer), **EXACT)
    assert found.hamming_loss == pytest.approx(metrics.hamming_loss(gold, answer), **EXACT)
    both = metrics.multilabel_confusion_matrix(gold, answer)
    for got, ((tn, fp), (fn, tp)) in zip(found.counts, both, strict=True):
        assert (got.true_negatives, got.false_positives, got.false_negatives, got.true_positives) == (tn, fp, fn, tp)


def test_figures_are_those_of_scikit_learn():
    frame = answers()
    found = sparkcls.evaluate(frame, "gold", text_col="text")
    assert found.labels == tuple(LABELS)
    same_as_sklearn(found, matrix(frame.gold), matrix(frame.labels))
    low, high = found.intervals["subset accuracy"].low, found.intervals["subset accuracy"].high
    assert low < found.subset_accuracy < high
    assert str(found).splitlines()[0].split() == ["precision", "recall", "f1-score", "support"]
    assert list(found.to_pandas().index)[4:] == ["micro avg", "macro avg", "weighted avg", "samples avg"]
    assert json.loads(json.dumps(found.to_dict()))["micro"]["f1"] == found.micro.f1


def test_delimiters_and_other_spellings():
    frame = answers(100)
    expected = sparkcls.evaluate(frame, "gold", text_col="text")
    joined = frame.assign(gold=frame.gold.map(lambda labels: "; ".join(labels).upper()))
    assert sparkcls.evaluate(joined, "gold", text_col="text", delimiter=";") == expected
    bare = joined.assign(answer=frame.labels.map(";".join))[["gold", "answer"]]
    found = sparkcls.evaluate(bare, "gold", "answer", delimiter=";")
    assert [c.f1 for c in found.per_class] == [
        c.f1 for label in found.labels for c in expected.per_class if c.label == label
    ]
    # As `sparkcls classify` writes csv: all labels count, and not the best one alone.
    written = joined.assign(labels=frame.labels.map(json.dumps), scores=frame.scores.map(json.dumps))
    found = sparkcls.evaluate(written, "gold", delimiter=";")
    assert (found.micro, found.subset_accuracy) == (expected.micro, expected.subset_accuracy)
    array = sparkcls.evaluate(frame[["gold", "labels"]].rename(columns={"labels": "given"}), "gold", "given")
    assert array.micro == expected.micro
    with pytest.raises(ColumnError, match=r"Without a counterpart: 'tox'.*\{'tox': 'toxic'\}"):
        sparkcls.evaluate(frame.assign(gold=[["tox"]] * 100), "gold")
    mapped = frame.assign(gold=[["tox", "insult"]] * 100)
    found = sparkcls.evaluate(mapped, "gold", label_map={"tox": "toxic", "insult": None})
    assert [c.support for c in found.per_class] == [100, 0, 0, 0]


def test_rows_without_an_answer():
    frame = answers(100)
    for column in ("label", "labels", "scores"):
        frame.loc[list(range(10)), column] = None
    frame["error"] = [("E" if i < 4 else None) for i in range(100)]
    frame.loc[20, "gold"] = None
    found = sparkcls.evaluate(frame, "gold")
    assert (found.rows, found.unlabelled, found.unanswered, found.failed, found.answered) == (100, 1, 10, 4, 89)
    kept = frame[frame.gold.notna()]
    gold, answer = matrix(kept.gold), matrix(kept.labels.map(lambda labels: labels or []))
    assert found.micro.f1 == pytest.approx(metrics.f1_score(gold, answer, average="micro"), **EXACT)
    exact = (gold == answer).all(axis=1) & (np.arange(99) >= 10)
    assert found.subset_accuracy == pytest.approx(exact.mean(), **EXACT)
    skipped = sparkcls.evaluate(frame, "gold", unanswered="skip")
    same_as_sklearn(skipped, gold[10:], answer[10:])


def test_the_most_confident_mistakes():
    frame = pd.DataFrame(
        {
            "text": ["a", "b", "c"],
            "gold": [["x"], ["y"], ["x", "y"]],
            "labels": [["x", "y"], [], ["x", "y"]],
            "label": ["x", None, "x"],
            "scores": [{"x": 0.9, "y": 0.6}, {"x": 0.1, "y": 0.05}, {"x": 0.9, "y": 0.9}],
        }
    )
    found = sparkcls.evaluate(frame, "gold", text_col="text").mistakes
    assert [(m.text, m.gold, m.predicted, m.confidence) for m in found] == [
        ("b", "y", "", 0.95),
        ("a", "x", "x, y", 0.6),
    ]


def test_parts_give_what_the_whole_gives():
    frame = answers(200)
    options = checked_options("gold", "text", None, None, None, "wrong", 15, 5, 100, 0)
    whole, merged = fold(frame, Multilabel({}, None, 5)), Multilabel({}, None, 5)
    for start in (100, 0):
        part = fold(arrow_table(frame).slice(start, 100), Multilabel({}, None, 5))
        merged.merge_bytes(part.to_bytes())
    assert multilabel_evaluation_of(merged, options, None) == multilabel_evaluation_of(whole, options, None)


def test_rows_that_differ_too_much_to_be_counted_are_told():
    labels = [f"l{i}" for i in range(16)]
    gold = [[name for bit, name in enumerate(labels) if i >> bit & 1] for i in range(MAX_PATTERNS + 1)]
    with pytest.raises(ColumnError, match="'gold' and the answers stand together in more than 20,000 different ways"):
        sparkcls.evaluate(pd.DataFrame({"gold": gold, "answer": gold}), "gold", "answer")
    several = pd.DataFrame({"gold": [[f"l{i}"] for i in range(1_001)], "answer": [["l0"]] * 1_001})
    with pytest.raises(ColumnError, match="'gold' holds more than 1,000 different values, such as 'l0', 'l1', 'l10'"):
        sparkcls.evaluate(several, "gold", "answer")


def test_numbers():
    chance = np.random.default_rng(0)
    gold = 1e6 + chance.normal(size=500)
    frame = pd.DataFrame({"gold": gold, "answer": gold + chance.normal(size=500) * 0.5})
    frame.loc[3, "gold"], frame.loc[5, "answer"] = None, None
    found = sparkcls.evaluate(frame, "gold", "answer", task="regression")
    kept = frame.dropna()
    assert (found.rows, found.unlabelled, found.answered) == (500, 1, 498)
    assert found.mae == pytest.approx(metrics.mean_absolute_error(kept.gold, kept.answer), **EXACT)
    assert found.rmse == pytest.approx(metrics.root_mean_squared_error(kept.gold, kept.answer), **EXACT)
    assert found.pearson == pytest.approx(np.corrcoef(kept.gold, kept.answer)[0, 1], rel=1e-9)
    merged, frame = Regression(), frame.rename(columns={"answer": "label"})
    for start in (200, 0):
        part = fold(arrow_table(frame).slice(start, 200 if start == 0 else 300), Regression())
        merged.merge_bytes(part.to_bytes())
    assert merged.products == pytest.approx(fold(frame, Regression()).products, rel=1e-9)
    assert "Pearson correlation 0.9080" in str(found)
    same = sparkcls.evaluate(frame.assign(label=1.0), "gold", task="regression")
    assert same.pearson is None
    with pytest.raises(ColumnError, match="No row has a gold number"):
        sparkcls.evaluate(frame.assign(gold=None), "gold", task="regression")
    with pytest.raises(ColumnError, match="a regression compares numbers"):
        sparkcls.evaluate(frame.assign(gold="x"), "gold", task="regression")
    with pytest.raises(ParamError, match="one label a row, and there is an array"):
        sparkcls.evaluate(answers(5), "gold", task="single")
