"""The classifier stage: what rows get, and what is refused."""

import json
import shutil
import warnings

import numpy as np
import pytest
from pyspark.sql import functions as F

from sparkcls.annotation import Annotation
from sparkcls.annotator import DistilBertForSequenceClassification, SentenceDetector, Tokenizer
from sparkcls.base import DocumentAssembler, LightPipeline, Pipeline, PipelineModel
from sparkcls.catalogue.cards import CARDS
from sparkcls.errors import ColumnError, ModelFormatError, ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.stages.classifying import _warn_of_case
from tests.models import broken, poisonous, save_tiny_model
from tests.pipelines import assert_same, classes, classifier_of, pipeline_of, results, texts_frame

AWKWARD = [
    None,
    "good movie",
    "",
    "   \t\r\n ",
    "😀 the 😀 plot 👩‍👩‍👧",
    "nul \u0000 byte",
    "\u0000\u0001",
    "a" * 1_000_000,
    "good " * 200_000,
    "我喜欢 العربية e\u0301",
    "\ufeffbom",
    "won't $100",
]


@pytest.fixture(scope="module")
def tiny(tiny_model):
    return classifier_of(tiny_model)


def scores(row, labels=("red", "green", "blue")):
    return [[float(a["metadata"][label]) for label in labels] for a in row]


def test_schema_of_the_output(spark, tiny):
    field = pipeline_of(tiny).transform(texts_frame(spark, ["a"])).schema["class"]
    assert field.dataType == Annotation.arrayType()
    assert field.nullable
    assert field.metadata == {"annotatorType": "category"}


def test_awkward_rows_on_both_paths(spark, tiny):
    model = pipeline_of(tiny)
    rows = [[Annotation.fromRow(a) for a in row] for row in classes(model, texts_frame(spark, AWKWARD))]
    for row, light in zip(rows, LightPipeline(model).fullAnnotate(AWKWARD), strict=True):
        assert_same(row, light["class"])
    assert [len(row) for row in rows] == [0, 1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1]
    assert all("error" not in a.metadata for row in rows for a in row)
    assert (rows[4][0].begin, rows[4][0].end) == (0, len(AWKWARD[4].encode("utf-16-be")) // 2 - 1)
    assert rows[8][0].metadata["truncated"] == str(200_000 - 126)
    assert "truncated" not in rows[1][0].metadata


def test_ten_thousand_empty_rows(spark, tiny):
    frame = spark.range(10_000).select(F.lit("").alias("text"))
    out = pipeline_of(tiny).transform(frame)
    assert out.filter(F.size("class") == 0).count() == 10_000


def test_empty_frames_and_partitions(spark, tiny):
    model = pipeline_of(tiny)
    assert classes(model, spark.createDataFrame([], "id int, text string")) == []
    frame = texts_frame(spark, ["good movie"]).repartition(5)
    assert [len(r) for r in classes(model, frame)] == [1]


@pytest.mark.parametrize("texts", [[None, "good"], ["good", None], [None, None]])
def test_null_first_last_and_only(spark, tiny, texts):
    assert [len(r) for r in classes(pipeline_of(tiny), texts_frame(spark, texts))] == [int(t == "good") for t in texts]


def test_many_sentences_a_row_keep_their_own_scores(spark, tiny):
    words = ["good", "bad", "", "film", None, "plot", "hero", "market", "science", "love", "fear", "day", "night"]
    frame = spark.createDataFrame([(0, words)], "id int, text array<string>")
    (row,) = classes(pipeline_of(tiny), frame)
    single = classes(pipeline_of(tiny), texts_frame(spark, [w for w in words if w]))
    assert [a["metadata"]["sentence"] for a in row] == [str(i) for i, w in enumerate(words) if w]
    assert np.allclose(scores(row), [scores(r)[0] for r in single], atol=5e-6)


def test_batch_size_partitions_and_order_change_nothing(spark, tiny):
    texts = [f"the {w} movie {'was good ' * (i % 7)}" for i, w in enumerate(["good", "bad", "fine", "awful"] * 20)]
    frame = texts_frame(spark, texts)
    plain = classes(pipeline_of(tiny), frame)
    for changed, stage in [
        (frame.repartition(4), tiny),
        (frame.orderBy(F.desc("text")), tiny),
        (frame, tiny.copy()._update(batchSize=1)),
        (frame, tiny.copy()._update(batchSize=7)),
    ]:
        rows = classes(pipeline_of(stage), changed)
        assert results(rows) == results(plain)
        assert np.abs(np.array([scores(r) for r in rows]) - np.array([scores(r) for r in plain])).max() <= 5e-6


def test_batch_size_caps_a_pass_only_if_set(spark, tiny, events):
    frame = texts_frame(spark, [f"good movie {i % 10} {i // 10}" for i in range(20)])
    classes(pipeline_of(tiny), frame)
    assert [e["sequences"] for e in events() if e["event"] == "forward"] == [20]
    classes(pipeline_of(tiny.copy()._update(batchSize=8)), frame)
    assert [e["sequences"] for e in events() if e["event"] == "forward"][1:] == [8, 8, 4]


def test_sigmoid_multilabel_threshold(spark, tiny):
    frame = texts_frame(spark, ["good movie", "bad plot"])
    everything = classes(pipeline_of(tiny.copy()._update(multilabel=True, threshold=0.0)), frame)
    assert results(everything) == [["red", "green", "blue"]] * 2
    assert everything[0][0]["metadata"] == everything[0][2]["metadata"]
    assert results(classes(pipeline_of(tiny.copy()._update(activation="sigmoid", threshold=1.0)), frame)) == [[], []]


def test_each_label_has_its_own_threshold_wherever_the_stage_goes(spark, tiny, tmp_path):
    texts = ["good movie", "bad plot"]
    frame = texts_frame(spark, texts)
    stage = tiny.copy().setMultilabel(True).setThreshold({"red": 1.0, "blue": 0.0})
    every = LightPipeline(pipeline_of(stage.copy().setThreshold(0.0))).fullAnnotate(texts)
    green = [float(row["class"][0].metadata["green"]) for row in every]
    expected = [["green", "blue"] if score > 0.5 else ["blue"] for score in green]
    assert results(classes(pipeline_of(stage), frame)) == expected
    stage.save(str(tmp_path / "stage"))
    loaded = type(stage).load(str(tmp_path / "stage"))
    assert loaded.getThreshold() == {"red": 1.0, "blue": 0.0}
    assert [row["class"] for row in LightPipeline(pipeline_of(loaded)).annotate(texts)] == expected
    in_order = loaded.copy().setThreshold([1.0, 1.0 - max(green), 0.0])
    assert LightPipeline(pipeline_of(in_order)).annotate(texts[0])["class"] == (
        ["green", "blue"] if green[0] > 1.0 - max(green) else ["blue"]
    )
    loaded.getThreshold()["red"] = 0.0
    assert loaded.getThreshold()["red"] == 1.0, "a copy"


def test_coalesce(spark, tiny):
    frame = spark.createDataFrame([(0, ["good", "bad plot", ""]), (1, [])], "id int, text array<string>")
    single = classes(pipeline_of(tiny), frame)
    (row, none) = classes(pipeline_of(tiny.copy()._update(coalesceSentences=True)), frame)
    assert none == []
    assert np.allclose(scores(row)[0], np.mean(scores(single[0]), axis=0), atol=1e-6)
    assert (row[0]["begin"], row[0]["end"], row[0]["metadata"]["sentence"]) == (0, 3, "0")


def test_a_custom_tokenizer_decides_what_is_read(spark, tiny):
    """Tokens under three characters are dropped, so they must not reach the model, in either mode."""
    short = Tokenizer(inputCols=["document"], outputCol="token", minLength=3)
    for mode in ("huggingface", "sparknlp"):
        stage = tiny.copy()._update(tokenization=mode)
        model = pipeline_of(stage, tokenizer=short)
        frame = texts_frame(spark, ["it is a good movie", "good movie", "it is"])
        with_short, without, nothing = classes(model, frame)
        assert np.allclose(scores(with_short), scores(without), atol=1e-6)
        assert nothing == []
        light = [r["class"] for r in LightPipeline(model).fullAnnotate(["it is a good movie", "good movie", "it is"])]
        for one, other in zip(light[:2], (with_short, without), strict=True):
            assert_same(one, other)


def test_tokens_of_other_documents_do_not_leak(spark, tiny):
    short = Tokenizer(inputCols=["document"], outputCol="token", minLength=2)
    frame = spark.createDataFrame([(0, ["good movie", "bad plot"]), (1, ["good movie"])], "id int, text array<string>")
    two, one = classes(pipeline_of(tiny, tokenizer=short), frame)
    assert np.allclose(scores(two)[0], scores(one)[0], atol=1e-6)


def test_tokens_of_a_document_serve_its_sentences(spark, tiny):
    """A lossy Tokenizer over the document, the classifier over its sentences: matched by offsets."""
    stages = [
        DocumentAssembler(inputCol="text"),
        SentenceDetector(inputCols=["document"]),
        Tokenizer(inputCols=["document"], minLength=2),
        tiny.copy().setInputCols("sentence", "token"),
    ]
    both, first, second = classes(
        PipelineModel(stages), texts_frame(spark, ["good movie. bad plot.", "good movie", "bad plot"])
    )
    assert np.allclose(scores(both), scores(first) + scores(second), atol=1e-6)


def test_sparknlp_tokenization_keeps_first_pieces(spark, tiny):
    stage = tiny.copy()._update(tokenization="sparknlp")
    rows = classes(pipeline_of(stage), texts_frame(spark, ["I won't", "I won", "$100", "$"]))
    assert np.allclose(scores(rows[0]), scores(rows[1]), atol=1e-6)
    assert np.allclose(scores(rows[2]), scores(rows[3]), atol=1e-6)


def test_case_acts_in_sparknlp_tokenization_only(spark, tmp_path):
    folder = save_tiny_model(tmp_path / "cased", ["red", "green", "blue"], cased=True)
    frame = texts_frame(spark, ["Good MOVIE", "good movie"])
    for mode, case, same in [("sparknlp", False, True), ("sparknlp", True, False), ("huggingface", False, False)]:
        a, b = classes(pipeline_of(classifier_of(folder, tokenization=mode, caseSensitive=case)), frame)
        assert np.allclose(scores(a), scores(b), atol=1e-6) == same


def test_case_that_cannot_act_or_hurts_is_said(spark, tiny):
    _warn_of_case.cache_clear()
    with pytest.warns(UserWarning, match=r"every capitalised word is read as \[UNK\]"):
        pipeline_of(tiny.copy()._update(tokenization="sparknlp")).transform(texts_frame(spark, ["a"]))
    with pytest.warns(UserWarning, match=r"setCaseSensitive\(True\) has no effect: the vocabulary of 'tiny' is lower"):
        pipeline_of(tiny.copy()._update(caseSensitive=True)).transform(texts_frame(spark, ["a"]))
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        pipeline_of(tiny).transform(texts_frame(spark, ["a"]))


def test_a_poisoned_row_does_not_end_the_job(spark, tmp_path, events):
    folder = save_tiny_model(tmp_path / "m", ["a", "b"], change=poisonous("poison"))
    texts = ["good movie", "poison", "bad plot", "the poison story", None, "fine"]
    rows = classes(pipeline_of(classifier_of(folder)), texts_frame(spark, texts))
    assert [[a["result"] != "" for a in r] for r in rows] == [[True], [False], [True], [False], [], [True]]
    assert rows[1][0]["metadata"] == {
        "sentence": "0",
        "error": "ArithmeticError: the model's scores are not finite numbers",
    }
    assert [e["sequences"] for e in events() if e["event"] == "failed"] == [2]


def test_on_error_raise_names_the_text(spark, tmp_path):
    folder = save_tiny_model(tmp_path / "m", ["a", "b"], change=poisonous("poison"))
    model = pipeline_of(classifier_of(folder, onError="raise"))
    with pytest.raises(Exception, match="It begins with 'the poison story'"):
        classes(model, texts_frame(spark, ["good movie", "the poison story"]))


def test_a_broken_model_fails_the_job(spark, tmp_path):
    folder = save_tiny_model(tmp_path / "m", ["a", "b"], change=broken)
    with pytest.raises(Exception, match="fails on known-good text too, so no row is at fault"):
        classes(pipeline_of(classifier_of(folder)), texts_frame(spark, ["good movie"]))


def test_a_model_that_changed_since_fails_the_job(spark, tmp_path, is_connect):
    folder = save_tiny_model(tmp_path / "m", ["a", "b"], seed=11)
    model, frame = pipeline_of(classifier_of(folder)), texts_frame(spark, ["good"])
    out = model.transform(frame)
    expected = LightPipeline(model).annotate("good")["class"]
    (folder / "config.json").write_text((folder / "config.json").read_text() + " ")
    changed = "is not the one this stage was made with"
    if is_connect:  # the server was sent the folder as it was
        assert [a["result"] for a in out.collect()[0]["class"]] == expected
    else:
        with pytest.raises(Exception, match=changed):
            out.collect()
    with pytest.raises(ModelFormatError, match=changed):
        model.transform(frame)


def test_devices_that_are_not_there_fail_the_job(spark, tiny):
    model = pipeline_of(tiny.copy()._update(device="cuda:99"))
    with pytest.raises(Exception, match=r"setDevice\('cuda:99'\): torch sees"):
        classes(model, texts_frame(spark, ["good"]))


def test_sentence_column_and_either_order(spark, tiny):
    stages = [
        DocumentAssembler(inputCol="text", outputCol="sentence"),
        Tokenizer(inputCols=["sentence"], outputCol="tok"),
        tiny.copy().setInputCols("sentence", "tok").setOutputCol("out.put"),
    ]
    frame = texts_frame(spark, ["good movie"])
    assert Pipeline(stages=stages).fit(frame).transform(frame).collect()[0]["out.put"][0]["begin"] == 0


def test_columns_made_by_hand(spark, tiny):
    """Null annotations, null metadata and null text in a hand-made column: skipped, never fatal."""
    element = "struct<annotatorType:string,begin:int,end:int,result:string,metadata:map<string,string>>"
    good = ("document", 0, 3, "good", None)
    lacking = ("document", None, 3, "good", {}), ("document", 0, None, "good", {}), ("document", 0, 0, None, {})
    data = [(0, [good, None, *lacking]), (1, None), (2, [None])]
    frame = spark.createDataFrame(data, f"id int, document array<{element}>")
    frame = frame.withMetadata("document", {"annotatorType": "document"})
    tokens = Tokenizer(inputCols=["document"], outputCol="token")
    rows = tiny.transform(tokens.transform(frame)).orderBy("id").collect()
    assert [[a["metadata"]["sentence"] for a in r["class"]] for r in rows] == [["0"], [], []]


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (["document", "absent"], "there is no column 'absent'"),
        (["document", "document2"], "one column of each type .*'document', 'token'"),
        (["text", "token"], r"text \(no annotations\)"),
    ],
)
def test_wrong_columns(spark, tiny, columns, message):
    frame = DocumentAssembler(inputCol="text").transform(texts_frame(spark, ["a"]))
    frame = DocumentAssembler(inputCol="text", outputCol="document2").transform(frame)
    frame = Tokenizer(inputCols=["document"]).transform(frame)
    with pytest.raises(ColumnError, match=message):
        tiny.copy().setInputCols(columns).transform(frame)


def test_missing_stage(spark, tiny):
    frame = DocumentAssembler(inputCol="text").transform(texts_frame(spark, ["a"]))
    with pytest.raises(ColumnError, match=r"Add the stage that makes the missing column"):
        tiny.transform(frame)


def test_a_stage_without_model(spark):
    stage = DistilBertForSequenceClassification().setInputCols("document", "token")
    with pytest.raises(ParamError, match="has no model; make it with pretrained"):
        pipeline_of(stage).transform(texts_frame(spark, ["a"]))
    with pytest.raises(ParamError, match="has no model"):
        stage.getClasses()


def test_bad_params_fail_when_set(tiny):
    stage = tiny.copy()
    for call, kind, message in [
        (lambda: stage.setInputCols("a"), ParamTypeError, r"inputCols takes 2 column\(s\).*got 1"),
        (lambda: stage.setInputCols(3), ParamTypeError, "each item of inputCols takes a str"),
        (lambda: stage.setInputCols(["a", ""]), ParamError, "each item of inputCols must not be empty"),
        (lambda: stage.setOutputCol(3), ParamTypeError, "outputCol takes a str"),
        (
            lambda: stage.setMaxSentenceLength(513),
            ParamError,
            r"513, but model .* has 512 positions; .*\(512\).* split",
        ),
        (lambda: stage.setMaxSentenceLength(2), ParamError, "at least 3, got 2$"),
        (lambda: stage.setMaxSentenceLength(1.5), ParamTypeError, "takes an int"),
        (lambda: stage.setBatchSize(0), ParamError, "batchSize must be at least 1"),
        (lambda: stage.setBatchSize(True), ParamTypeError, "batchSize takes an int, got True"),
        (lambda: stage.setThreshold(1.1), ParamError, "threshold must be from 0 to 1"),
        (lambda: stage.setThreshold("x"), ParamTypeError, "threshold takes a number"),
        (lambda: stage.setThreshold({"rde": 0.4}), ParamError, "names 'rde'; the labels are 'red', 'green', 'blue'"),
        (lambda: stage.setThreshold([0.4]), ParamError, "1 numbers, but there are 3 labels"),
        (lambda: stage.setThreshold([]), ParamError, "threshold must not be empty"),
        (lambda: stage.setThreshold({"red": 2}), ParamError, "threshold must be from 0 to 1, got 2"),
        (lambda: stage.setThreshold({0: 0.5}), ParamTypeError, "threshold takes a dict from label to number"),
        (
            lambda: stage.setActivation("tanh"),
            ParamError,
            "activation must be one of softmax, sigmoid, none; got 'tanh'",
        ),
        (lambda: stage.setMultilabel(1), ParamTypeError, "multilabel takes True or False"),
        (lambda: stage.setDevice("gpu"), ParamError, "device must be one of auto, cpu, cuda"),
        (lambda: stage.setPrecision("int4"), ParamError, "precision must be one of auto, mixed, float32, .*int8"),
        (lambda: stage.setTokenization("bert"), ParamError, "tokenization must be one of"),
        (lambda: stage.setScoring("twice"), ParamError, "scoring must be one of lazy, once"),
        (lambda: stage.setOnError("ignore"), ParamError, "onError must be one of annotate, raise"),
    ]:
        with pytest.raises(kind, match=message):
            call()


def test_setters_chain_and_getters_answer(tiny_model):
    stage = DistilBertForSequenceClassification.loadSavedModel(str(tiny_model), None)
    assert (stage.getBatchSize(), stage.getCaseSensitive(), stage.getMaxSentenceLength()) == (8, True, 128)
    assert stage.setBatchSize(4).setCaseSensitive(False).setMaxSentenceLength(64) is stage
    stage.setCoalesceSentences(True).setActivation("Sigmoid").setThreshold(1).setTokenization("sparknlp")
    stage.setDevice("CPU").setPrecision("bfloat16").setScoring("once").setOnError("raise").setLazyAnnotator(True)
    stage.setConfigProtoBytes([1, 2])
    got = [
        stage.getBatchSize(),
        stage.getCaseSensitive(),
        stage.getMaxSentenceLength(),
        stage.getCoalesceSentences(),
        stage.getActivation(),
        stage.getThreshold(),
        stage.getTokenization(),
        stage.getDevice(),
        stage.getPrecision(),
        stage.getScoring(),
        stage.getOnError(),
        stage.getLazyAnnotator(),
        stage.getMultilabel(),
        stage.getEngine(),
        stage.getClasses(),
    ]
    assert got == [
        *(4, False, 64, True, "sigmoid", 1.0, "sparknlp", "cpu", "bfloat16", "once", "raise", True, False, "pytorch"),
        ["red", "green", "blue"],
    ]


def test_multilabel_means_sigmoid(tiny):
    assert tiny.copy().setMultilabel(True).getActivation() == "sigmoid"


def test_precedence_of_params(cache, tiny_model):
    """Setter, then the model file, then the card, then the default."""
    name = "distilbert_base_sequence_classifier_imdb"
    folder = save_tiny_model(cache / f"{name}_en", ["neg", "pos"])
    assert DistilBertForSequenceClassification.pretrained(name, "en").getMaxSentenceLength() == 512
    assert DistilBertForSequenceClassification.pretrained().getMaxSentenceLength() == 512
    (folder / "sparkcls.json").write_text('{"params": {"maxSentenceLength": 100, "unknown": 1}}')
    stage = DistilBertForSequenceClassification.pretrained(name, "en")
    assert stage.getMaxSentenceLength() == 100
    assert not stage.isSet("maxSentenceLength")
    assert stage.setMaxSentenceLength(50).getMaxSentenceLength() == 50
    assert DistilBertForSequenceClassification.loadSavedModel(tiny_model).getMaxSentenceLength() == 128


def test_params_in_the_folder_are_checked(tmp_path):
    folder = save_tiny_model(tmp_path / "m", ["a", "b"])
    for params, message in [
        ({"maxSentenceLength": 2}, "sparkcls.json: maxSentenceLength must be at least 3"),
        ({"activation": 5}, "sparkcls.json: activation takes a str"),
        (
            {"lazyAnnotator": True, "device": "cuda"},
            r"sparkcls.json sets lazyAnnotator, device; a model may be .* only",
        ),
        ({"inputCols": ["a", "b"]}, r"sparkcls.json sets inputCols; "),
    ]:
        (folder / "sparkcls.json").write_text(json.dumps({"params": params}))
        with pytest.raises(ModelFormatError, match=message):
            DistilBertForSequenceClassification.loadSavedModel(folder)


def test_the_length_that_the_tokenizer_states(tmp_path):
    folder = save_tiny_model(tmp_path / "m", ["a", "b"], positions=1024)
    file = folder / "tokenizer_config.json"
    settings = json.loads(file.read_text())
    for stated, length in [(10**30, 128), (1e30, 128), (512, 512), (1024, 1024), (2000, 128), ("512", 128), (2, 128)]:
        file.write_text(json.dumps(settings | {"model_max_length": stated}))
        assert DistilBertForSequenceClassification.loadSavedModel(folder).getMaxSentenceLength() == length
    stage = DistilBertForSequenceClassification.loadSavedModel(folder)
    assert stage.setMaxSentenceLength(1024).getMaxSentenceLength() == 1024
    with pytest.raises(ParamError, match="has 1024 positions"):
        stage.setMaxSentenceLength(1025)
    (folder / "sparkcls.json").write_text('{"params": {"maxSentenceLength": 64}}')
    file.write_text(json.dumps(settings | {"model_max_length": 512}))
    assert DistilBertForSequenceClassification.loadSavedModel(folder).getMaxSentenceLength() == 64


def test_labels_that_contradict_the_card_are_said(cache):
    name = "distilbert_base_sequence_classifier_imdb"
    save_tiny_model(cache / f"{name}_en", ["yes", "no"])
    with pytest.warns(UserWarning, match=r"has the labels \['no', 'yes'\]; its card says \['neg', 'pos'\]"):
        assert DistilBertForSequenceClassification.pretrained(name, "en").getClasses() == ["yes", "no"]


def test_a_card_says_nothing_of_another_model_in_a_folder_of_its_name(tmp_path):
    folder = tmp_path / "distilbert_base_sequence_classifier_imdb"
    defaults = {"maxSentenceLength": 128, "caseSensitive": DistilBertForSequenceClassification().getCaseSensitive()}
    for labels, expected in ((["neg", "pos"], CARDS[folder.name].params), (["yes", "no"], defaults)):
        save_tiny_model(folder, labels, positions=512)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            stage = DistilBertForSequenceClassification.loadSavedModel(folder)
        assert {
            "maxSentenceLength": stage.getMaxSentenceLength(),
            "caseSensitive": stage.getCaseSensitive(),
        } == expected
        shutil.rmtree(folder)


def test_fewer_positions_than_the_default(spark, tmp_path):
    folder = save_tiny_model(tmp_path / "m", ["red", "green", "blue"], positions=16)
    stage = classifier_of(folder)
    assert stage.getMaxSentenceLength() == 16
    (row,) = classes(pipeline_of(stage), texts_frame(spark, ["good " * 20]))
    assert row[0]["metadata"]["truncated"] == "6"
    with pytest.raises(ParamError, match=r"maxSentenceLength is 17, but model 'm' has 16 positions; call .*\(16\)"):
        stage.setMaxSentenceLength(17)
    with pytest.raises(ParamError, match=r"maxSentenceLength is 17"):
        classes(pipeline_of(stage._update(maxSentenceLength=17)), texts_frame(spark, ["good"]))


def test_models_that_are_not_there(cache, tmp_path):
    with pytest.raises(ModelNotFoundError, match="Nearest names: distilbert_mini"):
        DistilBertForSequenceClassification.pretrained("distilbert_mini_sequence_classifier_sst")
    with pytest.raises(ModelNotFoundError, match="No model folder at"):
        DistilBertForSequenceClassification.loadSavedModel(tmp_path / "absent")
    with pytest.raises(ModelNotFoundError, match="nowhere://bucket/model cannot be read"):
        DistilBertForSequenceClassification.loadSavedModel("nowhere://bucket/model")
    with pytest.raises(ParamTypeError, match="takes a path as str"):
        DistilBertForSequenceClassification.loadSavedModel(3)
    with pytest.raises(ParamError, match="remote_loc"):
        DistilBertForSequenceClassification.pretrained("x", "en", "@x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelFormatError, match="has no config.json"):
        DistilBertForSequenceClassification.loadSavedModel(tmp_path / "empty")
