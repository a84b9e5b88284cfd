import pandas as pd
import pytest

from sparkcls import nlu
from sparkcls.errors import ColumnError, ModelNotFoundError, ParamTypeError
from sparkcls.models.cards import CARDS
from tests.models import save_tiny_model

COLUMNS = ["classified_sequence", "classified_sequence_confidence", "document"]


@pytest.fixture
def pipeline(cache):
    save_tiny_model(cache / "distilbert_base_sequence_classifier_imdb_en", ["neg", "pos"])
    return nlu.load("en.classify.distilbert_sequence.imdb")


@pytest.mark.parametrize("name", sorted(CARDS))
def test_every_cards_one_liner(cache, name):
    save_tiny_model(cache / f"{name}_en", sorted(CARDS[name].labels))
    out = nlu.load(CARDS[name].nlu).predict("""I really liked that movie!""")
    assert list(out.columns) == COLUMNS
    assert out["document"].tolist() == ["I really liked that movie!"]
    assert out["classified_sequence"][0] in CARDS[name].labels
    assert 0 < out["classified_sequence_confidence"][0] <= 1


def test_inputs_keep_order_index_and_other_columns(pipeline):
    texts = ["good movie", None, "bad plot"]
    listed = pipeline.predict(texts)
    assert listed["document"].tolist() == ["good movie", "", "bad plot"]
    assert listed["classified_sequence"].isna().tolist() == [False, True, False]
    series = pipeline.predict(pd.Series(texts, index=[5, 3, 4]))
    assert series.index.tolist() == [5, 3, 4]
    frame = pipeline.predict(pd.DataFrame({"key": [1, 2, 3], "text": texts, "document": "old"}))
    assert list(frame.columns) == [*COLUMNS, "key", "text"]
    assert frame["classified_sequence"].equals(listed["classified_sequence"])
    assert list(pipeline.predict(pd.DataFrame({"body": texts, "key": 0})).columns) == [*COLUMNS, "key", "text"]


def test_positions(pipeline):
    out = pipeline.predict(["good movie", ""], positions=True)
    assert out["classified_sequence_end"][0] == 9
    assert out["classified_sequence_begin"].isna().tolist() == [False, True]


def test_spark_frames(spark, pipeline):
    frame = spark.createDataFrame([(1, "good movie"), (2, None)], "key int, text string").coalesce(1)
    out = pipeline.predict(frame)
    assert out["key"].tolist() == [1, 2]
    assert pipeline.predict(frame, return_spark_df=True).columns == ["key", "text", "document", "token", "category"]
    with pytest.raises(ColumnError, match="has no column 'text'; it has n"):
        pipeline.predict(frame.selectExpr("1 as n"))


def test_references(cache):
    with pytest.raises(
        ModelNotFoundError, match=r"no reference .*imbd.*nearest are en.classify.distilbert_sequence.imdb"
    ):
        nlu.load("en.classify.distilbert_sequence.imbd")
    with pytest.raises(ModelNotFoundError, match="No model 'distilbert_base_sequence_classifier_imdb'"):
        nlu.load("classify.distilbert_sequence.imdb")
    with pytest.raises(ParamTypeError, match="reference as str"):
        nlu.load(3)


def test_other_data(pipeline):
    for bad in (3, {"a": 1}, None):
        with pytest.raises(ParamTypeError, match="predict takes a str"):
            pipeline.predict(bad)
    with pytest.raises(ColumnError, match="no columns"):
        pipeline.predict(pd.DataFrame())
