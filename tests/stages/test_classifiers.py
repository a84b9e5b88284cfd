"""The stage classes of all families: which models each takes, and that they answer, are saved and served alike."""

import json
import re
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from pyspark.ml import PipelineModel
from transformers import pipeline

import sparkcls
from sparkcls import annotator, nlu, sql
from sparkcls.annotator import BertForSequenceClassification, TransformerForSequenceClassification
from sparkcls.base import LightPipeline
from sparkcls.catalogue.resolve import resolve
from sparkcls.cli import main
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError, ParamTypeError
from sparkcls.families.others import OTHERS
from sparkcls.families.registry import FAMILIES
from sparkcls.formats.archive import extract
from sparkcls.pipelines.saved import write_pipeline
from sparkcls.pretrained import PretrainedPipeline, importPipeline
from sparkcls.serving import Served
from sparkcls.stages.classifiers import CLASSIFIERS, classifier_of_folder
from sparkcls.stages.sequence_classifier import SequenceClassifier
from tests.families import save_tiny_family, tiny_tokenizer
from tests.foreign import DATA
from tests.pipelines import classes, pipeline_of, results, texts_frame

LABELS = ["red", "green", "blue"]
TEXTS = ["the movie was good", "Awful plot, really!", "shares rose in New York"]
#: By ``model_type``.
KINDS = sorted(FAMILIES)
#: Those that most people have.
USUAL = ["bert", "roberta"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A tiny model of each family, by ``model_type``."""
    base = tmp_path_factory.mktemp("families")
    return {kind: save_tiny_family(base / kind, kind, LABELS, seed=3) for kind in KINDS}


@pytest.fixture(autouse=True)
def no_network(tmp_path, monkeypatch):
    """A mirror with an empty index, so that nothing asks the network."""
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "metadata.json").write_text("")
    monkeypatch.setenv("SPARKCLS_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def placed(stage, **params):
    """A stage with the usual columns."""
    return stage._update(inputCols=["token", "document"], outputCol="class", precision="float32", **params)


def annotations(stage, texts):
    return [row["class"] for row in LightPipeline(pipeline_of(stage)).fullAnnotate(texts)]


# --- what they answer, and which they take --------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_transformers(folders, kind):
    reference = pipeline("text-classification", model=str(folders[kind]), device="cpu")
    for stage in (CLASSIFIERS[FAMILIES[kind].stage], TransformerForSequenceClassification):
        made = placed(stage.loadSavedModel(folders[kind]))
        assert made.getClasses() == LABELS
        for text, (found,) in zip(TEXTS, annotations(made, TEXTS), strict=True):
            expected = {e["label"]: e["score"] for e in reference(text, top_k=None)}
            assert {label: float(found.metadata[label]) for label in LABELS} == pytest.approx(expected, abs=1e-5)
            assert found.result == max(expected, key=expected.get)


@pytest.mark.parametrize("kind", KINDS)
def test_the_wrong_class_names_the_right_one(folders, kind):
    right = FAMILIES[kind].stage
    for name, stage in CLASSIFIERS.items():
        if name in (right, "TransformerForSequenceClassification"):
            continue
        with pytest.raises(ModelFormatError, match=f"of the type '{kind}', which is none of {name}; use {right}"):
            stage.loadSavedModel(folders[kind])


def test_what_spark_nlp_saved_of_another_class(tmp_path):
    extract(DATA / "onnx_2_cased.zip", tmp_path / "saved")
    with pytest.raises(
        ModelFormatError, match="holds a DistilBertForSequenceClassification of Spark NLP; read it with D"
    ):
        BertForSequenceClassification.load(tmp_path / "saved")
    with pytest.raises(ModelFormatError, match="of the type 'distilbert', which is none of Bert"):
        BertForSequenceClassification.loadSavedModel(tmp_path / "saved")
    assert type(TransformerForSequenceClassification.load(tmp_path / "saved")) is TransformerForSequenceClassification


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("albert", "AlbertForSequenceClassification"),
        ("bert", "BertForSequenceClassification"),
        ("camembert", "CamemBertForSequenceClassification"),
        ("deberta", "DeBertaForSequenceClassification"),
        ("mpnet", "MPNetForSequenceClassification"),
        ("roberta", "RoBertaForSequenceClassification"),
        ("xlm_roberta", "XlmRoBertaForSequenceClassification"),
    ],
)
@pytest.mark.filterwarnings("ignore:setCaseSensitive")
def test_what_spark_nlp_saved_of_each_family(tmp_path, cache, file, name):
    """A stage by `load` of its class, and in a pipeline."""
    extract(DATA / "families" / f"{file}.zip", tmp_path / "stage")
    with pytest.raises(ModelFormatError, match=f"holds a {name} of Spark NLP; read it with {name}.load"):
        annotator.DistilBertForSequenceClassification.load(tmp_path / "stage")
    stage = CLASSIFIERS[name].load(tmp_path / "stage")
    assert type(stage) is CLASSIFIERS[name]
    extract(DATA / "pipeline_onnx_2_cased.zip", tmp_path / "p")
    (old,) = (f for f in (tmp_path / "p" / "stages").iterdir() if "CLASSIFICATION" in f.name.upper())
    shutil.rmtree(old)
    shutil.move(tmp_path / "stage", old)
    model = importPipeline(tmp_path / "p")
    assert [type(s) for s in model.stages if isinstance(s, SequenceClassifier)] == [CLASSIFIERS[name]]
    columns = LightPipeline(model).annotate("a good movie")
    assert columns[model.stages[-1].getOutputCol()][0] in stage.getClasses()


def test_a_stage_of_the_right_class_where_only_the_model_is_known(folders, cache):
    for kind in KINDS:
        shutil.copytree(folders[kind], cache / f"my_{kind}_en")
        assert type(classifier_of_folder(folders[kind])) is CLASSIFIERS[FAMILIES[kind].stage]
        assert type(nlu.load(f"en.classify.my_{kind}").classifier) is CLASSIFIERS[FAMILIES[kind].stage]
    assert type(PretrainedPipeline("my_bert").model.stages[2]) is BertForSequenceClassification
    assert type(nlu.load(path=str(folders["bert"])).classifier) is BertForSequenceClassification


def test_names_languages_and_defaults_of_spark_nlp():
    """Of spark-nlp 5.5.3: the first argument's default of each class's `pretrained`, and what differs between them."""
    assert {name: (stage.DEFAULT_MODEL, stage.DEFAULT_LANGUAGE) for name, stage in CLASSIFIERS.items()} == {
        "AlbertForSequenceClassification": ("albert_base_sequence_classifier_imdb", "en"),
        "BertForSequenceClassification": ("bert_base_sequence_classifier_imdb", "en"),
        "CamemBertForSequenceClassification": ("camembert_base_sequence_classifier_allocine", "fr"),
        "DeBertaForSequenceClassification": ("deberta_base_sequence_classifier_imdb", "en"),
        "DistilBertForSequenceClassification": ("distilbert_base_sequence_classifier_imdb", "en"),
        "LongformerForSequenceClassification": ("longformer_base_sequence_classifier_imdb", "en"),
        "MPNetForSequenceClassification": ("mpnet_sequence_classifier_ukr_message", "en"),
        "RoBertaForSequenceClassification": ("roberta_base_sequence_classifier_imdb", "en"),
        "TransformerForSequenceClassification": ("", "en"),
        "XlmRoBertaForSequenceClassification": ("xlm_roberta_base_sequence_classifier_imdb", "en"),
        "XlnetForSequenceClassification": ("xlnet_base_sequence_classifier_imdb", "en"),
    }
    assert [name for name, stage in CLASSIFIERS.items() if not stage().getCaseSensitive()] == [
        "AlbertForSequenceClassification"
    ]
    assert {name: stage().getMaxSentenceLength() for name, stage in CLASSIFIERS.items()} == dict.fromkeys(
        CLASSIFIERS, 128
    ) | {"LongformerForSequenceClassification": 4096}
    for name, stage in CLASSIFIERS.items():
        assert getattr(annotator, name) is stage
        made = stage()
        assert made.setEngine("onnx").setConfigProtoBytes([1]) is made
        assert (made.getEngine(), made.getConfigProtoBytes()) == ("pytorch", None)


def test_every_family_has_a_stage_class():
    assert {family.stage for family in FAMILIES.values()} <= set(CLASSIFIERS)


def test_the_page_of_families_has_them_all():
    page = (Path(__file__).parents[2] / "docs" / "families.md").read_text(encoding="utf-8")
    rows = [re.findall(r"`([^`]+)`", line) for line in page.splitlines() if line.startswith("| ")]
    told = {row[0]: row[1:3] for row in rows if row[1:] and row[1] in CLASSIFIERS}
    assert set(re.findall(r"`([a-z0-9_-]+)`", page)) >= {family.model_type for family in OTHERS}
    assert told == {
        kind: [name for name in (family.stage, CLASSIFIERS[family.stage].DEFAULT_MODEL) if name]
        for kind, family in FAMILIES.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_longest_text_is_the_models(folders, kind):
    stage = placed(CLASSIFIERS[FAMILIES[kind].stage].loadSavedModel(folders[kind]))
    longest = stage._folder().positions
    assert stage.setMaxSentenceLength(longest).getMaxSentenceLength() == longest
    if longest < 1_000_000:
        with pytest.raises(ParamError, match=f"has {longest} positions"):
            stage.setMaxSentenceLength(longest + 1)


def test_tokenization_of_spark_nlp_is_refused_before_a_job_where_there_is_none(folders, monkeypatch):
    with pytest.raises(ParamError, match=r"is not there for model 'deberta-v2': Spark NLP gives.*'huggingface'"):
        annotations(placed(classifier_of_folder(folders["deberta-v2"]), tokenization="sparknlp"), TEXTS)
    # As for scripts that run unedited: it is only the default.
    monkeypatch.setattr("sparkcls.stages.classifier_params.default_tokenization", lambda: "sparknlp")
    assert classifier_of_folder(folders["bert"]).getTokenization() == "sparknlp"
    with pytest.warns(UserWarning, match="'deberta-v2' is read as transformers reads it, because Spark NLP gives"):
        assert classifier_of_folder(folders["deberta-v2"]).getTokenization() == "huggingface"


# --- names ----------------------------------------------------------------------------------------


@pytest.fixture
def mirror(folders, cache, tmp_path, capsys):
    """A store with a BERT called `news` and a RoBERTa called `tweets`, as `sparkcls pull --to` makes it."""
    for kind, name in (("bert", "news"), ("roberta", "tweets")):
        shutil.copytree(folders[kind], cache / f"{name}_en")
        assert main(["pull", name, "--to", str(tmp_path / "store")]) == 0
        shutil.rmtree(cache / f"{name}_en")
    capsys.readouterr()
    return tmp_path / "store"


def test_a_name_means_the_model_of_the_class(mirror, monkeypatch):
    index = mirror / "metadata.json"
    lines = [json.loads(line) for line in index.read_text().splitlines()]
    assert [line["annotator"] for line in lines] == [
        "BertForSequenceClassification",
        "RoBertaForSequenceClassification",
    ]
    # Not by the folder beside the index, as a store of the network has none.
    for line in lines:
        (mirror / line["folder"]).rename(mirror / f"of {line['name']}")
    index.write_text("".join(json.dumps(line | {"folder": f"of {line['name']}"}) + "\n" for line in lines))
    wrong = (
        r"has the name for BertForSequenceClassification; call BertForSequenceClassification.pretrained\('news', 'en'\)"
    )
    for name in ("DistilBertForSequenceClassification", "RoBertaForSequenceClassification"):
        with pytest.raises(
            ModelNotFoundError, match=f"(?s){wrong}.*3. Read a folder that you have: {name}.loadSavedModel"
        ):
            CLASSIFIERS[name].pretrained("news", remote_loc=str(mirror))
    assert BertForSequenceClassification.pretrained("news", remote_loc=str(mirror)).getClasses() == LABELS
    # Now in the cache, which knows no classes.
    with pytest.raises(ModelFormatError, match="use BertForSequenceClassification"):
        annotator.RoBertaForSequenceClassification.pretrained("news")
    assert TransformerForSequenceClassification.pretrained("tweets", "en", str(mirror)).getClasses() == LABELS
    with pytest.raises(ModelNotFoundError, match=r"its card is of a DistilBertForSequenceClassification; call Distil"):
        BertForSequenceClassification.pretrained("distilbert_base_sequence_classifier_imdb", remote_loc=str(mirror))
    with pytest.raises(ModelFormatError, match="of the type 'distilbert'"):
        BertForSequenceClassification.pretrained("distilbert_mini_sequence_classifier_sst2")
    with pytest.raises(ParamTypeError, match="non-empty str"):
        TransformerForSequenceClassification.pretrained()


def test_the_command_line_knows_the_families(mirror, cache, monkeypatch, capsys, folders, tmp_path):
    monkeypatch.setenv("SPARKCLS_MIRROR", str(mirror))
    assert main(["models", "--annotator", "robertaforsequenceclassification"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == ["tweets"]
    assert main(["models"]) == 0
    listed = {line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]}
    assert {"news", "tweets", "distilbert_base_sequence_classifier_imdb"} <= listed
    assert main(["pull", "tweets"]) == 0
    assert main(["show", "tweets"]) == 0
    assert "RoBertaForSequenceClassification" in capsys.readouterr().out
    assert main(["convert", str(folders["roberta"]), str(tmp_path / "out")]) == 0
    assert annotator.RoBertaForSequenceClassification.loadSavedModel(tmp_path / "out").getClasses() == LABELS


def test_references_of_nlu():
    assert len(nlu.REFERENCES) > 1000
    for reference, expected in [
        ("en.classify.albert.imdb", (["albert_base_sequence_classifier_imdb"], "en")),
        ("fr.classify.camembert.large", (["camembert_large_sequence_classifier_allocine"], "fr")),
        ("ur.classify.sentiment.imdb", (["mdeberta_v3_base_sequence_classifier_imdb"], "ur")),
        ("classify.ag_news.xlnet", (["xlnet_base_sequence_classifier_ag_news"], "en")),
        ("de.classify.my_model", (["my_model"], "de")),
    ]:
        assert nlu.candidates(reference) == expected
    names, lang = nlu.candidates("it.classify.xlmr_roberta.some.thing")
    assert (names[0], names[-1], lang) == (
        "xlm_roberta_sequence_classifier_some_thing",
        "xlmroberta_classifier_some_thing",
        "it",
    )


# --- saving and serving ---------------------------------------------------------------------------

_READ = """
import json, os, sys
from sparkcls.base import LightPipeline
found = {}
for name in sorted(os.listdir(sys.argv[1])):
    light = LightPipeline.load(os.path.join(sys.argv[1], name))
    found[name] = [type(light.pipeline_model.stages[2]).__name__, light.annotate("the movie was good")["class"]]
print(json.dumps(found))
"""


@pytest.mark.slow
def test_saved_pipelines_load_in_a_fresh_process_without_a_network(folders, tmp_path, monkeypatch):
    expected = {}
    for kind in KINDS:
        stage = placed(CLASSIFIERS[FAMILIES[kind].stage].loadSavedModel(folders[kind]))
        model = pipeline_of(stage)
        write_pipeline(model, tmp_path / "saved" / kind)
        expected[kind] = [FAMILIES[kind].stage, LightPipeline(model).annotate("the movie was good")["class"]]
    # An empty cache, a mirror that is not there, and a proxy that nobody answers at.
    monkeypatch.setenv("SPARKCLS_CACHE", str(tmp_path / "empty"))
    monkeypatch.setenv("SPARKCLS_MIRROR", str(tmp_path / "absent"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    run = subprocess.run(
        [sys.executable, "-c", _READ, str(tmp_path / "saved")], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == expected


@pytest.mark.parametrize("kind", USUAL)
def test_what_rows_get_on_classic_spark_and_on_connect(spark, kind, tmp_path):
    """The table of docs/rows.md, saved and loaded by Spark, with figures, in SQL and in a LightPipeline."""
    tokenizer = tiny_tokenizer(kind)
    texts = ["the movie was good", None, "", " \t\n", "bad plot " * 40, "the hero won", "poison"]
    # A piece that stands in the last text only, and not in the one by which a model is checked.
    known = {i for text in [*texts[:-1], "ok"] if text for i in tokenizer(text)["input_ids"]}
    bad = next(i for i in tokenizer(texts[-1])["input_ids"] if i not in known)

    def poison(model):
        with torch.no_grad():
            model.get_input_embeddings().weight[bad] = float("nan")

    folder = save_tiny_family(tmp_path / "m", kind, LABELS, change=poison)
    stage = placed(CLASSIFIERS[FAMILIES[kind].stage].loadSavedModel(folder), maxSentenceLength=16, metrics=True)
    pipeline_of(stage).save(str(tmp_path / "p"))
    model = PipelineModel.load(str(tmp_path / "p"))
    frame = texts_frame(spark, texts)
    rows = classes(model, frame)
    assert [len(row) for row in rows] == [1, 0, 0, 0, 1, 1, 1]
    assert all(row[0]["result"] in LABELS for row in (rows[0], rows[4], rows[5]))
    assert int(rows[4][0]["metadata"]["truncated"]) > 0
    assert "truncated" not in rows[0][0]["metadata"]
    assert sum(float(rows[0][0]["metadata"][label]) for label in LABELS) == pytest.approx(1, abs=1e-5)
    assert (rows[6][0]["result"], rows[6][0]["metadata"]["error"][:15]) == ("", "ArithmeticError")
    figures = sparkcls.metrics(model)
    assert (figures["rows"], figures["failed"], figures["truncated"], figures["empty"]) == (7, 1, 1, 3)
    light = LightPipeline(model).fullAnnotate(texts)
    assert [[a.result for a in row["class"]] for row in light] == results(rows)
    function = sql.register(spark, f"classify_{kind}", model)
    answers = frame.select("id", function("text").alias("x")).select("id", "x.label", "x.error").orderBy("id").collect()
    assert [a["label"] for a in answers] == [r[0] if r and r[0] else None for r in results(rows)]
    model.stages[2].setMetrics(False).setMultilabel(True).setThreshold(0.0)
    assert results(classes(model, texts_frame(spark, texts[:1]))) == [LABELS]
    with pytest.raises(Exception, match="It begins with 'poison'"):
        classes(PipelineModel([*model.stages[:2], model.stages[2].copy()._update(onError="raise")]), frame)


@pytest.mark.parametrize("kind", USUAL)
def test_as_mlflow_serves_it(folders, kind):
    model = pipeline_of(placed(classifier_of_folder(folders[kind])))
    found = Served(model).predict([*TEXTS, None, ""])
    expected = [row[0].result for row in annotations(model.stages[2], TEXTS)]
    assert found["label"].tolist() == [*expected, None, None]
    assert sorted(found["scores"][0]) == sorted(LABELS)


@pytest.mark.parametrize("kind", USUAL)
@pytest.mark.parametrize("problem", ["regression", "multi_label_classification", None])
def test_one_output_and_other_problems(tmp_path, kind, problem):
    """As in `transformers`' pipeline, which gives the raw score for a regression alone."""
    for labels in (["score"], LABELS):
        folder = save_tiny_family(tmp_path / f"m{len(labels)}", kind, labels, problem_type=problem)
        reference = partial(pipeline("text-classification", model=str(folder), device="cpu"), top_k=None)
        stage = placed(CLASSIFIERS[FAMILIES[kind].stage].loadSavedModel(folder), threshold=0.0)
        for text, found in zip(TEXTS, annotations(stage, TEXTS), strict=True):
            expected = {e["label"]: e["score"] for e in reference(text)}
            assert {label: float(found[0].metadata[label]) for label in labels} == pytest.approx(expected, abs=1e-5)


def test_resolve_takes_any_class_by_default():
    assert resolve("distilbert_mini_sequence_classifier_sst2").name == "distilbert_mini_sequence_classifier_sst2"
