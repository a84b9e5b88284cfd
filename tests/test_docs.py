"""The code in README, docs and docstrings works, and links lead somewhere. Python blocks run in order, one namespace a file.

A block that needs what tests have not (a workspace of Databricks) is marked by a comment of HTML above it, ``not run: why``,
and only compiled.
"""

import doctest
import importlib
import re
import zipfile

import pytest
from pyspark.sql import functions as F

import sparkcls
from sparkcls import annotator, base, nlu
from sparkcls.annotator import Normalizer, StopWordsCleaner, Tokenizer
from sparkcls.base import DocumentAssembler, LightPipeline, PipelineModel
from tests.docs.pages import DOCS, PAGES, ROOT, fault, links, navigation
from tests.families import save_tiny_family
from tests.models import save_tiny_model
from tests.pipelines import pipeline_of

#: Of the API reference the docstrings themselves are run.
FILES = [page for page in PAGES if page.parent.name != "api"]
BLOCK = re.compile(r"^(?P<mark><!-- not run: [^\n]+ -->\n)?```python\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE)
#: What an example makes of a text: ``# text  ->  result``.
ANSWER = re.compile(r"^# (?P<text>.+?)  ->  (?P<result>.+)$", re.MULTILINE)
#: Modules with examples that are run.
MODULES = sorted(
    file
    for file in ROOT.glob("sparkcls/**/*.py")
    if re.search(r">>> (?!.*doctest: \+SKIP)", file.read_text(encoding="utf-8"))
)


def blocks(file):
    return list(BLOCK.finditer(file.read_text(encoding="utf-8")))


def without_magics(code):
    return re.sub(r"^[%!].*$", "", code, flags=re.MULTILINE)


RUN = [file for file in FILES if any(not block["mark"] for block in blocks(file))]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_all_blocks_are_python(file):
    assert not re.search(r"^ +```", file.read_text(encoding="utf-8"), flags=re.MULTILINE), (
        "an indented block is not run"
    )
    for block in blocks(file):
        compile(without_magics(block["code"]), file.name, "exec")
        assert not block["mark"] or any(word in block["code"] for word in ("dbutils", "main.web", "airflow"))


def test_there_is_something_to_run():
    assert {"README", "migrating", "stages", "mlflow"} <= {file.stem for file in RUN}
    assert len(MODULES) > 8


@pytest.fixture
def namespace(spark, cache, tmp_path, monkeypatch, bundled):
    """What the examples take for granted."""
    for name in ("distilbert_base_sequence_classifier_imdb_en", "distilbert_sequence_classifier_emotion_en"):
        save_tiny_model(cache / name, ["neg", "pos"])
    with zipfile.ZipFile(ROOT / "tests/data/sparknlp/pipeline_text_stages.zip") as archive:
        archive.extractall(tmp_path / "old_pipeline")
    save_tiny_family(tmp_path / "finbert", "bert", ["positive", "negative", "neutral"])
    save_tiny_family(tmp_path / "nli", "bert", ["contradiction", "neutral", "entailment"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", (tmp_path / "mlruns").as_uri())
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setattr(sparkcls, "start", lambda **_: spark)
    classifier, path = bundled.copy(), (tmp_path / "pipeline").as_uri()
    model = pipeline_of(classifier)
    frame = spark.createDataFrame([("I really liked that movie!",), (None,)], "text string").coalesce(1)
    frame.createOrReplaceTempView("reviews")
    result = PipelineModel([*model.stages, annotator.Stemmer(inputCols=["token"])]).transform(frame)
    tokens = result.withColumn("words", F.filter("token", lambda t: t["result"] != "!"))
    known = {name: getattr(module, name) for module in (base, annotator) for name in module.__all__}
    own = {"spark": spark, "classifier": classifier, "model": model, "frame": frame, "reviews": frame, "tokens": tokens}
    yield (
        known | own | {"sparkcls": sparkcls, "nlu": nlu, "F": F, "texts": ["One. Two."], "result": result, "path": path}
    )
    spark.catalog.dropTempView("reviews")


@pytest.mark.parametrize("file", RUN, ids=lambda file: file.stem)
@pytest.mark.filterwarnings("ignore:Model")  # a stand-in's labels
def test_blocks_run(file, namespace):
    for block in blocks(file):
        if block["mark"]:
            continue
        if "import mlflow" in block["code"]:
            pytest.importorskip("mlflow", reason="the extra mlflow is not installed")
        # Sessions have working directories of their own.
        code = without_magics(block["code"]).replace('"examples/', f'"{ROOT.as_posix()}/examples/')
        exec(compile(code, file.name, "exec"), namespace)
        for answer in ANSWER.finditer(block["code"]):
            (made,) = re.findall(r"^(\w+) =", block["code"], flags=re.MULTILINE)
            assert shown(namespace[made], answer["text"], answer["result"]) == answer["result"]


def shown(stage, text, like):
    """What a stage makes of a text, written like the example does it."""
    before = [
        DocumentAssembler(inputCol="text"),
        Tokenizer(),
        Normalizer(inputCols=["token"]),
        StopWordsCleaner(inputCols=["normal"], outputCol="clean"),
    ]
    found = LightPipeline(PipelineModel([*before, stage])).annotate(text)[stage.getOutputCol()]
    if like.startswith('"'):
        return f'"{found[0]}"'
    return (" | " if "|" in like else " ").join(found)


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.stem)
def test_docstrings(file):
    module = importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    known = {name: getattr(package, name) for package in (base, annotator) for name in package.__all__}
    runner = doctest.DocTestRunner()
    for test in doctest.DocTestFinder().find(module, extraglobs=known | {"sparkcls": sparkcls}):
        runner.run(test)
    assert runner.tries > 0
    assert runner.failures == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    faults = {link: fault(page, link) for link in links(page)}
    assert {link: what for link, what in faults.items() if what} == {}


def test_links_are_found():
    assert "models.md#what-a-models-scores-are" in links(DOCS / "stages.md")
    assert fault(DOCS / "stages.md", "models.md#what-a-models-scores-are") == ""
    assert "no such file" in fault(DOCS / "stages.md", "Models.md")
    assert "no heading" in fault(DOCS / "stages.md", "models.md#nowhere")
    assert "out of docs" in fault(DOCS / "stages.md", "../README.md")


def test_every_page_is_in_the_navigation():
    """Of the site, in mkdocs.yml."""
    assert sorted(navigation()) == sorted(page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md"))
