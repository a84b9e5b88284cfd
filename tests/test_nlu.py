import numpy as np
import pandas as pd
import pytest

import sparkcls
from sparkcls import nlu
from sparkcls.annotator import DistilBertForSequenceClassification, Tokenizer
from sparkcls.base import LightPipeline
from sparkcls.catalogue.cards import CARDS
from sparkcls.errors import ColumnError, ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.nlu.pipeline import NLUPipeline
from tests.models import save_tiny_model

COLUMNS = ["classified_sequence", "classified_sequence_confidence", "document"]
TEXTS = ["good movie", None, "bad plot. I liked it!", ""]


@pytest.fixture(autouse=True)
def no_store(tmp_path, monkeypatch):
    """A mirror with an empty index, so that nothing asks the network."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    (folder / "metadata.json").write_text("")
    monkeypatch.setenv("SPARKCLS_MIRROR", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.fixture
def pipeline(cache):
    save_tiny_model(cache / "distilbert_base_sequence_classifier_imdb_en", ["neg", "pos"])
    return nlu.load("en.classify.distilbert_sequence.imdb")


@pytest.mark.parametrize("name", sorted(CARDS))
def test_every_cards_one_liner_with_every_input(cache, name):
    save_tiny_model(cache / f"{name}_en", sorted(CARDS[name].labels))
    loaded = nlu.load(CARDS[name].nlu)
    out = loaded.predict("""I really liked that movie!""")
    assert list(out.columns) == COLUMNS
    assert out["document"].tolist() == ["I really liked that movie!"]
    assert out["classified_sequence"][0] in CARDS[name].labels
    assert 1 / len(CARDS[name].labels) < out["classified_sequence_confidence"][0] <= 1
    texts = ["I really liked that movie!", "bad plot"]
    listed = loaded.predict(texts)
    for data in (tuple(texts), np.array(texts), np.array(texts, dtype=object), pd.Series(texts)):
        pd.testing.assert_frame_equal(loaded.predict(data), listed)
    frame = loaded.predict(pd.DataFrame({"text": texts}))
    pd.testing.assert_frame_equal(frame[COLUMNS], listed)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
def test_missing_texts_have_a_row(pipeline, missing):
    for level, first in (("document", "good movie"), ("sentence", "good movie"), ("token", "good")):
        out = pipeline.predict(["good movie", missing, ""], output_level=level, positions=True, metadata=True)
        rows = out.set_index(level)
        assert rows.index[0] == first
        assert (rows.index[-2:] == "").all()
        assert out["classified_sequence"].tolist()[-2:] == [None, None]
        assert out["classified_sequence_neg"].dtype == float
        assert out["classified_sequence_confidence"].isna().tolist()[-2:] == [True, True]
        assert out["classified_sequence_begin"].isna().tolist()[-2:] == [True, True]
    assert pipeline.predict([missing])["document"].tolist() == [""]
    assert list(pipeline.predict([]).columns) == COLUMNS
    assert len(pipeline.predict([], output_level="token", positions=True)) == 0


def test_index_order_and_other_columns(pipeline):
    listed = pipeline.predict(TEXTS)
    series = pipeline.predict(pd.Series(TEXTS, index=[5, 3, 4, 3]))
    assert series.index.tolist() == [5, 3, 4, 3]
    data = pd.DataFrame({"key": [1, 2, 3, 4], "text": TEXTS, "document": "old"}, index=list("dbca"))
    frame = pipeline.predict(data)
    assert list(frame.columns) == [*COLUMNS, "key", "text"]
    assert frame.index.tolist() == list("dbca")
    assert frame["classified_sequence"].tolist() == listed["classified_sequence"].tolist()
    assert data.columns.tolist() == ["key", "text", "document"]
    assert list(pipeline.predict(pd.DataFrame({"body": TEXTS, "key": 0})).columns) == [*COLUMNS, "key", "text"]
    assert list(pipeline.predict(data, keep_stranger_features=False).columns) == [*COLUMNS, "text"]
    twice = pd.DataFrame([["good movie", 1, 2]], columns=["text", "k", "k"])
    assert list(pipeline.predict(twice).columns) == [*COLUMNS, "k", "k", "text"]


def test_a_param_that_is_set_and_set_back_while_the_pipeline_is_made(pipeline, monkeypatch):
    """By another thread, unseen: what is kept must be made of the Params that it is compared with."""
    make = NLUPipeline._pipeline

    def making(self, *given):
        pipeline.classifier.setThreshold(1.0)
        try:
            return make(self, *given)
        finally:
            pipeline.classifier.setThreshold(0.0)

    monkeypatch.setattr(NLUPipeline, "_pipeline", making)
    pipeline.classifier.setMultilabel(True).setThreshold(0.0)
    for level in ("document", "sentence"):
        out = pipeline.predict(TEXTS[0], output_level=level)
        assert out["classified_sequence"].tolist() == ["pos"]


def test_sentences(pipeline):
    out = pipeline.predict(pd.DataFrame({"text": TEXTS, "key": list("abcd")}), output_level="sentence", positions=True)
    assert out.index.tolist() == [0, 1, 2, 2, 3]
    assert out["key"].tolist() == list("abccd")
    assert out["sentence"].tolist() == ["good movie", "", "bad plot.", "I liked it!", ""]
    assert out["sentence_begin"].tolist()[2:4] == out["classified_sequence_begin"].tolist()[2:4] == [0, 10]
    assert out["sentence_end"].tolist()[2:4] == out["classified_sequence_end"].tolist()[2:4] == [8, 20]
    alone = pipeline.predict(["bad plot.", "I liked it!"])
    for column in COLUMNS[:2]:
        assert out[column].tolist()[2:4] == pytest.approx(alone[column].tolist())
    assert "document" not in out
    both = pipeline.predict(TEXTS[2], output_level="sentence", drop_irrelevant_cols=False)
    assert both["document"].tolist() == [TEXTS[2]] * 2
    assert both["token"].tolist() == [["bad", "plot", "."], ["I", "liked", "it", "!"]]


def test_tokens(pipeline):
    out = pipeline.predict(TEXTS, output_level="token", positions=True)
    assert out["token"].tolist() == ["good", "movie", "", "bad", "plot", ".", "I", "liked", "it", "!", ""]
    assert out.index.tolist() == [0, 0, 1, *[2] * 7, 3]
    assert out["token_begin"].tolist()[:2] == [0, 5]
    assert out["classified_sequence_end"].tolist()[:2] == [9, 9]
    documents = pipeline.predict(TEXTS)["classified_sequence"].tolist()
    assert out["classified_sequence"].tolist() == [documents[i] for i in out.index]
    assert pipeline.predict("good movie", drop_irrelevant_cols=False)["token"].tolist() == [["good", "movie"]]


def test_positions_and_metadata(pipeline):
    out = pipeline.predict(["good movie", "😀 good", ""], positions=True, metadata=True)
    assert list(out.columns) == [
        "classified_sequence",
        "classified_sequence_begin",
        "classified_sequence_confidence",
        "classified_sequence_end",
        "classified_sequence_neg",
        "classified_sequence_origin_sentence",
        "classified_sequence_pos",
        "document",
        "document_begin",
        "document_end",
    ]
    assert out["classified_sequence_end"].tolist()[:2] == out["document_end"].tolist()[:2] == [9, 6]
    assert out["classified_sequence_origin_sentence"].tolist()[:2] == ["0", "0"]
    first = out.iloc[0]
    scores = {label: first[f"classified_sequence_{label}"] for label in ("neg", "pos")}
    assert sum(scores.values()) == pytest.approx(1)
    assert first["classified_sequence"] == max(scores, key=scores.get)
    assert first["classified_sequence_confidence"] == max(scores.values())
    sentences = pipeline.predict(TEXTS[2], output_level="sentence", metadata=True)
    assert sentences["classified_sequence_origin_sentence"].tolist() == ["0", "1"]


def test_only_labels_are_scores(cache):
    save_tiny_model(cache / "odd_en", ["sentence", "truncated"])
    loaded = nlu.load("odd")
    loaded.classifier.setMaxSentenceLength(4)
    out = loaded.predict("good movie and a bad plot", metadata=True)
    scores = out[["classified_sequence_sentence", "classified_sequence_truncated"]].iloc[0].tolist()
    assert sum(scores) == pytest.approx(1)
    assert out["classified_sequence_confidence"][0] == max(scores)
    save_tiny_model(cache / "cut_en", ["a", "b"])
    cut = nlu.load("cut")
    cut.classifier.setMaxSentenceLength(4)
    out = cut.predict(["good movie and a bad plot", "good"], metadata=True)
    assert out["classified_sequence_truncated"].fillna("-").tolist() == ["4", "-"]
    assert out["classified_sequence_confidence"].max() <= 1
    # The user's own settings count at every level.
    assert "classified_sequence_truncated" in cut.predict("good movie and a bad plot", "sentence", metadata=True)


def test_labels_called_like_columns(cache):
    save_tiny_model(cache / "odd_en", ["confidence", "begin"])
    out = nlu.load("odd").predict(["good movie"], metadata=True, positions=True)
    assert out["classified_sequence_confidence"][0] > 0.5
    assert out["classified_sequence_begin"][0] == 0


def test_several_references(cache):
    names = ["distilbert_base_sequence_classifier_imdb", "distilbert_sequence_classifier_emotion"]
    for name in names:
        save_tiny_model(cache / f"{name}_en", sorted(CARDS[name].labels))
    references = [CARDS[name].nlu for name in names]
    both = nlu.load(" ".join(references))
    for level in ("document", "sentence", "token"):
        out = both.predict(TEXTS, output_level=level)
        for reference, part in zip(references, ("distilbert_imdb", "distilbert_emotion"), strict=True):
            alone = nlu.load(reference).predict(TEXTS, output_level=level)
            for column in COLUMNS[:2]:
                found = out[column.replace("sequence", f"sequence_{part}")]
                pd.testing.assert_series_equal(found, alone[column], check_names=False)


@pytest.mark.parametrize("level", ["document", "sentence", "token"])
def test_spark_frames_give_what_pandas_gives(spark, pipeline, level):
    data = pd.DataFrame({"key": [1, 2, 3, 4], "text": TEXTS, "category": "own", "document": "old"})
    schema = "key int, text string, category string, document string"
    rows = [tuple(row) for row in data.itertuples(index=False)]
    frame = spark.createDataFrame(rows, schema).coalesce(1)
    options = {"output_level": level, "positions": True, "metadata": True, "drop_irrelevant_cols": False}
    expected = pipeline.predict(data, **options)
    found = pipeline.predict(frame, **options)
    scores = [c for c in found if c.endswith(("_confidence", "_neg", "_pos"))]
    exact = [c for c in found if c not in scores]
    assert list(found.columns) == list(expected.columns)
    pd.testing.assert_frame_equal(found[scores], expected[scores], atol=1e-5)
    pd.testing.assert_frame_equal(found[exact].astype(object), expected[exact].astype(object))


def test_spark_frames_in_and_out(spark, pipeline, monkeypatch):
    frame = spark.createDataFrame([(1, "good movie"), (2, None)], "key int, text string").coalesce(1)
    annotated = ["document", "token", "category"]
    assert pipeline.predict(frame, return_spark_df=True).columns == ["key", "text", *annotated]
    assert pipeline.predict(["good movie", None], return_spark_df=True).columns == ["text", *annotated]
    out = pipeline.predict(pd.DataFrame({"k": [1], "text": ["bad plot"]}), "sentence", return_spark_df=True)
    assert out.columns == ["k", "text", "document", "sentence", *annotated[1:]]
    with pytest.raises(ColumnError, match="has no column 'text'; it has n"):
        pipeline.predict(frame.selectExpr("1 as n"))
    # Scoring is Spark's work: no text is classified in this process.
    monkeypatch.setattr(LightPipeline, "fullAnnotate", None)
    assert pipeline.predict(frame, keep_stranger_features=False)["text"].tolist() == ["good movie", None]


def test_load_from_disk(spark, cache, tmp_path, pipeline):
    model = cache / "distilbert_base_sequence_classifier_imdb_en"
    expected = pipeline.predict("good movie")
    pd.testing.assert_frame_equal(nlu.load(path=str(model)).predict("good movie"), expected)
    saved = str(tmp_path / "saved")
    pipeline.vanilla_transformer_pipe.write().save(saved)
    pd.testing.assert_frame_equal(nlu.load(path=saved).predict("good movie"), expected)


def test_the_parts(pipeline, capsys):
    assert (len(pipeline), list(pipeline)) == (3, ["document_assembler", "tokenizer", "classifier"])
    assert list(pipeline.keys()) == list(pipeline)
    assert pipeline["classifier"] is pipeline.classifier
    with pytest.raises(
        KeyError, match=r"NLUPipeline\['bert'\]: its parts are document_assembler, tokenizer, classifier"
    ):
        pipeline["bert"]
    # What is set on a part counts at every level.
    pipeline["tokenizer"].setSplitChars(["o"])
    for level in ("token", "document", "sentence"):
        out = pipeline.predict("good", output_level=level, drop_irrelevant_cols=False)
        tokens = out["token"].tolist()
        assert tokens == (["g", "d"] if level == "token" else [["g", "d"]])
    pipeline.print_info()
    shown = capsys.readouterr().out.splitlines()
    assert "pipe['tokenizer']  # Tokenizer" in shown
    assert "    .setSplitChars(['o'])" in shown
    assert f"    .setMaxSentenceLength({pipeline.classifier.getMaxSentenceLength()})" in shown
    assert not [line for line in shown if "setInputCol" in line or "setModel" in line]
    pipeline.print_info(minimal=False)
    assert "    .setThreshold(0.5)  # probability that a label must exceed (sigmoid)" in capsys.readouterr().out


def test_save(spark, pipeline, cache, tmp_path):
    expected = pipeline.predict("good movie")
    path = str(tmp_path / "saved")
    pipeline.save(path)
    pipeline.save(path, overwrite=True)
    pd.testing.assert_frame_equal(nlu.load(path=path).predict("good movie"), expected)
    with pytest.raises(Exception, match="exist"):
        pipeline.save(path)
    part = str(tmp_path / "part")
    pipeline.save(part, component="tokenizer")
    assert Tokenizer.load(part).getOutputCol() == "token"
    with pytest.raises(KeyError, match="its parts are"):
        pipeline.save(part, component="bert")
    save_tiny_model(cache / "my_model_en", ["a", "b"])
    both = nlu.load("en.classify.distilbert_sequence.imdb my_model")
    both.save(path, overwrite=True)
    assert list(both)[2:] == ["classifier_distilbert", "classifier_my_model"]
    pd.testing.assert_frame_equal(nlu.load(path=path).predict("good movie"), both.predict("good movie"))


def test_a_star_brings_the_module_along():
    names = {}
    exec("from sparkcls.nlu import *", names)
    assert names["nlu"] is nlu
    assert nlu.version() == nlu.__version__ == sparkcls.__version__


def test_references(cache):
    with pytest.raises(
        ModelNotFoundError, match=r"(?s)no reference .*imbd.*nearest are en.classify.distilbert_sequence.imdb"
    ):
        nlu.load("en.classify.distilbert_sequence.imbd")
    with pytest.raises(ModelNotFoundError, match="No model 'distilbert_base_sequence_classifier_imdb'"):
        nlu.load("classify.distilbert_sequence.imdb")
    with pytest.raises(ModelNotFoundError, match=r"no reference 'en.ner.bert.imdb'; the nearest"):
        nlu.load("en.ner.bert.imdb")
    with pytest.raises(ParamTypeError, match="reference as str"):
        nlu.load(3)
    with pytest.raises(ParamError, match="needs a reference"):
        nlu.load()
    with pytest.raises(ParamTypeError, match="unknown argument fast"):
        nlu.load("en.classify.distilbert_sequence.imdb", fast=True)


@pytest.mark.parametrize(
    ("reference", "folder"),
    [
        ("classify.distilbert_sequence.imdb", "distilbert_base_sequence_classifier_imdb_en"),
        ("en.classify.distilbert_sequence.banking77", "distilbert_sequence_classifier_banking77_en"),
        ("en.classify.distilbert_sequence.some.thing", "distilbert_sequence_classifier_some_thing_en"),
        ("fr.classify.distil_bert.thing", "distilbert_base_sequence_classifier_thing_fr"),
        ("my_model", "my_model_en"),
    ],
)
@pytest.mark.filterwarnings("ignore:Model")  # the stand-in's labels
def test_what_references_stand_for(cache, capsys, reference, folder):
    save_tiny_model(cache / folder, ["a", "b"])
    capsys.readouterr()
    loaded = nlu.load(reference, verbose=True)
    assert loaded.classifier.getClasses() == ["a", "b"]
    assert capsys.readouterr().out.strip() == folder.rpartition("_")[0]


def test_gpu_sets_the_device(pipeline, cache):
    assert nlu.load("en.classify.distilbert_sequence.imdb", gpu=True).classifier.getDevice() == "cuda"


def test_other_data_and_options(pipeline):
    for bad in (3, {"a": 1}, None, np.zeros((2, 2))):
        with pytest.raises(ParamTypeError, match="predict takes a str"):
            pipeline.predict(bad)
    for bad in ([3], ["good", ["a", "b"]], pd.DataFrame({"key": [1], "body": ["good"]})):
        with pytest.raises(ParamTypeError, match="predict takes texts as str; row"):
            pipeline.predict(bad)
    with pytest.raises(ColumnError, match="no columns"):
        pipeline.predict(pd.DataFrame())
    with pytest.raises(ColumnError, match="several columns"):
        pipeline.predict(pd.DataFrame([["a", "b"]], columns=["text", "text"]))
    with pytest.raises(ParamError, match=r"output_level='chunk'.*document, sentence, token"):
        pipeline.predict("good", output_level="chunk")
    with pytest.raises(ParamTypeError, match="unknown argument batch=3"):
        pipeline.predict("good", batch=3)
    with pytest.raises(ParamError, match="output_path='x'"):
        pipeline.predict("good", output_path="x")
    assert len(pipeline.predict("good", partition=3, multithread=False, get_embeddings=False, output_path="")) == 1


@pytest.mark.parametrize("level", ["document", "sentence", "token"])
def test_a_pipeline_is_made_once_and_anew_for_a_param(pipeline, level, monkeypatch):
    text = "good movie. bad plot"
    first = pipeline.predict(text, output_level=level)
    made = []
    make = type(pipeline)._pipeline
    monkeypatch.setattr(type(pipeline), "_pipeline", lambda self, *given: made.append(given[0]) or make(self, *given))
    pd.testing.assert_frame_equal(pipeline.predict(text, output_level=level), first)
    assert not made
    pipeline["classifier"].setMaxSentenceLength(3)
    changed = pipeline.predict(text, output_level=level)
    assert made == [level]
    assert changed["classified_sequence_confidence"].tolist() != first["classified_sequence_confidence"].tolist()
    pipeline["tokenizer"].setMinLength(4)
    tokens = pipeline.predict(text, output_level="token")["token"].tolist()
    assert tokens == ["good", "movie", "plot"]


class Own(DistilBertForSequenceClassification):
    """A user's class, with something that is no Param."""

    labels_kept = 1

    def annotate_rows(self, metadata, rows):
        return [found[: self.labels_kept] for found in super().annotate_rows(metadata, rows)]


@pytest.mark.parametrize("level", ["document", "sentence"])
def test_nothing_is_kept_of_a_users_own_stage(tiny_model, level):
    stage = Own.loadSavedModel(tiny_model)
    pipeline = NLUPipeline({"": stage})
    assert pipeline.predict("good movie", output_level=level)["classified_sequence"][0]
    stage.labels_kept = 0
    assert pipeline.predict("good movie", output_level=level)["classified_sequence"][0] is None
