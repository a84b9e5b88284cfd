"""The names `sparknlp` and `nlu`. Each test has a process of its own: the names stay for the rest of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from sparkcls import settings
from sparkcls.annotator import DistilBertForSequenceClassification
from sparkcls.errors import AliasAttributeError, AliasError, SparkclsError

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def run(*command, path=(), **options):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, path), str(ROOT)])}
    return subprocess.run(
        [sys.executable, *map(str, command)], env=environment, capture_output=True, text=True, check=False, **options
    )


def python(code, path=()):
    """What a piece of code that ends with ``print(json.dumps(...))`` prints."""
    done = run("-c", "import json\n" + textwrap.dedent(code), path=path)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_names_of_all_modules():
    found = python("""
        import sparkcls.compat, sparkcls.compat
        import sparkcls.annotator, sparkcls.base, sparkcls.nlu
        import nlu, sparknlp
        import sparknlp.annotator as sa
        from sparknlp.base import *
        from sparknlp.annotator import *
        from sparknlp.common import *
        from sparknlp.functions import *
        from sparknlp.pretrained import *
        from sparknlp.annotation import Annotation
        from sparknlp.annotator.classifier_dl import DistilBertForSequenceClassification as Deep
        from sparknlp.annotator.classifier_dl.distil_bert_for_sequence_classification import *
        from sparknlp.annotator.classifier_dl.xlm_roberta_for_sequence_classification import *
        from sparknlp.annotator.sentence.sentence_detector import SentenceDetector as Detector
        from sparknlp.base.light_pipeline import LightPipeline as Light
        from sparknlp.pretrained.pretrained_pipeline import PretrainedPipeline as Pretrained
        same = [
            sparknlp.version is sparkcls.version,
            sparknlp.start is sparkcls.start,
            sparknlp.__version__ == sparkcls.__version__,
            sparknlp.DocumentAssembler is sparkcls.base.DocumentAssembler is DocumentAssembler,
            sparknlp.annotators is sparknlp.annotator is sa,
            sparknlp.functions.map_annotations is map_annotations,
            sa.Tokenizer is sparkcls.annotator.Tokenizer is Tokenizer,
            Deep is DistilBertForSequenceClassification,
            XlmRoBertaForSequenceClassification is sparkcls.annotator.XlmRoBertaForSequenceClassification,
            BertForSequenceClassification().getTokenization() == "sparknlp",
            (Detector, Light, Pretrained) == (SentenceDetector, LightPipeline, PretrainedPipeline),
            nlu.load is sparkcls.nlu.load,
            (AnnotatorType.TOKEN, ReadAs.TEXT) == ("token", "TEXT"),
            StringType().simpleString() == "string",
            issubclass(Pipeline, object) and PipelineModel is not Pipeline,
        ]
        print(json.dumps(same))
    """)
    assert all(found), found


def test_classifiers_have_the_old_tokenization():
    found = python("""
        from sparkcls.annotator import DistilBertForSequenceClassification as D
        before = D()
        import sparkcls.compat
        made = [before, D(), D(tokenization="huggingface"), before.copy()]
        print(json.dumps([stage.getTokenization() for stage in made]))
    """)
    assert found == ["huggingface", "sparknlp", "huggingface", "huggingface"]


def test_a_saved_stage_keeps_what_it_had(spark, bundled, tmp_path):
    path = str(tmp_path / "stage")
    bundled.write().overwrite().save(path)
    settings.use_tokenization("sparknlp")
    try:
        assert DistilBertForSequenceClassification.load(path).getTokenization() == "huggingface"
        assert DistilBertForSequenceClassification().getTokenization() == "sparknlp"
    finally:
        settings.use_tokenization(None)


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (
            "from sparknlp.annotator import BertEmbeddings",
            "AliasError",
            "no sparknlp.annotator.BertEmbeddings: there are",
        ),
        ("from sparknlp.annotator import Tokenizer, Foo", "AliasError", "no sparknlp.annotator.Foo: it has"),
        ("from sparknlp.base import RecursivePipeline", "AliasError", "take Pipeline"),
        ("from sparknlp import EmbeddingsFinisher", "AliasError", "no embeddings"),
        ("import sparknlp.training", "AliasError", "read the files"),
        ("from sparknlp.training import CoNLL", "AliasError", "read the files"),
        ("import sparknlp.annotator.embeddings.bert_embeddings", "AliasError", "sparknlp.annotator.embeddings"),
        ("import sparknlp; sparknlp.annotator.NerDLModel", "AliasAttributeError", "job of its own"),
        ("import sparknlp; sparknlp.read()", "AliasAttributeError", "read the files"),
        ("import nlu; nlu.print_components()", "AliasAttributeError", "it has NLUPipeline"),
        ("from nlu import *; nlu.print_components()", "AliasAttributeError", "it has NLUPipeline"),
        ("import sparknlp.util", "AliasError", "take it out"),
        ("from sparknlp.common.properties import HasBatchedAnnotate", "AliasError", "subclass that"),
        ("import sparknlp; sparknlp.__nothing__", "AttributeError", "no attribute '__nothing__'"),
    ],
)
def test_names_that_are_not_here(names_that_are_not_here, code, kind, words):
    found_kind, message = names_that_are_not_here[code]
    assert found_kind == kind
    assert words in message
    assert kind == "AttributeError" or "docs/migrating.md" in message


@pytest.fixture(scope="module")
def names_that_are_not_here(request):
    codes = [mark for item in request.session.items if (mark := getattr(item, "callspec", None))]
    codes = [c.params["code"] for c in codes if "code" in c.params and "words" in c.params]
    return python(f"""
        import sparkcls.compat
        found = {{}}
        for code in {codes!r}:
            if "sparknlp" in code or "nlu" in code:
                try:
                    exec(code)
                    found[code] = ["nothing", ""]
                except Exception as e:
                    found[code] = [type(e).__name__, str(e)]
        import sparknlp
        assert not hasattr(sparknlp, "training")
        print(json.dumps(found))
    """)


def test_errors_are_what_callers_catch():
    assert issubclass(AliasError, ImportError)
    assert issubclass(AliasAttributeError, AttributeError)
    assert issubclass(AliasError, SparkclsError)
    assert issubclass(AliasAttributeError, SparkclsError)


@pytest.mark.parametrize("name", ["sparknlp", "nlu"])
def test_refused_beside_the_real_one(tmp_path, name):
    package = tmp_path / name
    package.mkdir()
    (package / "notebook.txt").touch()
    assert run("-c", "import sparkcls.compat", path=[tmp_path]).returncode == 0, "a folder is no package"
    (package / "__init__.py").touch()
    done = run("-c", "import sparkcls.compat", path=[tmp_path])
    assert "AliasError" in done.stderr
    assert str(package) in done.stderr
    assert "pip uninstall" in done.stderr
    code = f"import sys, types; sys.modules[{name!r}] = types.ModuleType({name!r})\nimport sparkcls.compat"
    assert "there is a real one (imported before)" in run("-c", code).stderr


def test_modules_travel_to_processes_that_do_not_have_them():
    sent = python("""
        import pickle
        import sparkcls.compat
        import sparknlp.annotation
        print(json.dumps(pickle.dumps(sparknlp.annotation).hex()))
    """)
    assert python(f"import pickle\nprint(json.dumps(pickle.loads(bytes.fromhex({sent!r})).__name__))") == (
        "sparknlp.annotation"
    )


def test_scripts_run_unedited(tmp_path):
    (tmp_path / "helper.py").write_text("from sparknlp.base import DocumentAssembler as D\n")
    (tmp_path / "script.py").write_text(
        "import sys, helper, sparknlp\n"
        "assert __name__ == '__main__' and helper.D is sparknlp.DocumentAssembler\n"
        "print(sys.argv[1:], __file__)\n"
        "sys.exit(7)\n"
    )
    done = run("-m", "sparkcls.compat", tmp_path / "script.py", "--flag", "x")
    assert done.returncode == 7, done.stderr
    assert done.stdout == f"['--flag', 'x'] {tmp_path / 'script.py'}\n"


def test_running_what_is_no_script(tmp_path):
    assert run("-m", "sparkcls.compat").returncode == 2
    done = run("-m", "sparkcls.compat", tmp_path / "none.py")
    assert done.returncode == 2
    assert "no such file" in done.stderr


def test_without_pyspark_the_error_names_the_extra():
    code = "import sys; sys.modules['pyspark'] = None\nimport sparkcls.compat\nimport sparknlp"
    assert 'pip install "sparkcls[spark]"' in run("-c", code).stderr
