"""The same evaluation wherever the answers are: in Spark, in pandas, as plain columns or as annotations."""

import pandas as pd
import pytest

import sparkcls
from sparkcls.catalogue.cards import CARDS
from sparkcls.errors import ColumnError, ParamTypeError
from sparkcls.evaluation.options import checked_options
from sparkcls.evaluation.single import Single
from sparkcls.evaluation.single_results import evaluation_of
from sparkcls.spark.folding import fold
from tests.evaluation.test_single import answers
from tests.pipelines import classifier_of, pipeline_of

TEXTS = ["good movie", "bad plot", "the film won", "joy", "fear and loss", "", None, "it was fine"]
GOLD = ["RED", "green", "blue", "red", "red", "red", "blue", None]


def figures(found):
    """What is printed: four digits, because batches of other sizes round differently in the last of float32."""
    return str(found)


def test_in_spark_and_in_pandas_whatever_the_answers_look_like(spark, tiny_model):
    stage = classifier_of(tiny_model)
    rows = pd.DataFrame({"text": TEXTS, "gold": GOLD})
    frame = spark.createDataFrame(list(zip(TEXTS, GOLD, strict=True)), "text string, gold string").repartition(3)
    here = sparkcls.evaluate(rows, "gold", sparkcls.classifier(stage), text_col="text")
    assert (here.rows, here.unlabelled, here.answered, sum(here.unanswered)) == (8, 1, 5, 2)
    assert here.about.model == stage._ref().name
    assert here.about.seconds > 0

    scored_first = sparkcls.evaluate(frame, "gold", model=stage, text_col="text")
    plain = sparkcls.classify(frame, "text", model=stage, prefix="p.").cache()
    prefix = sparkcls.evaluate(plain, "gold", "p.", text_col="text")
    struct = sparkcls.evaluate(sparkcls.classify(frame, "text", stage, output="out"), "gold", "out", text_col="text")
    for found in (scored_first, prefix, struct):
        assert figures(found) == figures(here)
        assert found.log_loss == pytest.approx(here.log_loss, rel=1e-6)
    annotated = sparkcls.evaluate(pipeline_of(stage).transform(frame), "gold", "class", text_col="text")
    assert figures(annotated) == figures(here)
    bare = sparkcls.evaluate(plain.selectExpr("gold", "`p.label` AS answer"), "gold", "answer")
    assert (bare.accuracy, bare.log_loss, bare.calibration) == (here.accuracy, None, None)
    # What a worker finds is told here.
    with pytest.raises(ColumnError, match="Without a counterpart: 'bad plot'"):
        sparkcls.evaluate(plain, "text", "p.")
    stream = spark.readStream.format("rate").load().selectExpr("'a' AS gold", "'a' AS label")
    with pytest.raises(ParamTypeError, match="foreachBatch"):
        sparkcls.evaluate(stream, "gold")
    plain.unpersist()

    several = stage.copy().setMultilabel(True).setThreshold({"red": 0.9, "green": 0.1})
    golds = rows.assign(gold=[["red"], ["green", "BLUE"], [], ["red"], ["red"], ["red"], None, ["blue"]])
    here = sparkcls.evaluate(golds, "gold", sparkcls.classifier(several), text_col="text")
    in_spark = spark.createDataFrame(list(golds.itertuples(index=False)), "text string, gold array<string>")
    found = sparkcls.evaluate(in_spark, "gold", model=several, text_col="text")
    assert figures(found) == figures(here)
    assert (here.answered, here.unanswered, here.unlabelled) == (6, 1, 1)
    notes = sparkcls.evaluate(pipeline_of(several).transform(in_spark), "gold", "class", text_col="text")
    assert notes.micro == here.micro
    numbers = spark.sql("SELECT 1.5 AS gold, CAST(2 AS DECIMAL(4, 2)) AS label UNION ALL SELECT 3.5, 3")
    assert sparkcls.evaluate(numbers, "gold", task="regression").mae == 0.5


def test_the_figures_of_a_models_card_stand_beside_its_own():
    card = CARDS["distilbert_base_sequence_classifier_imdb"]
    frame = answers(100, labels=["neg", "pos"])
    options = checked_options("gold", None, None, None, None, "wrong", 15, 0, 0, 0)
    lines = str(evaluation_of(fold(frame, Single({}, 15, 0)), options, card.benchmark, None)).splitlines()
    assert lines[0].split() == [*["precision", "recall", "f1-score", "support"] * 1, "card:", *lines[0].split()[5:]]
    assert lines[2].split()[-4:] == ["0.92", "0.93", "0.92", "12413"]
    assert lines[5].split() == ["accuracy", lines[5].split()[1], "100", "0.92", "25000"]
    emotion = CARDS["distilbert_sequence_classifier_emotion"]
    labels = sorted(emotion.labels)
    counted = fold(answers(100, labels=labels), Single({}, 15, 0))
    assert "the card says: accuracy 0.938, f1 0.9379, loss 0.1472" in str(
        evaluation_of(counted, options, emotion.benchmark, None)
    )
