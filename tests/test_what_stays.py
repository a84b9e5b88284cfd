"""docs/what-stays.md: what releases keep of those before, where no other test holds it."""

import re
import subprocess
import sys
from importlib import import_module, util
from pathlib import Path

import pytest

from sparkcls import errors
from sparkcls.cli import main
from sparkcls.models.bundled import bundled_folder, bundled_names
from sparkcls.models.former import SUCCESSORS
from sparkcls.models.ref import has_digest
from sparkcls.rows.answers import ANSWER

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "what-stays.md").read_text(encoding="utf-8")
#: For the daemon's own second start, from a session to its daemon, and from `sparkcls.progress` to tasks; nobody sets them.
INNER = {"SPARKCLS_DAEMON_LEAVES_OUT", "SPARKCLS_STANDBY", "spark.sparkcls.progress"}

#: As saved stages name them.
BUNDLED = {
    "distilbert_mini_sequence_classifier_ag_news": "sha256:ce642d896cee13dff1f8b8db48f07088e5c528559975268d6706de1920328e41",
    "distilbert_mini_sequence_classifier_amazon_reviews": "sha256:b5377817537b48daa2f4c4f4f6cad2d4745e1115471c1fd43f4204ec007f3b04",
    "distilbert_mini_sequence_classifier_emotion": "sha256:d4ff65070f990abab3e1e37c367b2b078e1bf846d5ce44c335910bbad6c2e412",
    "distilbert_mini_sequence_classifier_imdb": "sha256:9a1caa5784067d5f5b0696aea125cbe7040632b91541306b72bd6d62f164eb1a",
    "distilbert_mini_sequence_classifier_sst2": "sha256:29d02f7f88593fc3863afbd875202013124e54406fa304fd9ee9c6376c2a89e8",
}


def named(pattern):
    return set(re.findall(pattern, PAGE))


def test_paths_in_confs_and_logged_models():
    assert util.find_spec("sparkcls.daemon") is not None
    assert callable(import_module("sparkcls.daemon").main), "Spark starts it with -m"
    assert '__name__ == "__main__"' in (ROOT / "sparkcls" / "daemon.py").read_text()
    module = import_module("sparkcls.mlflow")
    assert callable(module._load_pyfunc), "mlflow calls it, of the module that a logged model names"


def test_settings_are_those_of_the_page():
    code = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "sparkcls").rglob("*.py"))
    for pattern in (r"SPARKCLS_[A-Z_]+", r"spark\.sparkcls\.[a-z]+"):
        assert set(re.findall(pattern, code)) - INNER == named(pattern)


def test_modules_to_import_from():
    found = named(r"`(?:sparkcls)?(\.[a-z]+)`") - {".known"}
    assert {".base", ".annotator", ".pretrained", ".errors"} <= found
    for name in found:
        assert util.find_spec(f"sparkcls{name}") is not None


@pytest.mark.parametrize(("name", "digest"), BUNDLED.items())
def test_digests_of_bundled_models(name, digest):
    assert has_digest(bundled_folder(name), digest), "saved stages name it: a model that changes needs a successor"


def test_former_bundled_models_have_successors():
    former = (ROOT / "tests/data/saved/0.1.0").rglob("part-*.txt")
    digests = {digest for file in former for digest in re.findall(r"sha256:[0-9a-f]{64}", file.read_text())}
    assert digests
    for digest in digests:
        assert SUCCESSORS[digest] in bundled_names()


def test_fields_of_the_sql_function():
    (line,) = re.findall(r"\| answers of the SQL function \| the fields (.*?) \|", PAGE)
    assert tuple(re.findall(r"`(\w+)`", line)) == ANSWER


@pytest.mark.parametrize(
    ("arguments", "code"), [(["cache"], 0), (["show", "no_such_model"], 1), (["plan"], 2), (["fly"], 2)]
)
def test_exit_codes(capsys, cache, arguments, code):
    assert main(arguments) == code
    capsys.readouterr()


def test_the_command_can_be_interrupted(monkeypatch, capsys):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("sparkcls.plan.command.run", interrupted)
    assert main(["plan"]) == 130


def test_errors_are_builtins_too():
    builtins = {
        "ParamError": ValueError,
        "ParamTypeError": TypeError,
        "ParamFileError": FileNotFoundError,
        "ColumnError": ValueError,
        "ModelNotFoundError": KeyError,
        "ModelFormatError": ValueError,
        "ModelError": RuntimeError,
        "DeviceError": RuntimeError,
        "InputError": ValueError,
        "JavaError": RuntimeError,
        "AliasError": ImportError,
        "AliasAttributeError": AttributeError,
        "MetricsError": RuntimeError,
    }
    for name, builtin in builtins.items():
        assert issubclass(getattr(errors, name), errors.SparkclsError)
        assert issubclass(getattr(errors, name), builtin)


@pytest.mark.parametrize("test", sorted(set(re.findall(r"`(tests/[\w/.]+\.py)`", PAGE))))
def test_what_holds_it_exists(test):
    assert (ROOT / test).is_file()


def test_the_daemon_is_there_for_an_interpreter_that_imports_nothing_else():
    code = "import sys, sparkcls.daemon; print([m for m in ('torch', 'pyspark', 'pandas') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
