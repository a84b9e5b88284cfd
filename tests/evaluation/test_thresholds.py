"""Thresholds by label: as good as trying every one of them."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

import sparkcls
from sparkcls.errors import ColumnError, ParamError, ParamTypeError
from sparkcls.evaluation.score_counts import GROUPS, ScoreCounts
from sparkcls.evaluation.thresholds import choose
from sparkcls.evaluation.tuning import Tuning
from sparkcls.spark.folding import arrow_table, fold
from tests.evaluation.test_multilabel import LABELS, answers
from tests.pipelines import classifier_of


def given_by(scores, threshold):
    """What a classifier does: strictly over it, in float32."""
    return np.asarray(scores, np.float32) > np.float32(threshold)


def figures(there, scores, threshold):
    given = given_by(scores, threshold)
    return metrics.precision_recall_fscore_support(there, given, average="binary", zero_division=0)[:3]


def sample(rows=200, seed=0, digits=None):
    chance = np.random.default_rng(seed)
    there = chance.random(rows) < 0.3
    scores = np.clip(0.25 * there + chance.beta(0.6, 1.2, rows), 0, 1).astype(np.float32)
    return there, scores.round(digits) if digits else scores


def counted(there, scores):
    found = ScoreCounts()
    found.add(np.asarray(scores, np.float32), np.asarray(there, bool))
    return found


@pytest.mark.parametrize("digits", [None, 1])
@pytest.mark.parametrize("seed", range(4))
def test_no_threshold_does_better(seed, digits):
    there, scores = sample(seed=seed, digits=digits)
    every = [figures(there, scores, t) for t in {0.0, *scores.tolist()}]
    best = choose("x", counted(there, scores), None, None)
    assert best.exact
    assert (best.precision, best.recall, best.f1) == pytest.approx(figures(there, scores, best.threshold))
    assert best.f1 == pytest.approx(max(f1 for _, _, f1 in every))
    assert best.f1_at_half == pytest.approx(figures(there, scores, 0.5)[2])
    for wanted in (0.3, 0.6, 0.9, 1.0):
        precise = choose("x", counted(there, scores), wanted, None)
        reach = [recall for precision, recall, _ in every if precision >= wanted and recall > 0]
        assert precise.reached == bool(reach)
        assert precise.recall == pytest.approx(max(reach, default=0.0))
        assert (precise.precision, precise.recall) == pytest.approx(figures(there, scores, precise.threshold)[:2])
        full = choose("x", counted(there, scores), None, wanted)
        reach = [precision for precision, recall, _ in every if recall >= wanted]
        assert full.reached == bool(reach)
        if reach:
            assert full.precision == pytest.approx(max(reach))


def test_what_cannot_be_reached():
    none = choose("x", counted([False, True], [0.9, 0.1]), 0.9, None)
    assert (none.threshold, none.reached, none.recall) == (1.0, False, 0.0)
    zero = choose("x", counted([True, True], [0.0, 0.4]), None, 1.0)
    assert (zero.threshold, zero.reached, zero.recall) == (0.0, False, 0.5)
    absent = choose("x", counted([False, False], [0.6, 0.4]), None, None)
    assert (absent.threshold, absent.reached, absent.support) == (0.5, False, 0)
    assert not given_by([1.0], 1.0)


def test_thresholds_are_short_numbers_between_scores():
    assert choose("x", counted([True, False], [0.8, 0.3]), None, None).threshold == 0.6
    above = np.nextafter(np.float32(0.7), np.float32(1))
    close = choose("x", counted([True, False], [above, 0.7]), None, None)
    assert given_by([above, 0.7], close.threshold).tolist() == [True, False]
    assert choose("x", counted([True, True], [1.0, 1e-30]), None, None).recall == 1.0


def test_many_scores_are_grouped_and_figures_stay_exact():
    there, scores = sample(60_000, seed=1)
    one = counted(there, scores)
    parts = ScoreCounts()
    for start in range(0, 60_000, 7_000):
        parts.merge(counted(there[start : start + 7_000], scores[start : start + 7_000]).state())
    assert [part.tolist() for part in one.falling()] == [part.tolist() for part in parts.falling()]
    assert GROUPS / 2 - 1 <= len(one.falling()[0]) <= GROUPS
    for wanted in (None, 0.5):
        found = choose("x", one, wanted, None)
        assert not found.exact
        assert (found.precision, found.recall, found.f1) == pytest.approx(figures(there, scores, found.threshold))
        if wanted is None:
            precision, recall, _ = metrics.precision_recall_curve(there, scores)
            best = (2 * precision * recall / np.maximum(precision + recall, 1e-12)).max()
            assert best - 1e-3 < found.f1 <= best + 1e-12
        else:
            assert found.precision >= wanted


def test_from_a_frame_to_a_classifier():
    frame = answers(400)
    frame.loc[0, "gold"], frame.loc[1, "scores"], frame.loc[1, "labels"] = None, None, None
    found = sparkcls.tune_thresholds(frame, "gold")
    assert (found.rows, found.unlabelled, found.unscored) == (400, 1, 1)
    kept = frame[2:]
    for chosen in found.per_label:
        there = np.array([chosen.label in row for row in kept.gold])
        scores = [row[chosen.label] for row in kept.scores]
        assert (chosen.precision, chosen.recall, chosen.f1) == pytest.approx(figures(there, scores, chosen.threshold))
    assert list(found) == LABELS
    assert dict(found)["never"] == 0.5
    assert found.per_label[0].f1 >= found.per_label[0].f1_at_half
    printed = str(found)
    assert "Thresholds for the best F1" in printed
    assert "not reached: never" in printed
    assert found.to_pandas().loc["toxic", "threshold"] == found["toxic"]
    merged = Tuning({}, None)
    for start in (200, 0):
        part = fold(arrow_table(frame[["gold", "label", "scores"]]).slice(start, 200), Tuning({}, None))
        merged.merge_bytes(part.to_bytes())
    assert [choose(label, merged.scores[label], None, None) for label in LABELS] == list(found.per_label)
    precise = sparkcls.tune_thresholds(frame, "gold", precision=0.95)
    assert all(c.precision >= 0.95 for c in precise.per_label if c.reached)


def test_a_classifier_takes_them(tiny_model):
    stage = classifier_of(tiny_model)
    rows = pd.DataFrame({"text": ["good movie", "bad plot", "the film won"], "gold": ["RED", "green,blue", "blue"]})
    found = sparkcls.tune_thresholds(rows, "gold", model=stage, text_col="text", delimiter=",")
    classifier = sparkcls.classifier(stage, multilabel=True, threshold=found)
    evaluated = sparkcls.evaluate(rows, "gold", classifier, text_col="text", delimiter=",")
    expected = {chosen.label: chosen.f1 for chosen in found.per_label}
    assert {c.label: c.f1 for c in evaluated.per_class} == pytest.approx(expected)
    assert stage.copy().setThreshold(found).getThreshold() == dict(found)


def test_what_cannot_be_tuned_is_told(tiny_model):
    frame = answers(50)
    for arguments, kind, message in [
        ({"precision": 0}, ParamError, "over 0 and at most 1, got 0"),
        ({"recall": "x"}, ParamTypeError, "recall=.*takes a number"),
        ({"recall": 0.5, "precision": 0.5}, ParamError, "a precision or a recall"),
        ({"label_map": {"toxic": "txic"}}, ParamError, "leads to 'txic'"),
        ({"model": "x"}, ParamError, "tune_thresholds: a classifier needs the column of texts"),
    ]:
        with pytest.raises(kind, match=message):
            sparkcls.tune_thresholds(frame, "gold", **arguments)
    with pytest.raises(ColumnError, match="no column of scores"):
        sparkcls.tune_thresholds(frame[["gold", "label"]], "gold")
    with pytest.raises(ColumnError, match="no probabilities"):
        sparkcls.tune_thresholds(frame.assign(scores=[{label: 3.0 for label in LABELS}] * 50), "gold")
    soft = pd.DataFrame({"gold": ["a", "b"], "label": ["a", "b"], "scores": [{"a": 0.7, "b": 0.3}] * 2})
    with pytest.warns(UserWarning, match="scores of every row sum to 1"):
        sparkcls.tune_thresholds(soft, "gold")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sparkcls.tune_thresholds(frame, "gold")
