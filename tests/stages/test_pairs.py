"""Classifiers of text pairs: by Spark, by a LightPipeline, and what becomes of rows that are no pair."""

import json
import shutil

import pytest
import torch
from pyspark.ml import PipelineModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from sparkcls import nlu, sql
from sparkcls.base import DocumentAssembler, LightPipeline
from sparkcls.errors import ColumnError, InputError, ModelFormatError, ParamError, ParamTypeError
from sparkcls.stages.sentence_detector import SentenceDetector
from sparkcls.stages.tokenizer import Tokenizer
from tests.models import poisonous, save_tiny_model
from tests.pipelines import assert_same, classifier_of, texts_frame

LABELS = ["contradiction", "neutral", "entailment"]
PAIRS = [
    ("the team won a good game", "the team lost"),
    ("a film. I liked the story!", "it was not boring"),
    ("good " * 200, "bad film"),
    ("good", "poison"),
    ("good", None),
    (None, "good"),
    ("good", " \t"),
    ("", ""),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("nli") / "nli", LABELS, change=poisonous("poison"))


def pair_stages(classifier, sentences=False):
    first = "sentence" if sentences else "document"
    return [
        DocumentAssembler(inputCol="text", outputCol="document"),
        DocumentAssembler(inputCol="other", outputCol="other_document"),
        *([SentenceDetector(inputCols=["document"], outputCol="sentence")] if sentences else []),
        Tokenizer(inputCols=[first], outputCol="token"),
        classifier._update(inputCols=[first, "token"], outputCol="class").setPairCol("other_document"),
    ]


def expected(folder, first, second, length=512):
    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    ids = tokenizer(first, second, truncation=True, max_length=length, return_tensors="pt")["input_ids"]
    with torch.no_grad():
        return model.eval()(ids).logits[0]


def scores(annotation, labels=LABELS):
    return [float(annotation["metadata"][label]) for label in labels]


def test_pairs_in_spark_and_in_a_light_pipeline(spark, folder, tmp_path):
    stages = pair_stages(classifier_of(folder).setMaxSentenceLength(64))
    rows = [(i, *pair) for i, pair in enumerate(PAIRS)]
    frame = spark.createDataFrame(rows, "id int, text string, other string").coalesce(1)
    model = PipelineModel(stages)
    found = {row["id"]: row["class"] for row in model.transform(frame).select("id", "class").collect()}
    for i, (first, second) in enumerate(PAIRS[:3]):
        (annotation,) = found[i]
        assert scores(annotation) == pytest.approx(expected(folder, first, second, 64).softmax(0).tolist(), abs=1e-5)
        assert (annotation["begin"], annotation["end"]) == (0, len(first) - 1)
    assert found[2][0]["metadata"]["truncated"] == "141"
    assert "error" in found[3][0]["metadata"]
    assert [found[i] for i in range(4, 8)] == [[], [], [], []]

    # Saved and loaded, and with the second column among the input columns, it answers the same.
    model.write().overwrite().save(str(tmp_path / "pipeline"))
    loaded = PipelineModel.load(str(tmp_path / "pipeline"))
    assert loaded.stages[-1].getPairCol() == "other_document"
    three = classifier_of(folder).setMaxSentenceLength(64).setInputCols(["document", "token", "other_document"])
    for other in (loaded, PipelineModel([*stages[:-1], three])):
        again = {row["id"]: row["class"] for row in other.transform(frame).select("id", "class").collect()}
        assert again.keys() == found.keys()
        for i in found:
            assert_same(again[i], found[i])
        light = LightPipeline(other).fullAnnotate(*([p[i] for p in PAIRS[:4]] for i in (0, 1)))
        for i, row in enumerate(light):
            assert_same(row["class"], found[i])


def test_every_sentence_is_paired_with_the_second_text(folder):
    light = LightPipeline(PipelineModel(pair_stages(classifier_of(folder), sentences=True)))
    found = light.fullAnnotate(*PAIRS[1])[0]["class"]
    assert len(found) == 2
    for annotation, text in zip(found, ("a film.", "I liked the story!"), strict=True):
        wanted = expected(folder, text, PAIRS[1][1]).softmax(0).tolist()
        assert [float(annotation.metadata[label]) for label in LABELS] == pytest.approx(wanted, abs=1e-5)
    mean = LightPipeline(PipelineModel(pair_stages(classifier_of(folder, coalesceSentences=True), sentences=True)))
    (averaged,) = mean.fullAnnotate(*PAIRS[1])[0]["class"]
    assert float(averaged.metadata[LABELS[0]]) == pytest.approx(
        sum(float(a.metadata[LABELS[0]]) for a in found) / 2, abs=1e-6
    )


def test_a_row_with_several_second_texts_is_an_error(folder):
    stages = pair_stages(classifier_of(folder))
    stages.insert(2, SentenceDetector(inputCols=["other_document"], outputCol="others"))
    stages[-1].setPairCol("others")
    light = LightPipeline(PipelineModel(stages))
    found = light.fullAnnotate(["good", "good"], ["One. Two.", "One."])
    assert "the row has 2 second texts; a pair has one" in found[0]["class"][0].metadata["error"]
    assert found[0]["class"][0].result == ""
    assert found[1]["class"][0].result in LABELS
    stages[-1].setOnError("raise")
    with pytest.raises(InputError, match="the row has 2 second texts"):
        light.fullAnnotate("good", "One. Two.")


def test_a_model_with_one_output_gives_a_score(tmp_path):
    folder = save_tiny_model(tmp_path / "ranker", ["relevant"])
    (found,) = LightPipeline(PipelineModel(pair_stages(classifier_of(folder)))).fullAnnotate("a film", "the plot")
    (annotation,) = found["class"]
    assert annotation.result == "relevant"
    logit = expected(folder, "a film", "the plot")
    assert float(annotation.metadata["relevant"]) == pytest.approx(logit.sigmoid().item(), abs=1e-5)
    raw = LightPipeline(PipelineModel(pair_stages(classifier_of(folder, activation="none"))))
    assert float(raw.fullAnnotate("a film", "the plot")[0]["class"][0].metadata["relevant"]) == pytest.approx(
        logit.item(), abs=1e-5
    )


def test_what_takes_single_texts_says_so(spark, folder, tmp_path):
    stage = classifier_of(folder).setPairCol("other_document")
    model = PipelineModel(pair_stages(classifier_of(folder)))
    with pytest.raises(ParamTypeError, match="classifies pairs of texts; give the second text too"):
        LightPipeline(model).annotate("good")
    in_input_cols = classifier_of(folder).setInputCols(["document", "other_document", "token"])
    for given in (stage, in_input_cols, model):
        with pytest.raises(ParamTypeError, match="single texts; this one reads pairs"):
            sql.register(spark, "judge", given)
    model.write().overwrite().save(str(tmp_path / "saved"))
    with pytest.raises(ParamTypeError, match="reads pairs of texts, and predict takes single texts"):
        nlu.load(path=str(tmp_path / "saved"))
    lacking = PipelineModel([pair_stages(stage)[0], *pair_stages(stage)[2:]])
    with pytest.raises(ColumnError, match="there is no column 'other_document'"):
        lacking.transform(texts_frame(spark, ["a"]))


def test_a_tokenizer_that_takes_no_pairs_is_a_fault_of_the_model_not_of_rows(folder, tmp_path):
    copy = shutil.copytree(folder, tmp_path / "copy")
    content = json.loads((copy / "tokenizer.json").read_text(encoding="utf-8"))
    cls = {"id": "[CLS]", "ids": [2], "tokens": ["[CLS]"]}
    sep = {"id": "[SEP]", "ids": [3], "tokens": ["[SEP]"]}
    text = {"Sequence": {"id": "A", "type_id": 0}}
    content["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [
            {"SpecialToken": {"id": "[CLS]", "type_id": 0}},
            text,
            {"SpecialToken": {"id": "[SEP]", "type_id": 0}},
        ],
        "pair": [text, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"[CLS]": cls, "[SEP]": sep},
    }
    (copy / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "[UNK]"}
    (copy / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    light = LightPipeline(PipelineModel(pair_stages(classifier_of(copy))))
    with pytest.raises(ModelFormatError, match="which needs a template for pairs"):
        light.annotate("good film", "bad film")


def test_columns_of_pairs_are_checked(folder):
    stage = classifier_of(folder)
    assert (stage.getPairCol(), stage.reads_pairs()) == (None, False)
    stage.setInputCols("document", "token", "other").setPairCol("another")
    with pytest.raises(ParamError, match="pairCol is 'another', and inputCols has a second text too"):
        stage.columns_read()
    with pytest.raises(ParamTypeError, match=r"inputCols takes 2 column\(s\)"):
        stage.setInputCols("document")
    light = LightPipeline(PipelineModel(pair_stages(classifier_of(folder, tokenization="sparknlp"))))
    with pytest.raises(ParamError, match="Spark NLP's classifiers take no pairs of texts"):
        light.annotate("good", "bad")


def test_the_order_of_documents_is_that_of_input_columns(folder):
    def answer(columns):
        stages = pair_stages(classifier_of(folder))
        stages[-1].clear(stages[-1].pairCol)
        stages[-1].setInputCols(columns)
        return LightPipeline(PipelineModel(stages)).fullAnnotate("good film", "bad plot")[0]["class"][0].metadata

    assert answer(["document", "other_document", "token"]) == answer(["token", "document", "other_document"])
    assert answer(["document", "other_document", "token"]) != answer(["other_document", "document", "token"])
