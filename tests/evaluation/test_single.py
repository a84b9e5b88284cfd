"""One label a row: equal to scikit-learn, whatever the labels are called and wherever the frame is."""

import json
import math
import time
import warnings

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn import metrics

import sparkcls
from sparkcls.errors import ColumnError, ParamError, ParamTypeError
from sparkcls.evaluation import evaluating
from sparkcls.evaluation.options import checked_options
from sparkcls.evaluation.single import Single
from sparkcls.evaluation.single_results import evaluation_of
from sparkcls.spark.folding import arrow_table, fold
from sparkcls.summary import About

LABELS = ["sadness", "joy", "Sci/Tech"]
EXACT = dict(rel=1e-12, abs=1e-12)


def test_the_time_is_that_of_making_answers(monkeypatch):
    def slow(*_):
        time.sleep(0.05)
        return answers(), None, About(model="m")

    about = sparkcls.evaluate(answers(), "gold", about=About(model="m", device="cpu")).about
    assert about == About(model="m", device="cpu"), "nothing is known of how long it took"
    monkeypatch.setattr(evaluating, "scored", slow)
    about = sparkcls.evaluate(answers(), "gold").about
    assert 0.05 <= about.seconds < 30
    assert about.rows_per_second == pytest.approx(500 / about.seconds)
    told = About(model="m", seconds=9.0, rows_per_second=1.0)
    assert sparkcls.evaluate(answers(), "gold", about=told).about == told


def answers(rows=500, seed=0, labels=LABELS):
    """Gold labels and the columns of `classify`: scores that are right more often than not."""
    chance = np.random.default_rng(seed)
    gold = chance.integers(0, len(labels), rows)
    logits = chance.normal(size=(rows, len(labels))) + 1.5 * np.eye(len(labels))[gold]
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    best = scores.argmax(axis=1)
    return pd.DataFrame(
        {
            "text": [f"text {i}" for i in range(rows)],
            "gold": [labels[i] for i in gold],
            "label": [labels[i] for i in best],
            "confidence": scores.max(axis=1),
            "scores": [dict(zip(labels, row.tolist(), strict=True)) for row in scores],
            "error": None,
        }
    )


def without_answers(frame, rows):
    """The frame with some rows as `classify` leaves those that it cannot answer."""
    frame = frame.copy()
    for column in ("label", "confidence", "scores"):
        frame.loc[rows, column] = None
    frame.loc[rows[::2], "error"] = "E: cannot be read"
    return frame


def same_as_sklearn(found, gold, answer, labels):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        columns = metrics.precision_recall_fscore_support(gold, answer, labels=labels, zero_division=0)
        for got, precision, recall, f1, support in zip(found.per_class, *columns, strict=True):
            assert (got.precision, got.recall, got.f1) == pytest.approx((precision, recall, f1), **EXACT)
            assert got.support == support
        for got, average in ((found.macro, "macro"), (found.weighted, "weighted")):
            expected = metrics.precision_recall_fscore_support(
                gold, answer, labels=labels, average=average, zero_division=0
            )
            assert (got.precision, got.recall, got.f1) == pytest.approx(expected[:3], **EXACT)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(gold, answer), **EXACT)


def test_figures_are_those_of_scikit_learn():
    frame = answers()
    found = sparkcls.evaluate(frame, "gold", text_col="text")
    assert found.labels == tuple(LABELS), "in the order of the scores"
    assert np.array_equal(found.confusion, metrics.confusion_matrix(frame.gold, frame.label, labels=LABELS))
    same_as_sklearn(found, frame.gold, frame.label, LABELS)
    order = sorted(LABELS)
    chances = [[row[label] for label in order] for row in frame.scores]
    assert found.log_loss == pytest.approx(metrics.log_loss(frame.gold, chances, labels=order), **EXACT)
    assert (found.rows, found.answered, found.scored, found.failed) == (500, 500, 500, 0)
    assert found.accuracy == found.accuracy_answered


def test_rows_without_an_answer_count_as_wrong_or_not_at_all():
    frame = without_answers(answers(200), list(range(0, 30)))
    found = sparkcls.evaluate(frame, "gold")
    same_as_sklearn(found, frame.gold, frame.label.fillna(""), LABELS)
    assert (found.answered, sum(found.unanswered), found.failed) == (170, 30, 15)
    assert found.accuracy < found.accuracy_answered
    skipped = sparkcls.evaluate(frame, "gold", unanswered="skip")
    same_as_sklearn(skipped, frame.gold[30:], frame.label[30:], LABELS)
    assert skipped.accuracy == skipped.accuracy_answered == found.accuracy_answered
    only = frame.copy()
    only.loc[0, "gold"] = "none"
    skipped_too = sparkcls.evaluate(only, "gold", unanswered="skip", label_map={"none": "none"})
    assert (skipped_too.macro, skipped_too.intervals["macro f1"]) == (skipped.macro, skipped.intervals["macro f1"])
    assert "30 without an answer (15 failed), which count as wrong" in str(found)
    assert "accuracy over the rows that have an answer" in str(found)
    assert "which do not count" in str(skipped)


def test_calibration():
    frame = answers()
    found = sparkcls.evaluate(frame, "gold", bins=10).calibration
    right = (frame.gold == frame.label).to_numpy()
    ece = 0.0
    for i, got in enumerate(found.bins):
        inside = (frame.confidence > i / 10) & (frame.confidence <= (i + 1) / 10)
        assert (got.lower, got.upper, got.count) == (i / 10, (i + 1) / 10, inside.sum())
        if got.count:
            assert got.confidence == pytest.approx(frame.confidence[inside].mean(), **EXACT)
            assert got.accuracy == pytest.approx(right[inside].mean(), **EXACT)
            ece += abs(got.confidence - got.accuracy) * got.count / len(frame)
        else:
            assert (got.confidence, got.accuracy) == (None, None)
    assert found.ece == pytest.approx(ece, **EXACT)
    # 0.3 * 10 is more than 3 in floating point, and 0.3 still in the bin that ends there.
    edge = pd.DataFrame({"gold": ["a"] * 3, "label": ["a"] * 3, "confidence": [0.3, 0.0, 1.0]})
    found = sparkcls.evaluate(edge, "gold", bins=10).calibration
    assert [b.count for b in found.bins] == [1, 0, 1, 0, 0, 0, 0, 0, 0, 1]
    assert found.ece == pytest.approx((0.7 + 1.0 + 0.0) / 3, **EXACT), "an answer without any confidence that is right"


def test_raw_scores_have_neither_log_loss_nor_calibration():
    frame = answers(50)
    frame["scores"] = [{label: 3 * score for label, score in row.items()} for row in frame.scores]
    frame["confidence"] = 3 * frame.confidence
    found = sparkcls.evaluate(frame, "gold")
    assert (found.log_loss, found.calibration) == (None, None)
    same_as_sklearn(found, frame.gold, frame.label, LABELS)
    sure = pd.DataFrame({"gold": ["a", "b"], "label": ["b", "b"], "scores": [{"a": 0.0, "b": 1.0}] * 2})
    loss = metrics.log_loss(["a", "b"], [[0.0, 1.0]] * 2, labels=["a", "b"])
    assert sparkcls.evaluate(sure, "gold").log_loss == pytest.approx(loss, **EXACT)


def test_intervals_are_those_of_drawing_rows():
    frame = answers(300)
    found = sparkcls.evaluate(frame, "gold", bootstrap=2000, seed=3)
    chance = np.random.default_rng(7)
    gold, label = frame.gold.to_numpy(), frame.label.to_numpy()
    drawn = [chance.integers(0, len(frame), len(frame)) for _ in range(400)]
    by_hand = {
        "accuracy": [np.mean(gold[d] == label[d]) for d in drawn],
        "f1 joy": [metrics.f1_score(gold[d] == "joy", label[d] == "joy") for d in drawn],
        "macro f1": [metrics.f1_score(gold[d], label[d], average="macro") for d in drawn],
    }
    for name, values in by_hand.items():
        low, high = np.percentile(values, [2.5, 97.5])
        assert (found.intervals[name].low, found.intervals[name].high) == pytest.approx((low, high), abs=0.015)
    assert found.intervals.keys() == {"accuracy", "macro f1", "weighted f1", *(f"f1 {label}" for label in LABELS)}
    assert found == sparkcls.evaluate(frame.sample(frac=1, random_state=1), "gold", bootstrap=2000, seed=3)
    assert sparkcls.evaluate(frame, "gold", bootstrap=0).intervals == {}


def test_the_most_confident_mistakes_with_their_texts():
    frame = answers(100)
    frame["text"] = [text * 100 for text in frame.text]
    found = sparkcls.evaluate(frame, "gold", text_col="text", mistakes=4).mistakes
    wrong = frame[frame.gold != frame.label].sort_values("confidence", ascending=False)[:4]
    assert [(m.text, m.gold, m.predicted, m.confidence) for m in found] == [
        (row.text[:500], row.gold, row.label, row.confidence) for row in wrong.itertuples()
    ]
    assert sparkcls.evaluate(frame, "gold", mistakes=0).mistakes == ()
    plain = pd.DataFrame({"gold": ["a", "a", "b"], "answer": ["b", "b", "b"]})
    beside = sparkcls.evaluate(frame.rename(columns=lambda name: f"p_{name}"), "p_gold", "p_label")
    assert beside.calibration == sparkcls.evaluate(frame, "gold").calibration, "columns of the same call are found"
    (mistake,) = sparkcls.evaluate(plain, "gold", "answer").mistakes
    assert (mistake.text, mistake.confidence, mistake.rows) == (None, None, 2)


def test_parts_give_what_the_whole_gives():
    frame = without_answers(answers(400), [3, 5, 9])
    frame.loc[7, "gold"] = None
    options = checked_options("gold", "text", {"joy": "joy"}, None, None, "wrong", 15, 5, 100, 0)
    whole = fold(frame, Single(options.label_map, 15, 5))
    merged = Single(options.label_map, 15, 5)
    table = arrow_table(frame)
    for start in (250, 0, 100):
        part = Single(options.label_map, 15, 5)
        for batch in table.slice(start, {250: 150, 0: 100, 100: 150}[start]).to_batches(max_chunksize=60):
            part.add(batch)
        merged.merge_bytes(part.to_bytes())
    assert evaluation_of(merged, options, (), None) == evaluation_of(whole, options, (), None)
    assert evaluation_of(whole, options, (), None).unlabelled == 1


@pytest.mark.parametrize("spelling", [str.upper, str.title, lambda label: f" {label} "])
def test_case_and_blanks_around_do_not_matter(spelling):
    frame = answers(100)
    expected = sparkcls.evaluate(frame, "gold", text_col="text")
    found = sparkcls.evaluate(frame.assign(gold=frame.gold.map(spelling)), "gold", text_col="text")
    assert (found.confusion, found.log_loss, found.calibration) == (
        (expected.confusion, expected.log_loss, expected.calibration)
    )
    assert [(m.text, m.gold) for m in found.mistakes] == [(m.text, m.gold) for m in expected.mistakes]


def test_case_matters_where_labels_differ_in_nothing_else():
    frame = pd.DataFrame({"gold": ["a", "A", "a", "A"], "label": ["a", "a", "A", "A"]})
    found = sparkcls.evaluate(frame, "gold")
    assert found.accuracy == 0.5
    assert [(m.gold, m.predicted) for m in found.mistakes] == [("A", "a"), ("a", "A")]


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        (["sad", "joy", "sci"], r"label_map=\{'sad': 'sadness', 'sci': 'Sci/Tech'\}.*--map sad=sadness"),
        ([0, 1, 2], r"'0': 'sadness', '1': 'joy', '2': 'Sci/Tech'.*order of the model's labels: look into the data"),
        (["LABEL_0", "LABEL_1", "LABEL_2"], r"'LABEL_2': 'Sci/Tech'"),
        (["x", "joy", "y"], r"Without a counterpart: 'x', 'y'. Say which is which with label_map="),
    ],
)
def test_labels_that_do_not_match_are_listed_with_a_map(gold, message):
    frame = answers(60)
    named = frame.assign(y=frame.gold.map(dict(zip(LABELS, gold, strict=True))))
    with pytest.raises(ColumnError, match=message) as failed:
        sparkcls.evaluate(named, "y")
    assert "the answers have 'sadness', 'joy', 'Sci/Tech'" in str(failed.value)
    found = sparkcls.evaluate(named, "y", label_map=dict(zip(gold, LABELS, strict=True)))
    assert found.confusion == sparkcls.evaluate(frame, "gold").confusion
    assert found.log_loss == sparkcls.evaluate(frame, "gold").log_loss


def test_numbers_and_truths_as_labels():
    frame = pd.DataFrame({"gold": [1.0, 0.0, np.nan, 1.0], "label": ["1", "0", "1", "0"]})
    found = sparkcls.evaluate(frame, "gold")
    assert (found.accuracy, found.unlabelled, found.labels) == (2 / 3, 1, ("0", "1"))
    truth = pd.DataFrame({"gold": [True, False], "label": ["yes", "yes"]})
    assert sparkcls.evaluate(truth, "gold", label_map={True: "yes", False: "False"}).accuracy == 0.5


def test_a_map_can_leave_rows_out_and_keep_a_class_that_the_model_does_not_know():
    frame = answers(90)
    frame["gold"] = ["other" if i % 3 == 0 else g for i, g in enumerate(frame.gold)]
    with pytest.raises(ColumnError, match="Without a counterpart: 'other'"):
        sparkcls.evaluate(frame, "gold")
    out = sparkcls.evaluate(frame, "gold", label_map={"other": None})
    assert (out.rows, out.left_out, out.answered) == (90, 30, 60)
    own = sparkcls.evaluate(frame, "gold", label_map={"other": "other"})
    same_as_sklearn(own, frame.gold, frame.label, [*LABELS, "other"])
    assert own.log_loss > out.log_loss
    with pytest.raises(ParamError, match="label_map leads to 'jyo', but the labels of the answers are 'sadness'"):
        sparkcls.evaluate(frame, "gold", label_map={"other": "jyo"})


def test_labels_that_no_row_was_given_are_fine_where_all_else_matches():
    frame = pd.DataFrame({"gold": ["pos", "neg"], "answer": ["pos", "pos"]})
    assert sparkcls.evaluate(frame, "gold", "answer").accuracy == 0.5
    with pytest.raises(ColumnError, match="'neg' .*'pos'.*the answers have 'POSITIVE'.*'pos': 'POSITIVE'"):
        sparkcls.evaluate(frame.assign(answer="POSITIVE"), "gold", "answer")


def test_what_cannot_be_evaluated_is_told():
    frame = answers(20)
    for arguments, kind, message in [
        (("gld",), ColumnError, "no column 'gld' of gold labels.*Is 'gold' meant"),
        (("gold", "labl"), ColumnError, "there is no column 'labl', and none 'labllabel'"),
        (("gold", "gold"), ColumnError, "both the gold labels and the answers"),
        (("label",), ColumnError, "the column 'label' holds the gold labels.*prefix='predicted_'"),
        (("gold", "scores"), ColumnError, "'scores' cannot be read as answers: it is of the kind 'map'"),
        ((3,), ParamTypeError, "label_col=.*takes a str"),
    ]:
        with pytest.raises(kind, match=message):
            sparkcls.evaluate(frame, *arguments)
    for arguments, kind, message in [
        ({"unanswered": "drop"}, ParamError, "unanswered=.*'wrong', 'skip'; got 'drop'"),
        ({"bins": 0}, ParamError, "from 1 to 1000, got 0"),
        ({"seed": 1.5}, ParamTypeError, "takes an int, got 1.5"),
        ({"label_map": ["a"]}, ParamTypeError, "label_map takes a dict"),
        ({"maxSentenceLength": 5}, ParamTypeError, "no argument 'maxSentenceLength'; Params of a classifier go with"),
        ({"model": "x", "prediction": "label"}, ParamError, "leave one out"),
        ({"model": "x"}, ParamError, "needs the column of texts: text_col="),
        ({"text_col": "txt"}, ColumnError, "no column 'txt' of texts"),
        ({"about": "x"}, ParamTypeError, "takes an About"),
    ]:
        with pytest.raises(kind, match=message):
            sparkcls.evaluate(frame, "gold", **arguments)
    with pytest.raises(ColumnError, match="No row has a gold label"):
        sparkcls.evaluate(frame.assign(gold=None), "gold")
    with pytest.raises(ColumnError, match="No row that has a gold label has an answer"):
        sparkcls.evaluate(frame[["gold"]].assign(label=None), "gold")
    with pytest.raises(ColumnError, match="'gggggg.{0,60}'"):
        sparkcls.evaluate(frame.assign(gold="g" * 5000), "gold")
    with pytest.raises(ColumnError, match="no rows"):
        sparkcls.evaluate(frame[:0], "gold")
    with pytest.raises(ParamTypeError, match="Spark or a pandas DataFrame, got builtins.list"):
        sparkcls.evaluate([], "gold")
    many = pd.DataFrame({"gold": [f"t{i}" for i in range(1500)], "label": "x"})
    with pytest.raises(ColumnError, match="more than 1,000 different values, such as 't0', 't1', 't10'"):
        sparkcls.evaluate(many, "gold")
    both = pd.DataFrame({"gold": [0.5, 1.5], "answer": [0.5, 1.0]})
    with pytest.raises(ParamError, match="numbers: say task='single'.*or task='regression'"):
        sparkcls.evaluate(both, "gold", "answer")


def test_it_prints_in_the_layout_of_the_cards_and_goes_to_json_and_pandas():
    frame = answers(100)
    found = sparkcls.evaluate(frame, "gold", text_col="text")
    lines = str(found).splitlines()
    assert lines[0].split() == ["precision", "recall", "f1-score", "support"]
    assert lines[1] == ""
    joy = found.per_class[1]
    assert lines[3].split() == ["joy", f"{joy.precision:.3f}", f"{joy.recall:.3f}", f"{joy.f1:.3f}", str(joy.support)]
    assert lines[6].split() == ["accuracy", f"{found.accuracy:.3f}", "100"]
    assert "the most confident mistakes:" in lines
    table = found.to_pandas()
    assert list(table.index) == [*LABELS, "macro avg", "weighted avg"]
    assert table.loc["joy", "f1-score"] == joy.f1
    loaded = json.loads(json.dumps(found.to_dict()))
    assert loaded["confusion"] == [list(row) for row in found.confusion]
    assert loaded["intervals"]["accuracy"]["low"] == found.intervals["accuracy"].low
    assert not math.isnan(loaded["log_loss"])


def test_a_hostile_text_does_nothing_to_the_terminal():
    frame = pd.DataFrame({"gold": ["a", "b"], "label": ["b", "b"], "text": ["\x1b[2J\nnew \u202e line", "x"]})
    printed = str(sparkcls.evaluate(frame, "gold", text_col="text"))
    assert "\x1b" not in printed
    assert "\u202e" not in printed


def test_lone_surrogates_in_pandas():
    frame = pd.DataFrame({"gold": ["a", "b"], "label": ["b", "b"], "text": ["\ud800 x", "x"]})
    assert sparkcls.evaluate(frame, "gold", text_col="text").mistakes[0].text == "\ufffd x"


def test_scores_in_any_order_and_of_different_models():
    from sparkcls.evaluation.score_columns import score_blocks

    kind = pa.map_(pa.string(), pa.float64())
    rows = [None, [("a", 0.1), ("b", 0.9)], [("a", 0.2), ("b", 0.8)], [], [("b", 0.3), ("a", None)]]
    blocks = list(score_blocks(pa.array([[("z", 1.0)], *rows], kind)[1:]))
    assert [(block.tolist(), labels) for block, labels, _ in blocks] == [([1, 2], ["a", "b"]), ([4], ["b", "a"])]
    assert blocks[0][2].tolist() == [[0.1, 0.9], [0.2, 0.8]]
    assert np.isnan(blocks[1][2][0, 1])
