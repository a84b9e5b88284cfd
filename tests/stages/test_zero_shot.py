"""Zero-shot classifiers beside `transformers`' pipeline, by Spark and by a LightPipeline."""

import json
import zipfile

import numpy as np
import pytest
from pyspark.ml import PipelineModel
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

from sparkcls import annotator, sql
from sparkcls.annotator import DistilBertForZeroShotClassification, TransformerForZeroShotClassification
from sparkcls.base import DocumentAssembler, LightPipeline
from sparkcls.errors import ModelFormatError, ParamError, ParamTypeError
from sparkcls.families.registry import FAMILIES
from sparkcls.models.entailment import contradiction_of, entailment_of
from sparkcls.stages.classifiers import ZERO_SHOT
from sparkcls.stages.sentence_detector import SentenceDetector
from sparkcls.stages.tokenizer import Tokenizer
from tests.families import save_tiny_family
from tests.models import save_tiny_model, sharp
from tests.pipelines import assert_same, classes, pipeline_of, texts_frame
from tests.reference.zero_shot import CASES, GOLDEN, MODEL_LABELS
from tests.reference.zero_shot import LABELS as THEIR_LABELS
from tests.reference.zero_shot import TEXTS as THEIR_TEXTS

NLI = ["contradiction", "neutral", "entailment"]
LABELS = ["science", "the market", "good films"]
TEXTS = [
    "the team won a good game",
    "shares fell, and the market was awful " * 4,
    "I liked that movie!",
    "a",
    "  ",
    None,
]


@pytest.fixture(scope="module")
def nli(tmp_path_factory):
    return save_tiny_model(tmp_path_factory.mktemp("nli") / "nli", NLI)


def stage_of(folder, kind=DistilBertForZeroShotClassification, **params):
    stage = kind.loadSavedModel(folder)
    stage._update(inputCols=["token", "document"], outputCol="class", precision="float32")
    return stage._update(**({"candidateLabels": LABELS} | params))


def light(stage):
    return LightPipeline(pipeline_of(stage))


def theirs(folder, length=512):
    tokenizer = AutoTokenizer.from_pretrained(folder, model_max_length=length)
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    return pipeline("zero-shot-classification", model=model, tokenizer=tokenizer, device="cpu")


def scores(annotation, labels=LABELS):
    return [float(annotation.metadata[label]) for label in labels]


# --- scores -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("multilabel", [False, True])
@pytest.mark.parametrize("labels", [LABELS, LABELS[:1]], ids=len)
@pytest.mark.parametrize("template", [None, "This text is about {}."])
def test_scores_are_those_of_the_pipeline(nli, labels, multilabel, template):
    stage = stage_of(nli, candidateLabels=labels, multilabel=multilabel, maxSentenceLength=32)
    given = {} if template is None else {"hypothesis_template": template}
    if template:
        stage.setHypothesisTemplate(template)
    reference = theirs(nli, 32)
    found = light(stage).fullAnnotate(TEXTS)
    for text, row in zip(TEXTS[:4], found, strict=False):
        answer = reference(text, labels, multi_label=multilabel, **given)
        expected = dict(zip(answer["labels"], answer["scores"], strict=True))
        over = [label for label in labels if expected[label] > 0.5]
        assert [a.result for a in row["class"]] == (over if multilabel else answer["labels"][:1])
        for annotation in row["class"]:
            assert scores(annotation, labels) == pytest.approx([expected[label] for label in labels], abs=1e-5)
    assert [row["class"] for row in found[4:]] == [[], []]


def test_in_spark_it_answers_the_same_saved_or_not(spark, nli, tmp_path):
    model = pipeline_of(stage_of(nli, maxSentenceLength=32, metrics=True))
    frame = texts_frame(spark, TEXTS)
    found = classes(model, frame)
    expected = light(stage_of(nli, maxSentenceLength=32)).fullAnnotate(TEXTS)
    for row, annotations in zip(found, expected, strict=True):
        assert_same(row, annotations["class"])
    assert "truncated" in found[1][0]["metadata"]
    model.write().overwrite().save(str(tmp_path / "saved"))
    loaded = PipelineModel.load(str(tmp_path / "saved"))
    assert type(loaded.stages[-1]) is DistilBertForZeroShotClassification
    for row, annotations in zip(classes(loaded, frame), found, strict=True):
        assert_same(row, annotations)
    again = LightPipeline.load(str(tmp_path / "saved")).fullAnnotate(TEXTS)
    for row, annotations in zip(found, again, strict=True):
        assert_same(row, annotations["class"])
    sql.register(spark, "about", stage_of(nli))
    frame.createOrReplaceTempView("zero_shot_texts")
    (row,) = spark.sql("SELECT about(text) AS a FROM zero_shot_texts WHERE id = 0").collect()
    assert row["a"]["label"] == found[0][0]["result"]
    assert set(row["a"]["scores"]) == set(LABELS)


def test_sentences_are_scored_apart_or_averaged(nli):
    text = "The film was great. We hated the plot!"
    for coalesce in (False, True):
        stage = stage_of(nli, coalesceSentences=coalesce)._update(inputCols=["sentence", "token"])
        stages = [
            DocumentAssembler(inputCol="text", outputCol="document"),
            SentenceDetector(inputCols=["document"], outputCol="sentence"),
            Tokenizer(inputCols=["sentence"], outputCol="token"),
            stage,
        ]
        found = LightPipeline(PipelineModel(stages)).fullAnnotate(text)[0]["class"]
        reference = theirs(nli)
        answers = [reference(s, LABELS) for s in ("The film was great.", "We hated the plot!")]
        expected = [[dict(zip(a["labels"], a["scores"], strict=True))[label] for label in LABELS] for a in answers]
        wanted = [np.mean(expected, axis=0)] if coalesce else expected
        assert len(found) == len(wanted)
        for annotation, values in zip(found, wanted, strict=True):
            assert scores(annotation) == pytest.approx(list(values), abs=1e-5)


def test_raw_scores_and_thresholds(nli):
    raw = light(stage_of(nli, activation="none")).fullAnnotate(TEXTS[0])[0]["class"][0]
    soft = light(stage_of(nli)).fullAnnotate(TEXTS[0])[0]["class"][0]
    e = np.exp(scores(raw))
    assert scores(soft) == pytest.approx((e / e.sum()).tolist(), abs=1e-5)
    every = light(stage_of(nli, multilabel=True, threshold=0.0)).fullAnnotate(TEXTS[0])[0]["class"]
    assert [a.result for a in every] == LABELS
    sigmoid = light(stage_of(nli, activation="sigmoid", threshold=0.0)).fullAnnotate(TEXTS[0])[0]["class"]
    assert [a.metadata for a in sigmoid] == [a.metadata for a in every]
    one = stage_of(nli, candidateLabels=["science"])
    assert len(light(one).fullAnnotate(TEXTS[0])[0]["class"]) == 1
    assert light(one.setThreshold(1.0)).fullAnnotate(TEXTS[0])[0]["class"] == []
    by_label = stage_of(nli, multilabel=True).setThreshold({label: float(label == LABELS[1]) for label in LABELS})
    assert light(by_label).annotate(TEXTS[0])["class"] == [label for label in LABELS if label != LABELS[1]]
    with pytest.raises(ParamError, match=f"names 'entailment'; the labels are {LABELS[0]!r}"):
        by_label.setThreshold({"entailment": 0.5})


def test_mixed_precision_gives_the_labels_of_float32(tmp_path):
    folder = save_tiny_model(tmp_path / "sharp", NLI, change=sharp(20.0), seed=3)
    chance = np.random.RandomState(1)
    words = ["good", "bad", "film", "plot", "market", "won", "lost", "joy", "fear", "the", "not"]
    texts = [" ".join(chance.choice(words, size=chance.randint(1, 9))) for _ in range(300)]
    rows = [light(stage_of(folder)._update(precision=p)).annotate(texts) for p in ("mixed", "float32")]
    assert rows[0] == rows[1]


# --- families -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", sorted(FAMILIES))
def test_every_family_answers_as_the_pipeline_does(family, tmp_path):
    folder = save_tiny_family(tmp_path / family, family, NLI)
    right = FAMILIES[family].zero_shot or "TransformerForZeroShotClassification"
    reference = theirs(folder, 64)
    answers = [reference(text, LABELS[:2], multi_label=True) for text in TEXTS[:2]]
    for kind in {ZERO_SHOT[right], TransformerForZeroShotClassification}:
        stage = stage_of(folder, kind, candidateLabels=LABELS[:2], multilabel=True, threshold=0.0, maxSentenceLength=64)
        for answer, row in zip(answers, light(stage).fullAnnotate(TEXTS[:2]), strict=True):
            expected = dict(zip(answer["labels"], answer["scores"], strict=True))
            for annotation in row["class"]:
                assert scores(annotation, LABELS[:2]) == pytest.approx(
                    [expected[name] for name in LABELS[:2]], abs=1e-5
                )
            assert len(row["class"]) == 2
    wrong = ZERO_SHOT["BertForZeroShotClassification" if family != "bert" else "RoBertaForZeroShotClassification"]
    with pytest.raises(ModelFormatError, match=f"none of {wrong.__name__}; use {right}"):
        wrong.loadSavedModel(folder)


def test_names_languages_and_defaults_of_spark_nlp():
    """Of spark-nlp 5.5.3: the defaults of each class's `pretrained`."""
    assert {name: (kind.DEFAULT_MODEL, kind.DEFAULT_LANGUAGE) for name, kind in ZERO_SHOT.items()} == {
        "AlbertForZeroShotClassification": ("albert_zero_shot_classifier_onnx", "en"),
        "BartForZeroShotClassification": ("bart_large_zero_shot_classifier_mnli", "en"),
        "BertForZeroShotClassification": ("bert_zero_shot_classifier_mnli", "xx"),
        "CamemBertForZeroShotClassification": ("camembert_zero_shot_classifier_xnli_onnx", "fr"),
        "DeBertaForZeroShotClassification": ("deberta_base_zero_shot_classifier_mnli_anli_v3", "en"),
        "DistilBertForZeroShotClassification": ("distilbert_base_zero_shot_classifier_uncased_mnli", "en"),
        "RoBertaForZeroShotClassification": ("roberta_base_zero_shot_classifier_nli", "en"),
        "TransformerForZeroShotClassification": ("", "en"),
        "XlmRoBertaForZeroShotClassification": ("xlm_roberta_large_zero_shot_classifier_xnli_anli", "xx"),
    }
    for name, kind in ZERO_SHOT.items():
        assert getattr(annotator, name) is kind
        assert kind().getCaseSensitive()
        assert kind().getMaxSentenceLength() == 128


# --- labels of the model ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "entailment", "contradiction"),
    [
        (["contradiction", "neutral", "entailment"], 2, 0),
        (["ENTAILMENT", "NEUTRAL", "CONTRADICTION"], 0, 2),
        (["entailment", "not_entailment"], 0, 1),
        (["no", "Entails"], 1, 0),
        (["contradiction", "entailment", "neutral"], 1, 0),
    ],
)
def test_outputs_are_found_by_their_labels_as_in_the_pipeline(labels, entailment, contradiction):
    assert entailment_of(labels, {}) == entailment
    assert contradiction_of(labels, entailment) == contradiction


def test_outputs_that_labels_do_not_tell_are_asked_for(tmp_path):
    unnamed = stage_of(save_tiny_model(tmp_path / "a", ["x", "y", "z"]))
    assert (unnamed.getEntailmentIdParam(), unnamed.getContradictionIdParam()) == (None, None)
    with pytest.raises(
        ParamError, match=r"labels are x, y, z; none begins with 'entail'.*setEntailmentIdParam\(0 to 2\)"
    ):
        light(unnamed).annotate("a")
    assert light(unnamed.setEntailmentIdParam(2)).annotate("a")["class"][0] in LABELS
    with pytest.raises(ParamError, match=r"takes 'x' for the contradiction.*setContradictionIdParam\(0 to 2\)"):
        light(unnamed.setMultilabel(True)).annotate("a")
    unnamed.setContradictionIdParam(2)
    with pytest.raises(ParamError, match="both output 2, 'z'"):
        light(unnamed).annotate("a")
    with pytest.raises(ParamError, match="entailmentIdParam is 3, but the model has the outputs 0 to 2: x, y, z"):
        light(unnamed.setEntailmentIdParam(3)).annotate("a")
    # transformers would compare with `neutral` here.
    other = stage_of(save_tiny_model(tmp_path / "b", ["neutral", "contradiction", "entailment"]), multilabel=True)
    with pytest.raises(ParamError, match="takes 'neutral' for the contradiction, the labels say 'contradiction'"):
        light(other).annotate("a")
    assert light(other.setContradictionIdParam(1)).fullAnnotate("a")
    with pytest.raises(ModelFormatError, match="label2id says that the output for entailment is 0, id2label says 2"):
        entailment_of(NLI, {"label2id": {"entailment": 0}})


def test_params(nli):
    stage = DistilBertForZeroShotClassification()
    assert stage.getCandidateLabels() is None
    assert stage.getHypothesisTemplate() == "This example is {}."
    assert stage.setCandidateLabels("a", "b").getCandidateLabels() == ["a", "b"]
    assert stage.setCandidateLabels(["c"]).getCandidateLabels() == ["c"]
    for labels, error in (([], ParamError), ([" "], ParamError), (["a", "a"], ParamError), ([1], ParamTypeError)):
        with pytest.raises(error, match="candidateLabels"):
            stage.setCandidateLabels(labels)
    for template in ("no place", "{} and {}", "{0}", "{:>9999999}", "{!r}", "{a}", "{"):
        with pytest.raises(ParamError, match="hypothesisTemplate takes a sentence with"):
            stage.setHypothesisTemplate(template)
    assert stage.setHypothesisTemplate("{{}} {}").getHypothesisTemplate() == "{{}} {}"
    made = stage_of(nli)
    assert (made.getClasses(), made.score_labels()) == (NLI, LABELS)
    assert (made.getEntailmentIdParam(), made.getContradictionIdParam(), made.getActivation()) == (2, 0, "softmax")
    with pytest.raises(ParamError, match="candidateLabels is not set"):
        light(DistilBertForZeroShotClassification.loadSavedModel(nli).setInputCols("document", "token")).annotate("a")
    with pytest.raises(ParamError, match="Candidate label as 'This example is good good"):
        light(stage_of(nli, candidateLabels=["good " * 20], maxSentenceLength=16)).annotate("a")
    with pytest.raises(ParamError, match="reads one text a row"):
        made.setPairCol("other")
    with pytest.raises(ParamTypeError, match="inputCols takes 2"):
        made.setInputCols("document", "other", "token")


def test_a_model_may_be_published_with_its_labels(nli, tmp_path):
    folder = tmp_path / "nli"
    folder.mkdir()
    for file in nli.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    published = {"candidateLabels": ["a", "b"], "hypothesisTemplate": "{}!", "entailmentIdParam": 0}
    (folder / "sparkcls.json").write_text(json.dumps({"params": published}))
    stage = DistilBertForZeroShotClassification.loadSavedModel(folder)
    assert (stage.getCandidateLabels(), stage.getHypothesisTemplate(), stage.getEntailmentIdParam()) == (
        ["a", "b"],
        "{}!",
        0,
    )


# --- Spark NLP ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A model folder, and what Spark NLP 5.5.3 made of it."""
    folder = tmp_path_factory.mktemp("recorded") / "model"
    with zipfile.ZipFile(GOLDEN / "bert.zip") as archive:
        archive.extractall(folder)
    return folder, json.loads((GOLDEN / "bert.json").read_text(encoding="utf-8"))["cases"]


def test_in_sparknlp_mode_other_families_are_refused(nli):
    with pytest.raises(ParamError, match="is there for the families bert; this model is a distilbert"):
        light(stage_of(nli, tokenization="sparknlp")).annotate("a")


@pytest.mark.filterwarnings("ignore:caseSensitive is True")
def test_in_sparknlp_mode_a_text_that_takes_all_positions_says_so(recorded):
    stage = stage_of(recorded[0], TransformerForZeroShotClassification, tokenization="sparknlp", maxSentenceLength=128)
    found = light(stage).fullAnnotate(["good " * 200, "good"])
    assert "Spark NLP gives the model 129 wordpieces, and it takes 128" in found[0]["class"][0].metadata["error"]
    assert found[1]["class"][0].result in LABELS


@pytest.mark.filterwarnings("ignore:caseSensitive is True")
@pytest.mark.parametrize("case", CASES)
def test_in_sparknlp_mode_scores_are_those_of_spark_nlp(recorded, case):
    folder, cases = recorded
    setters = CASES[case]
    stage = stage_of(
        folder,
        TransformerForZeroShotClassification,
        tokenization="sparknlp",
        candidateLabels=THEIR_LABELS,
        caseSensitive=True,
    )
    stage.setMaxSentenceLength(64)
    for setter, value in setters.items():
        if setter != "sentences":
            getattr(stage, f"set{setter}")(value)
    document = "sentence" if "sentences" in setters else "document"
    stages = [
        DocumentAssembler(inputCol="text", outputCol="document"),
        SentenceDetector(inputCols=["document"], outputCol="sentence"),
        Tokenizer(inputCols=[document], outputCol="token"),
        stage._update(inputCols=[document, "token"]),
    ]
    found = LightPipeline(PipelineModel(stages)).fullAnnotate(THEIR_TEXTS)
    assert stage.getClasses() == MODEL_LABELS
    labels = stage.getCandidateLabels()
    for text, row, expected in zip(THEIR_TEXTS, found, cases[case], strict=True):
        assert [a.result for a in row["class"]] == [result for result, _ in expected], text
        for annotation, (_, metadata) in zip(row["class"], expected, strict=True):
            assert scores(annotation, labels) == pytest.approx([metadata[label] for label in labels], abs=1e-5)
