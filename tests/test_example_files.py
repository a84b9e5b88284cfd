"""The files in examples/ do what they say, and docs/recipes.md starts them rightly; all in the session of the tests."""

import ast
import importlib.util
import json
import re
import sys
import types
from pathlib import Path

import pandas as pd
import pytest

import sparkcls
from sparkcls.catalogue.cards import CARDS
from sparkcls.catalogue.measured import measured
from sparkcls.catalogue.resolve import resolve
from tests.card_snippets import SNIPPETS
from tests.models import save_tiny_model
from tests.test_docs import blocks, without_magics

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
CARD_FILES = sorted(file for file in (EXAMPLES / "cards").glob("*.py") if file.name != "card.py")
BUNDLED = "distilbert_mini_sequence_classifier_sst2"
TEXTS = [("1", "a wonderful film"), ("2", "dull and lifeless"), ("3", None)]


@pytest.fixture
def here(spark, monkeypatch):
    """Examples start no session of their own."""
    monkeypatch.setattr(sparkcls, "start", lambda *_, **__: spark)
    return spark


@pytest.fixture
def reviews(spark):
    spark.createDataFrame(TEXTS, "id string, body string").coalesce(1).createOrReplaceTempView("example_reviews")
    yield "example_reviews"
    spark.catalog.dropTempView("example_reviews")


def job(file, spark, monkeypatch):
    """The module of a job, which asks pyspark for the session."""
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    builder = types.SimpleNamespace(appName=lambda name: builder, getOrCreate=lambda: spark)
    monkeypatch.setattr(module, "SparkSession", types.SimpleNamespace(builder=builder))
    return module


def with_arguments(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["job", *map(str, arguments)])


def labels(frame):
    return {row["id"]: row["label"] for row in frame.collect()}


EXPECTED = {"1": "POSITIVE", "2": "NEGATIVE", "3": None}


def test_all_are_listed():
    text = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    named = {file for pattern in re.findall(r"`([\w./*]+)`", text) for file in EXAMPLES.glob(pattern)}
    inside = {file for folder in named if folder.is_dir() for file in folder.rglob("*")}
    files = {file for file in EXAMPLES.rglob("*") if file.is_file() and "__pycache__" not in file.parts}
    assert files - named - inside == {EXAMPLES / "README.md", EXAMPLES / "benchmarks" / "README.md"}


def test_the_code_of_each_card_is_unchanged():
    texts = [file.read_text(encoding="utf-8") for file in CARD_FILES]
    assert len(CARD_FILES) == len(CARDS)
    for name, code in SNIPPETS.items():
        assert sum(f"card of {name}." in text and f"--- the card's code\n{code}# ---" in text for text in texts) == 1


@pytest.fixture
def cards(monkeypatch):
    """The folder of the cards' scripts, which import `card` from beside them."""
    folder = EXAMPLES / "cards"
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(sys.modules, "card", raising=False)
    yield folder
    sys.modules.pop("card", None)


@pytest.mark.filterwarnings("ignore:setCaseSensitive")
@pytest.mark.parametrize("chosen", ["mini", "card", "name"])
def test_a_card(here, cache, cards, monkeypatch, capsys, figures, chosen):
    name = f"distilbert_base_sequence_classifier_{'amazon_polarity' if chosen == 'mini' else 'imdb'}"
    used = {"mini": "distilbert_mini_sequence_classifier_amazon_reviews", "card": name, "name": BUNDLED}[chosen]
    if chosen == "card":
        save_tiny_model(cache / f"{name}_en", ["neg", "pos"])
    arguments = {"mini": [], "card": ["--model", "card"], "name": ["--model", BUNDLED]}[chosen]
    with_arguments(monkeypatch, *arguments)
    file = cards / f"{name.partition('classifier_')[2]}.py"
    exec(compile(file.read_text(encoding="utf-8"), str(file), "exec"), {})
    shown = capsys.readouterr().out
    assert "I really liked that movie!" in shown
    assert (f"This is NOT {name} but {used}, with the labels " in shown) == (chosen != "card")
    assert ("POSITIVE" in shown.partition("Figures")[0]) == (chosen == "name")
    assert (f"mini: {used}; sentences of a test (7 rows" in shown) == (chosen == "mini")
    assert (f"card: {name}, as its card states them" in shown) == (chosen != "name")


def test_the_figures_of_every_card(cards, monkeypatch, figures):
    monkeypatch.setattr(sparkcls, "start", lambda **_: None)
    with_arguments(monkeypatch)
    card = importlib.import_module("card")
    for name, known in CARDS.items():
        text = "\n".join(card.figures(name, True))
        assert "mini is another, smaller model" in text
        assert f"mini: {known.mini}; sentences of a test (7 rows, at most 12 wordpieces of each)" in text
        assert "\nNEGATIVE  0.750      1.000   0.857     3" in text
        assert (f"card: {name}, as its card states them; its data: {known.source}" in text) == bool(known.benchmark)
        assert (f"The card of {name} states no figures." in text) == (not known.benchmark)
        own = "\n".join(card.figures(name, False))
        assert "mini" not in own
        for row in known.benchmark:
            line = r" +".join(map(re.escape, filter(None, row)))
            assert re.search(rf"(?m)(^|   ){line}$", text)
            assert re.search(rf"(?m)^{line}$", own)
    assert card.beside(["mini", "a  1"], ["card", "b  2", "c  3"]) == [
        "mini      card",
        "a  1      b  2",
        "          c  3",
    ]


def test_a_batch(spark, reviews, tmp_path, monkeypatch):
    module = job(EXAMPLES / "jobs" / "batch.py", spark, monkeypatch)
    with_arguments(monkeypatch, reviews, "--text-col", "body", "--out", tmp_path / "labels.parquet")
    module.main()
    assert labels(spark.read.parquet(str(tmp_path / "labels.parquet"))) == EXPECTED
    with pytest.raises(Exception, match=r"(?i)already exists"):
        module.main()


def test_a_stream(spark, tmp_path, monkeypatch):
    module, incoming = job(EXAMPLES / "jobs" / "stream.py", spark, monkeypatch), tmp_path / "incoming"
    incoming.mkdir()
    with_arguments(monkeypatch, incoming, "--text-col", "body", "--out", tmp_path / "labelled")
    for i, rows in enumerate((TEXTS[:1], TEXTS[1:])):
        lines = [json.dumps({"id": number, "body": text}) for number, text in rows]
        (incoming / f"{i}.json").write_text("\n".join(lines), encoding="utf-8")
        module.main()
    found = spark.read.parquet(str(tmp_path / "labelled"))
    assert labels(found) == EXPECTED
    assert found.count() == 3


def test_the_asset_bundle(spark, reviews, monkeypatch):
    yaml = pytest.importorskip("yaml", reason="no reader of YAML")
    folder = EXAMPLES / "databricks" / "bundle"
    bundle = yaml.safe_load((folder / "databricks.yml").read_text(encoding="utf-8"))
    (task,) = bundle["resources"]["jobs"]["review_labels"]["tasks"]
    wheel = task["python_wheel_task"]
    settings = (folder / "pyproject.toml").read_text(encoding="utf-8")
    assert f'name = "{wheel["package_name"]}"' in settings
    assert f'{wheel["entry_point"]} = "review_labels.job:main"' in settings
    module = job(folder / "src" / "review_labels" / "job.py", spark, monkeypatch)
    tables = {"input": reviews, "out": "example_labels"}
    arguments = [f"--{name}={tables.get(name, value)}" for name, value in wheel["named_parameters"].items()]
    try:
        for _ in range(2):  # the second run finds nothing new
            module.main(arguments)
            found = spark.table("example_labels")
            assert labels(found) == EXPECTED
            assert found.count() == 3
    finally:
        spark.sql("DROP TABLE IF EXISTS example_labels")


def test_the_notebook_of_databricks(spark, reviews):
    text = (EXAMPLES / "databricks" / "notebook.py").read_text(encoding="utf-8")
    first, *cells = text.split("\n# COMMAND ----------\n")
    assert first.startswith("# Databricks notebook source\n")
    given, shown = {"table": reviews, "column": "body", "model": BUNDLED}, []
    widgets = types.SimpleNamespace(text=lambda name, default: None, get=given.__getitem__)
    library = types.SimpleNamespace(restartPython=lambda: None)
    scope = {"spark": spark, "display": lambda frame: shown.append(frame.collect())}
    scope["dbutils"] = types.SimpleNamespace(widgets=widgets, library=library)
    for cell in cells:
        exec(compile(re.sub(r"(?m)^# MAGIC.*$", "", cell), "notebook.py", "exec"), scope)
    assert {row["id"]: row["label"] for row in shown[0]} == EXPECTED
    assert [tuple(row) for row in shown[1]] == [(None, 1), ("NEGATIVE", 1), ("POSITIVE", 1)]
    assert [row["result"] for row in shown[2]] == [["POSITIVE"], ["NEGATIVE"], []]


def test_the_notebook_of_jupyter(here, monkeypatch):
    monkeypatch.chdir(EXAMPLES)
    notebook = json.loads((EXAMPLES / "first_steps.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    scope, shown = {}, []
    for cell in notebook["cells"]:
        assert not cell.get("outputs")
        if cell["cell_type"] != "code":
            continue
        body = ast.parse(without_magics("".join(cell["source"]))).body
        last = body.pop() if isinstance(body[-1], ast.Expr) else None
        exec(compile(ast.Module(body, []), "first_steps.ipynb", "exec"), scope)
        if last:
            value = eval(compile(ast.Expression(last.value), "first_steps.ipynb", "eval"), scope)
            shown.append(value._repr_html_() if hasattr(value, "_repr_html_") else repr(value))
    assert "POSITIVE" in shown[0]
    assert len(shown) > 3


def test_fine_tuning(here, tmp_path, monkeypatch, capsys):
    monkeypatch.syspath_prepend(EXAMPLES)
    import fine_tune

    with_arguments(monkeypatch, "--epochs", 2, "--out", tmp_path / "model")
    fine_tune.main()
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert {*config["label2id"]} == {"billing", "shipping", "technical"}
    shown = capsys.readouterr().out
    assert re.search(r"Loss after 2 epochs: [\d.]+\n", shown)
    assert len(re.findall(r"(?:billing|shipping|technical) *\|0\.\d", shown)) == 3


def test_measuring(here, tmp_path, monkeypatch, capsys):
    spec = importlib.util.spec_from_file_location("measure", EXAMPLES / "training" / "measure.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rows = [("never read", "NEGATIVE"), ("a wonderful film", "POSITIVE"), ("dull and lifeless", "NEGATIVE")]
    pd.DataFrame(rows, columns=["text", "label"]).to_parquet(tmp_path / "rows.parquet")
    (tmp_path / BUNDLED).mkdir()
    asked = ["--first-row", "-2", "--wordpieces", 8, "--data", "two sentences", "--out", tmp_path]
    with_arguments(monkeypatch, BUNDLED, tmp_path / "rows.parquet", *asked)
    module.main()
    file = tmp_path / BUNDLED / "evaluation.json"
    assert f"Written: {file}" in capsys.readouterr().out
    monkeypatch.setattr("sparkcls.catalogue.measured.bundled_folder", lambda name: tmp_path / name)
    found = measured(BUNDLED)
    assert found.where == "two sentences (2 rows, at most 8 wordpieces of each)"
    assert found.digest == resolve(BUNDLED).digest
    assert found.table[1:] == (
        ("NEGATIVE", "1.000", "1.000", "1.000", "1"),
        ("POSITIVE", "1.000", "1.000", "1.000", "1"),
        ("accuracy", "", "", "1.000", "2"),
    )


def recipe(word):
    (block,) = (block["code"] for block in blocks(ROOT / "docs" / "recipes.md") if word in block["code"])
    return block


def test_the_recipe_for_airflow(spark, monkeypatch):
    asked = {}
    sdk = types.SimpleNamespace(dag=lambda **_: lambda function: function)
    operator = types.SimpleNamespace(SparkSubmitOperator=lambda **given: asked.update(given))
    monkeypatch.setitem(sys.modules, "airflow.sdk", sdk)
    monkeypatch.setitem(sys.modules, "airflow.providers.apache.spark.operators.spark_submit", operator)
    exec(recipe("airflow"), {})
    module = job(ROOT / asked["application"], spark, monkeypatch)
    with_arguments(monkeypatch, *asked["application_args"])
    read = []
    monkeypatch.setattr(module, "sparkcls", types.SimpleNamespace(classify=lambda *given: read.append(given[1:])))
    frames = types.SimpleNamespace(read=types.SimpleNamespace(parquet=lambda path: path))
    builder = types.SimpleNamespace(appName=lambda name: builder, getOrCreate=lambda: frames)
    monkeypatch.setattr(module, "SparkSession", types.SimpleNamespace(builder=builder))
    with pytest.raises(AttributeError, match="write"):
        module.main()
    assert read == [("body", None)]


def test_the_recipe_for_dbt(spark, reviews):
    scope = {}
    exec(recipe("def model(dbt"), scope)
    spark.createDataFrame([("1",)], "id string").createOrReplaceTempView("example_done")

    class Dbt:
        this, is_incremental = "example_done", True

        def config(self, **_):
            pass

        def ref(self, name):
            return spark.table(f"example_{name}")

    assert labels(scope["model"](Dbt(), spark)) == {"2": "NEGATIVE", "3": None}
    spark.catalog.dropTempView("example_done")
