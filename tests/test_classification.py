import numpy as np
import pytest

from sparkcls.annotation import Annotation
from sparkcls.classification import Decision, Verdict, probabilities, threshold_of, to_annotations, verdicts
from sparkcls.engine.contract import Outcome
from sparkcls.errors import ParamError

LABELS = ["low", "mid", "high"]


def sentence(begin, end, index):
    return Annotation("document", begin, end, "text", {"sentence": str(index)})


def scored(*logits, truncated=0):
    return Outcome(np.array(logits, np.float32), truncated)


def test_softmax_takes_the_best_label():
    (a,) = to_annotations([sentence(3, 9, 4)], [scored(0, 1, 3)], LABELS, Decision())
    assert (a.annotatorType, a.begin, a.end, a.result, a.embeddings) == ("category", 3, 9, "high", [])
    assert list(a.metadata) == ["sentence", *LABELS]
    assert a.metadata["sentence"] == "4"
    assert sum(float(a.metadata[label]) for label in LABELS) == pytest.approx(1)


def test_the_first_of_equal_maxima_wins():
    assert to_annotations([sentence(0, 1, 0)], [scored(2, 2, 1)], LABELS, Decision())[0].result == "low"


def test_softmax_survives_large_logits():
    assert probabilities(np.array([1000, 0], np.float32), "softmax").tolist() == [1.0, 0.0]
    assert probabilities(np.array([-1000, 0], np.float32), "sigmoid").tolist() == [0.0, 0.5]


def test_sigmoid_gives_every_label_strictly_over_the_threshold():
    sentences, outcomes = [sentence(0, 1, 0), sentence(3, 4, 1)], [scored(2, 0, 1), scored(-1, -1, -1)]
    got = to_annotations(sentences, outcomes, LABELS, Decision("sigmoid", 0.5))
    assert [(a.result, a.metadata["sentence"]) for a in got] == [("low", "0"), ("high", "0")]
    assert got[0].metadata == got[1].metadata
    assert len(to_annotations(sentences, outcomes, LABELS, Decision("sigmoid", 0.1))) == 6


def test_each_label_has_its_own_threshold():
    sentences, outcomes = [sentence(0, 1, 0), sentence(3, 4, 1)], [scored(2, 0, 1), scored(-1, -1, 0.1)]
    got = to_annotations(sentences, outcomes, LABELS, Decision("sigmoid", (0.9, 0.4, 0.5)))
    assert [(a.result, a.metadata["sentence"]) for a in got] == [("mid", "0"), ("high", "0"), ("high", "1")]
    # Strict in float32, as with one threshold for all: a tie is under it.
    half = [scored(0, 0, 0)]
    assert [a.result for a in to_annotations(sentences[:1], half, LABELS, Decision("sigmoid", (0.5, 0.49, 0.5)))] == [
        "mid"
    ]


def test_thresholds_are_for_the_labels_that_are_there():
    assert threshold_of(0.3, LABELS, 0.5) == 0.3
    assert threshold_of([0.1, 0.2, 0.3], LABELS, 0.5) == (0.1, 0.2, 0.3)
    assert threshold_of({"high": 0.9}, LABELS, 0.5) == (0.5, 0.5, 0.9)
    with pytest.raises(ParamError, match="names 'hgih'; the labels are 'low', 'mid', 'high'"):
        threshold_of({"hgih": 0.9}, LABELS, 0.5)
    with pytest.raises(ParamError, match="has 2 numbers, but there are 3 labels: 'low', 'mid', 'high'"):
        threshold_of([0.9, 0.1], LABELS, 0.5)


def test_every_sentence_keeps_its_own_scores():
    n = 20
    sentences = [sentence(10 * i, 10 * i + 5, i) for i in range(n)]
    outcomes = [scored(i, 10, 0) for i in range(n)]
    got = to_annotations(sentences, outcomes, LABELS, Decision())
    assert [a.begin for a in got] == [s.begin for s in sentences]
    assert [a.result for a in got] == ["mid"] * 10 + ["low"] * 10


def test_blank_and_failed_sentences_do_not_shift_the_others():
    sentences = [sentence(i, i, i) for i in range(4)]
    outcomes = [scored(1, 0, 0), Outcome(), Outcome(truncated=2, error="E: x"), scored(0, 0, 1, truncated=7)]
    got = to_annotations(sentences, outcomes, LABELS, Decision())
    assert [(a.begin, a.result) for a in got] == [(0, "low"), (2, ""), (3, "high")]
    assert got[1].metadata == {"sentence": "2", "error": "E: x", "truncated": "2"}
    assert got[2].metadata["truncated"] == "7"
    assert "truncated" not in got[0].metadata


def test_coalesce_averages_and_keeps_failures():
    sentences = [sentence(0, 3, 0), sentence(5, 9, 1), sentence(11, 12, 2)]
    outcomes = [scored(4, 0, 0, truncated=2), scored(0, 0, 9, truncated=3), Outcome(error="E: x")]
    result, failure = to_annotations(sentences, outcomes, LABELS, Decision(coalesce=True))
    mean = (probabilities(outcomes[0].logits, "softmax") + probabilities(outcomes[1].logits, "softmax")) / 2
    assert (result.begin, result.end, result.result) == (0, 3, "high")
    assert float(result.metadata["high"]) == pytest.approx(mean[2])
    assert result.metadata["truncated"] == "5"
    assert (failure.begin, failure.metadata["error"]) == (11, "E: x")
    assert [a.result for a in to_annotations(sentences[2:], outcomes[2:], LABELS, Decision(coalesce=True))] == [""]


def test_a_label_of_a_reserved_name_wins():
    labels = ["sentence", "truncated"]
    (a,) = to_annotations([sentence(0, 1, 5)], [scored(9, 0, truncated=3)], labels, Decision())
    assert float(a.metadata["sentence"]) > 0.9
    assert float(a.metadata["truncated"]) < 0.1


def test_lengths_must_agree():
    with pytest.raises(AssertionError, match="1 sentences but 0 outcomes"):
        to_annotations([sentence(0, 1, 0)], [], LABELS, Decision())


def test_a_row_without_sentences():
    assert to_annotations([], [], LABELS, Decision()) == []


def test_verdicts_have_the_scores_of_what_is_under_the_threshold():
    outcomes = [scored(-1, -2, -3, truncated=4), Outcome(), Outcome(truncated=2, error="E: x"), scored(3, -1, 3)]
    under, failed, over = verdicts(outcomes, Decision("sigmoid", 0.5))
    assert (under.at, under.winners, under.truncated, under.error) == (0, (), 4, None)
    assert under.scores.tolist() == probabilities(outcomes[0].logits, "sigmoid").tolist()
    assert failed == Verdict(2, None, (), 2, "E: x")
    assert (over.at, over.winners) == (3, (0, 2))
    best, failed = verdicts(outcomes[:3], Decision(coalesce=True))
    assert (best.at, best.winners, failed.at) == (0, (0,), 2)
    assert verdicts([Outcome()], Decision()) == verdicts([], Decision()) == []
