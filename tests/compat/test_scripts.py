"""Fifty scripts of Spark NLP, unedited, through the alias module, over stand-in models under the cards' names."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sparkcls.catalogue.cards import CARDS
from tests.foreign import DATA
from tests.models import save_tiny_model, vocabulary
from tests.server import add_entry

pytestmark = pytest.mark.slow

SCRIPTS = sorted((Path(__file__).parents[1] / "scripts").glob("*.py"))
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def store(tmp_path_factory):
    """A mirror folder with a model folder for each card, and an index that lists them."""
    root = tmp_path_factory.mktemp("mirror")
    for i, (name, card) in enumerate(sorted(CARDS.items())):
        save_tiny_model(root / f"{name}_en", sorted(card.labels), seed=i)
        add_entry(root, name=name)
    return root


def write_export(folder: Path) -> None:
    """An exporter's folder: the ONNX file of a model that Spark NLP saved, with its vocabulary and labels."""
    (folder / "assets").mkdir(parents=True)
    (folder / "assets" / "vocab.txt").write_text("\n".join(vocabulary(cased=True)) + "\n", encoding="utf-8")
    (folder / "assets" / "labels.txt").write_text("negative\npositive\n")
    name = "distilbert_classification_onnx"
    with zipfile.ZipFile(DATA / "onnx_2_cased.zip") as saved, zipfile.ZipFile(io.BytesIO(saved.read(name))) as inner:
        (folder / "model.onnx").write_bytes(inner.read(inner.namelist()[0]))


@pytest.fixture(scope="session")
def results(request, store, tmp_path_factory):
    """Outcomes by script, of those that are asked for; they share a process and a Spark session."""
    work = tmp_path_factory.mktemp("scripts")
    write_export(work / "export")
    asked = {item.callspec.params["script"] for item in request.session.items if "results" in item.fixturenames}
    scripts = [str(script) for script in SCRIPTS if script in asked]
    environment = {**os.environ, "SPARKCLS_MIRROR": str(store), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.compat.run_scripts", str(work), *scripts]
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True, timeout=580, check=False)
    lines = (work / "results.jsonl").read_text().splitlines() if (work / "results.jsonl").exists() else []
    assert lines, done.stderr[-5000:]
    return {outcome["script"]: outcome for outcome in map(json.loads, lines)}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script_runs(results, script):
    assert script.stem in results, f"never came to it; the last was {list(results)[-1]}"
    outcome = results[script.stem]
    print(outcome["seconds"], "s")
    assert outcome["failure"] is None, f"{outcome['output']}\n{outcome['failure']}"
    assert outcome["output"].strip()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script_knows_nothing_of_sparkcls(script):
    text = script.read_text()
    assert "sparkcls" not in text
    tops = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [getattr(node, "module", None)])
        if isinstance(node, (ast.Import, ast.ImportFrom)) and name
    }
    assert tops & {"sparknlp", "nlu"}
    assert "assert " in text
