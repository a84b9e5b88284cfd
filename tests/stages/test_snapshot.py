"""Whether the Params of a stage are what they were."""

import pytest

from sparkcls.annotator import Tokenizer
from sparkcls.stages.snapshot import Snapshot


@pytest.mark.parametrize(
    "change",
    [
        lambda stage: stage.setMinLength(2),
        lambda stage: stage.setInputCols("document"),
        lambda stage: stage.clear(stage.outputCol),
        lambda stage: stage._setDefault(maxLength=9),
        lambda stage: stage.getOrDefault("contextChars").append("x"),
        lambda stage: stage.getOrDefault("inputCols").append("x"),
        lambda stage: stage.set(stage.targetPattern, r"\w+"),
    ],
)
def test_a_change_is_seen(change):
    stage = Tokenizer(outputCol="words")
    snapshot = Snapshot(stage)
    assert snapshot.holds()
    change(stage)
    assert not snapshot.holds()


def test_what_does_not_change_a_stage():
    stage = Tokenizer(outputCol="words")
    snapshot = Snapshot(stage)
    stage.copy().setMinLength(2)
    stage.setOutputCol("words")
    assert snapshot.holds()


def test_its_copy_stays_what_the_stage_was():
    stage = Tokenizer(outputCol="words", inputCols=["document"])
    copy = Snapshot(stage).stage
    stage.setMinLength(2)
    stage.getOrDefault("inputCols").append("x")
    assert (type(copy), copy.uid) == (Tokenizer, stage.uid)
    assert (copy.getMinLength(), copy.getInputCols()) == (0, ["document"])
