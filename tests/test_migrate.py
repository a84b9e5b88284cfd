"""Moving scripts and notebooks: what is rewritten, what is reported, and that strange files do no harm."""

from __future__ import annotations

import ast
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from sparkcls.cli import main as cli
from sparkcls.migrate.absent import ADVICE
from sparkcls.migrate.command import main
from sparkcls.migrate.documents import Cell, UnreadableError, read_document
from sparkcls.migrate.examine import examine
from sparkcls.migrate.names import COUNTERPARTS, exports, known_module, missing

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))


@pytest.fixture
def migrate(tmp_path):
    """Text in; text afterwards, and findings as (line, kind, sentence), out."""

    def run(text, name="script.py"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        document = read_document(path)
        found = examine(document)
        return document.edited(), [(f.line, f.kind, f.text) for f in found]

    return run


def notebook(*cells, **metadata):
    raw = [
        {"cell_type": kind, "metadata": {}, "source": source, **({"outputs": []} if kind == "code" else {})}
        for kind, source in cells
    ]
    return json.dumps({"cells": raw, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


# --- rewriting ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import sparknlp", "import sparkcls as sparknlp"),
        ("import sparknlp as nlp", "import sparkcls as nlp"),
        ("import os, sparknlp, sys  # why", "import os, sparkcls as sparknlp, sys  # why"),
        ("import sparknlp.base", "import sparkcls as sparknlp, sparkcls.base"),
        ("import sparknlp.annotator as sa", "import sparkcls.annotator as sa"),
        ("import sparknlp.annotator.token.tokenizer as t", "import sparkcls.annotator as t"),
        ("import nlu", "from sparkcls import nlu"),
        ("import nlu as n", "from sparkcls import nlu as n"),
        ("import nlu, os", "import sparkcls.nlu as nlu, os"),
        ("from nlu import load as l", "from sparkcls.nlu import load as l"),
        ("from nlu import *\nnlu.load(x)", "from sparkcls.nlu import *\nnlu.load(x)"),
        ("from sparknlp.base import *", "from sparkcls.base import *"),
        ("from sparknlp import *", "from sparkcls import *\nfrom sparkcls.base import *"),
        ("from sparknlp import start", "from sparkcls import start"),
        ("from sparknlp import base, annotators", "from sparkcls import base, annotator as annotators"),
        (
            "from sparknlp import DocumentAssembler as D, Finisher",
            "from sparkcls.base import DocumentAssembler as D, Finisher",
        ),
        ("from sparknlp.annotators import Tokenizer", "from sparkcls.annotator import Tokenizer"),
        ("from sparknlp.base.light_pipeline import LightPipeline", "from sparkcls.base import LightPipeline"),
        ("from sparknlp.pretrained import ResourceDownloader", "from sparkcls.pretrained import ResourceDownloader"),
        ("from sparknlp.common import AnnotatorType", "from sparkcls.common import AnnotatorType"),
        ("from sparknlp.base import AnnotatorType", "from sparkcls.base import AnnotatorType"),
        ("from sparknlp.annotator import AnnotatorType", "from sparkcls.base import AnnotatorType"),
        ("from sparknlp.annotation import Annotation", "from sparkcls.annotation import Annotation"),
        ("from sparknlp.functions import map_annotations", "from sparkcls.functions import map_annotations"),
        (
            "from sparknlp.annotator import (\n    Tokenizer,  # comment\n    SentenceDetector,\n)",
            "from sparkcls.annotator import (\n    Tokenizer,  # comment\n    SentenceDetector,\n)",
        ),
        (
            "if True:\n    from sparknlp import start, DocumentAssembler",
            "if True:\n    from sparkcls import start\n    from sparkcls.base import DocumentAssembler",
        ),
        (
            "x = 1; from sparknlp import version, Finisher; y = 2",
            "x = 1; from sparkcls import version; from sparkcls.base import Finisher; y = 2",
        ),
        (
            "import sparknlp\nsparknlp.start()\né = sparknlp.DocumentAssembler()",
            "import sparkcls as sparknlp, sparkcls.base\nsparknlp.start()\né = sparknlp.base.DocumentAssembler()",
        ),
        (
            "import sparknlp as s\ns.annotators.Tokenizer(); s.annotator.Tokenizer()",
            "import sparkcls as s, sparkcls.annotator\ns.annotator.Tokenizer(); s.annotator.Tokenizer()",
        ),
        ("# import sparknlp\r\nimport sparknlp\r\n", "# import sparknlp\r\nimport sparkcls as sparknlp\r\n"),
        ("from .sparknlp import x", "from .sparknlp import x"),
        ("import sparknlphelper, mynlu", "import sparknlphelper, mynlu"),
        ("nlu = 3; print('import sparknlp')", "nlu = 3; print('import sparknlp')"),
    ],
)
def test_rewriting(migrate, before, after):
    assert migrate(before)[0] == after
    assert migrate(after)[0] == after


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_imports_of_rewritten_scripts_work(migrate, script):
    text, findings = migrate(script.read_text())
    assert not [finding for finding in findings if finding[1] != "note"]
    imports = [node for node in ast.walk(ast.parse(text)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    modules = {getattr(node, "module", None) or alias.name for node in imports for alias in node.names}
    assert any(module.startswith("sparkcls") for module in modules)
    assert not {"sparknlp", "nlu"} & {module.split(".")[0] for module in modules}
    exec(compile(ast.Module(imports, []), script.name, "exec"), {})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("%pip install spark-nlp==5.5.3", "%pip install sparkcls"),
        ("!pip install -q pyspark==3.5.1 spark-nlp nlu --quiet", "!pip install -q pyspark==3.5.1 sparkcls --quiet"),
        ('! pip3 install "spark_nlp >=4,<6" && ls', "! pip3 install sparkcls && ls"),
        ("%pip install nlu-helper my/spark-nlp.txt", "%pip install nlu-helper my/spark-nlp.txt"),
        (
            "!wget -q https://setup.johnsnowlabs.com/colab.sh -O - | bash /dev/stdin -p 3.2.1",
            '!pip install "sparkcls[spark]"',
        ),
    ],
)
def test_installations(migrate, before, after):
    text = f"import nlu\n{before}\n"
    assert migrate(text)[0] == f"from sparkcls import nlu\n{after}\n"
    assert json.loads(migrate(notebook(("code", [before])), "n.ipynb")[0])["cells"][0]["source"] == [after]


def test_databricks_export(migrate):
    text = (
        "# Databricks notebook source\n# MAGIC %pip install spark-nlp==4.4.0\n\n# COMMAND ----------\n\n"
        "# MAGIC %scala\n# MAGIC import com.johnsnowlabs.nlp.base._\n\n# COMMAND ----------\n\nimport sparknlp\n"
    )
    after, findings = migrate(text)
    assert after == text.replace("spark-nlp==4.4.0", "sparkcls").replace(
        "import sparknlp", "import sparkcls as sparknlp"
    )
    assert [(line, kind) for line, kind, _ in findings] == [(7, "unsupported")]


# --- reporting ------------------------------------------------------------------------------------

STAR = "from sparknlp.base import *\nfrom sparknlp.annotator import *\n"
MOVED = "import sparkcls\n" + STAR.replace("sparknlp", "sparkcls")


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        ("from sparknlp.annotator import Tokenizer, BertEmbeddings", "unsupported", "no embeddings"),
        ("from sparknlp.annotator.embeddings.bert_embeddings import BertEmbeddings", "unsupported", "no embeddings"),
        ("import sparknlp.training", "unsupported", "no sparknlp.training"),
        ("from sparknlp.training import CoNLL", "unsupported", "read the files with Spark"),
        ("from sparknlp.nothing import x", "unsupported", "nothing of it"),
        ("from johnsnowlabs import nlp", "unsupported", "nothing of it"),
        ("import sparknlp_jsl", "unsupported", "nothing of it"),
        ("import sparknlp\nsparknlp.annotator.NerDLModel.pretrained()", "unsupported", "job of its own"),
        ("import sparknlp\nsparknlp.read()", "unsupported", "read the files"),
        (STAR + "SentenceDetectorDLModel.pretrained()", "unsupported", "take SentenceDetector"),
        (
            "\n\nfrom sparknlp.annotator import *\nAnnotatorType.TOKEN",
            "unsupported",
            "from sparkcls.common import AnnotatorType",
        ),
        ("from sparknlp.functions import *\nStringType()", "unsupported", "from pyspark.sql.types import StringType"),
        (STAR + "Tokenizer().setInputCols('document').setFoo(1)", "unsupported", "Tokenizer.setFoo"),
        (STAR + "t = Tokenizer()\nt.setFoo(1)", "unsupported", "Tokenizer.setFoo"),
        (STAR + "DistilBertForSequenceClassification.load('x').setBatchsize(1)", "unsupported", "it has setBatchSize"),
        (STAR + "LightPipeline(m).fullAnnotateImage('x')", "unsupported", "fullAnnotateImage"),
        ("import nlu\nnlu.load('ner').predict('x')", "unsupported", "nlu.load('ner')"),
        ("import nlu\nnlu.load(request='sentiment')", "unsupported", "here are sequence classifiers"),
        ("import nlu\np = nlu.load(x)\np['bert']", "unsupported", "NLUPipeline['bert']"),
        ("from nlu import *\nnlu.load('ner')", "unsupported", "nlu.load('ner')"),
        ("from nlu import *\nnlu.print_components()", "unsupported", "nlu.print_components"),
        ("import sparknlp.util", "unsupported", "take it out"),
        ("import sparknlp.logging", "unsupported", "take it out"),
        ("import sparknlp.common.properties", "unsupported", "subclass that"),
        (
            STAR + "F.arrays_zip(df.token.result, df.stem.result).alias('c')\nF.expr(\"c['0']\")",
            "unsupported",
            "cols['x']",
        ),
        (STAR + "z = arrays_zip('token.result', 'stem.result')\nz['1']", "unsupported", "since Spark 3.3.1"),
        (STAR + "z = arrays_zip('token.result', 'stem.result')\nz.getField('0')", "unsupported", "alias('x')"),
        ("import nlu\nnlu.load(x).predict(t, output_level='chunk')", "unsupported", "document, sentence, token"),
        ("import nlu\nnlu.load('en.classify.distilbert_sequence.imdb')", "note", "output_level='sentence'"),
        ("import nlu\nnlu.print_components()", "unsupported", "nlu.print_components"),
        (
            "from sparknlp.pretrained import *\nPretrainedPipeline('explain_document_dl', lang='en')",
            "unsupported",
            "all of its stages",
        ),
        ("import sparknlp\nsparknlp.start(gpu=True)", "note", "setDevice"),
        ("import sparknlp\nsparknlp.start(cache_folder='x')", "note", "sparkcls.configure"),
        ("import sparknlp\nsparknlp.start(spark32=True)", "note", "ignored"),
        (STAR + "PipelineModel.load('x')", "note", "PretrainedPipeline.from_disk"),
        (STAR + "DistilBertForSequenceClassification.pretrained()", "note", "setTokenization('sparknlp')"),
        (STAR + "Tokenizer()._java_obj", "unsupported", "no JVM object"),
        ("import sparknlp\nspark._jvm.com.johnsnowlabs.nlp.Foo()", "unsupported", "no JVM classes"),
        ("import sparknlp\nconf = 'com.johnsnowlabs.nlp:spark-nlp_2.12:5.1.0'", "note", "no JAR"),
        ("import sparknlp\nconf = 'spark.jsl.settings.pretrained.cache_folder'", "note", "spark.sparkcls.cache"),
        ("import sparknlp\n%pip install spark-nlp pyspark==3.3.1", "unsupported", "3.5 or newer"),
        ("import importlib\nimportlib.import_module('sparknlp')", "unsupported", "imported by name"),
        ("import sparknlp\nprint 'python 2'", "unreadable", "not Python"),
    ],
)
def test_findings(migrate, code, kind, words):
    findings = [(line, text) for line, k, text in migrate(code)[1] if k == kind and words in text]
    assert [line for line, _ in findings] == [len(code.splitlines())], migrate(code)[1]


@pytest.mark.parametrize(
    "code",
    [
        STAR + "class BertEmbeddings: pass\nBertEmbeddings()",
        STAR + "from pyspark.ml.feature import RegexTokenizer\nRegexTokenizer()",
        STAR + "t = Tokenizer()\nt = other()\nt.setFoo(1)",
        STAR + "Tokenizer().setInputCols('a').setOutputCol('b').fit(x).transform(x)",
        STAR + "PipelineModel([]).stages[0].anything()",
        "from sparknlp.pretrained import PretrainedPipeline\nPretrainedPipeline('x', disk_location='y').model.stages",
        "import nlu\nnlu.load",
        "from mylib import BertEmbeddings\nimport sparknlp\nBertEmbeddings()",
        "# com.johnsnowlabs.nlp.Foo\nimport sparknlp",
        STAR + "t = Tokenizer()\nfor t in stages:\n    t.setFoo(1)",
        STAR + "t = Tokenizer()\nt, u = stages\nt.setFoo(1)",
        STAR + "t = Tokenizer()\ndef f(t, *u): t.setFoo(1)\nlambda t: t.setFoo(1)",
        "from sparknlp.pretrained import PretrainedPipeline\nPretrainedPipeline('x', disk_location=path)",
        "import sparkcls\nimport sparkcls.errors\nsparkcls.configure()\nsparkcls.errors.ParamError\nsparkcls.compat",
        "from sparkcls import configure, errors\nfrom sparkcls.stages.tokenizer import LOSSLESS_KEY",
        "from sparkcls.pretrained import importPipeline, resolve",
        STAR + "c['0']; F.expr(\"c['0']\")",
        STAR + "F.arrays_zip(F.col('token.result').alias('token'))\nF.expr(\"c['token']\")",
        "from sparkcls import nlu\np = nlu.load(path=x)\np['tokenizer']; p[key]; p['classifier']\nlen(p); p.print_info()",
        # What is written for sparkcls is not told what it knows.
        MOVED + "sparkcls.start(gpu=True)\nPipelineModel.load('x')\nsparkcls.metrics(m)",
        MOVED + "DistilBertForSequenceClassification.pretrained('owner/name').setSaveWeights(False)",
        "import sparkcls.nlu\nsparkcls.nlu.load('en.classify.distilbert_sequence.imdb').predict('a')",
        "from sparkcls import nlu\nnlu.load('my_model').predict('a')",
        "from sparkcls.nlu import *\nnlu.load('my_model').predict('a')",
    ],
)
def test_no_false_alarms(migrate, code):
    assert migrate(code)[1] == []


@pytest.mark.parametrize(
    "code",
    [
        "from sparknlp.annotator import Tokenizer, BertEmbeddings",
        "import sparknlp\nsparknlp.annotator.NerDLModel()",
        STAR + "BertEmbeddings()",
        STAR + "Tokenizer().setFoo(1)",
        "import nlu\nnlu.load('ner')['ner']",
        "import sparknlp.training",
    ],
)
def test_what_was_moved_is_still_reported(migrate, code):
    after, before = migrate(code)
    findings = migrate(after)[1]
    unsupported = [(line, kind) for line, kind, _ in before if kind == "unsupported"]
    assert [(line, kind) for line, kind, _ in findings] == unsupported != []


def test_places_in_notebooks(migrate):
    text = notebook(
        ("markdown", "import sparknlp"),
        ("code", ["%%time\n", "import sparknlp\n", "from sparknlp.annotator import *\n", "t = Tokenizer()"]),
        ("code", "!ls\nfiles = !ls \\\n  -l\n%matplotlib inline\nt?\nif True:\n    !pwd\nx = 7\\\n  % 4\nt.setFoo(1)"),
        ("code", ["def broken(:\n"]),
        ("code", ["%%bash\n", "pip install spark-nlp"]),
        ("code", []),
    )
    after, findings = migrate(text, "n.ipynb")
    assert [(line, kind) for line, kind, _ in findings] == [(10, "unsupported"), (1, "unreadable")]
    assert after == text.replace('    "import sparknlp', '    "import sparkcls as sparknlp').replace(
        "from sparknlp.annotator", "from sparkcls.annotator"
    ).replace("pip install spark-nlp", "pip install sparkcls")
    assert '"source": "import sparknlp"' in after, "markdown stays"


@pytest.mark.parametrize("layout", [{"indent": 2}, {"indent": 4}, {"indent": 1, "ensure_ascii": False}, {}])
def test_a_notebook_keeps_its_layout(migrate, layout):
    raw = json.loads(notebook(("code", ["import nlu  # é\n", "x = 'ü'"])))
    text = json.dumps(raw, **layout)
    assert migrate(text, "n.ipynb")[0] == text.replace("import nlu", "from sparkcls import nlu")


def test_encodings(migrate):
    latin = "# -*- coding: latin-1 -*-\n# é\nimport nlu\n".encode("latin-1")
    assert migrate(latin)[0].encode("latin-1") == latin.replace(b"import nlu", b"from sparkcls import nlu")
    assert migrate("\ufeffimport nlu\n")[0] == "from sparkcls import nlu\n"


# --- names ----------------------------------------------------------------------------------------


def test_every_counterpart_is_there_and_nothing_that_is_here_counts_as_absent():
    assert all(exports(module) for module in COUNTERPARTS)
    here = {name for module in COUNTERPARTS for name in exports(module)}
    assert not here & set(ADVICE)
    assert known_module("sparknlp.annotator.classifier_dl.distil_bert_for_sequence_classification")
    assert known_module("sparknlp.annotator.embeddings") is None
    assert "docs/migrating.md" in missing("sparknlp.annotator.BertEmbeddings")


# --- the command ----------------------------------------------------------------------------------


def run(capsys, *arguments):
    code = main([str(a) for a in arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_dry_run_changes_nothing(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("import nlu")
    code, out, err = run(capsys, "a.py")
    assert code == 0
    assert out == (
        "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-import nlu\n\\ No newline at end of file\n"
        "+from sparkcls import nlu\n\\ No newline at end of file\n"
    )
    assert err == "files: 1, to rewrite: 1, unsupported: 0, notes: 0, unreadable: 0\n"
    assert Path("a.py").read_text() == "import nlu"
    assert subprocess.run(["patch", "-p1"], input=out, text=True, capture_output=True, check=False).returncode == 0
    assert Path("a.py").read_text() == "from sparkcls import nlu"


def test_write_keeps_the_first_original(capsys, tmp_path):
    script = tmp_path / "a.py"
    script.write_text("import nlu\nimport sparknlp.training\n")
    assert run(capsys, tmp_path, "--write")[0] == 1
    assert script.read_text() == "from sparkcls import nlu\nimport sparknlp.training\n"
    assert (tmp_path / "a.py.orig").read_text() == "import nlu\nimport sparknlp.training\n"
    code, out, _ = run(capsys, tmp_path, "--write")
    assert (code, out) == (1, "")
    script.write_text("import nlu\n")
    assert run(capsys, tmp_path, "--write")[0] == 0
    assert "training" in (tmp_path / "a.py.orig").read_text()
    (tmp_path / "b.py").write_text("import nlu\n")
    run(capsys, tmp_path, "--write", "--no-backup")
    assert not (tmp_path / "b.py.orig").exists()


def test_folders(capsys, tmp_path):
    for name in (
        "a.py",
        "deep/b.ipynb",
        ".hidden/c.py",
        "venv/d.py",
        "site-packages/e.py",
        "f.txt",
        "deep/unrelated.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(notebook(("code", "import nlu")) if path.suffix == ".ipynb" else "import nlu")
    (tmp_path / "venv" / "pyvenv.cfg").touch()
    (tmp_path / "deep" / "unrelated.py").write_text("print 'python 2'")
    code, out, err = run(capsys, tmp_path)
    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("+++")] == [
        f"+++ b/{str(tmp_path)[1:]}/{name}" for name in ("a.py", "deep/b.ipynb")
    ]
    assert err.startswith("files: 3, to rewrite: 2")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("no.py", None, "cannot be read"),
        ("bytes.py", b"import nlu\xff", "cannot be read"),
        ("zero.py", b"import nlu\0", "not Python"),
        ("code.py", b"# coding: nonsense\nimport nlu", "cannot be read"),
        ("deep.py", b"import nlu\n" + b"(" * 5000, "n"),
        ("long.py", b"import nlu\nx = " + b"1+" * 5000 + b"1", "nested too deeply"),
        ("text.ipynb", b"nlu", "no notebook"),
        ("old.ipynb", b'{"worksheets": [], "nlu": 1}', "format 4"),
        ("list.ipynb", b'["nlu"]', "format 4"),
        ("cell.ipynb", b'{"cells": [3], "x": "nlu"}', "cell 1 has no source"),
        ("nest.ipynb", b'{"nlu":' + b"[" * 100_000, "no notebook"),
        (
            "scala.ipynb",
            b'{"cells": [], "metadata": {"language_info": {"name": "scala"}}, "x": "nlu"}',
            "a notebook in scala",
        ),
    ],
)
def test_unreadable_files(capsys, tmp_path, name, content, words):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    (tmp_path / "good.py").write_text("import nlu")
    code, out, err = run(capsys, tmp_path / name, tmp_path / "good.py")
    assert code == 2
    assert words in err.splitlines()[0]
    assert "from sparkcls import nlu" in out, "the others are looked at all the same"


@pytest.mark.parametrize(
    ("name", "content"), [("a.py", ""), ("a.ipynb", ""), ("b.ipynb", '{"cells": []}'), ("b.py", "#")]
)
def test_files_with_nothing_in_them(capsys, tmp_path, name, content):
    (tmp_path / name).write_text(content)
    assert run(capsys, tmp_path / name)[:2] == (0, "")


def test_wrong_arguments(capsys):
    assert run(capsys)[0] == 2
    assert run(capsys, "--nonsense", "x")[0] == 2
    assert run(capsys, "--help")[0] == 0


def test_the_same_as_a_subcommand(capsys, tmp_path):
    (tmp_path / "a.py").write_text("import sparknlp.training")
    assert cli(["migrate", str(tmp_path)]) == 1
    assert "unsupported" in capsys.readouterr().err


def test_without_pyspark_the_error_names_the_extra(tmp_path):
    (tmp_path / "a.py").write_text("import nlu")
    code = (
        "import sys; sys.modules['pyspark'] = None\n"
        f"from sparkcls.migrate.command import main; sys.exit(main([{str(tmp_path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert 'pip install "sparkcls[spark]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_damaged_files_never_raise(tmp_path):
    """Scripts and notebooks with pieces cut out, doubled and swapped."""
    dice = random.Random(0)
    texts = [script.read_text() for script in SCRIPTS]
    texts += [
        notebook(("code", text.splitlines(keepends=True)), ("code", "!ls\n%%sql\nimport nlu")) for text in texts[:9]
    ]
    for _ in range(400):
        text = dice.choice(texts)
        for _ in range(dice.randint(1, 4)):
            a, b = sorted(dice.choices(range(len(text) + 1), k=2))
            b = min(b, a + 40)
            text = (
                text[:a]
                + dice.choice(["", text[a:b] * 2, "\\", "'", "é😀", "\r", "\x0c", "\u2028", "(", "%", "!"])
                + text[b:]
            )
        path = tmp_path / ("a.ipynb" if text.startswith("{") else "a.py")
        path.write_bytes(text.encode())
        try:
            document = read_document(path)
        except UnreadableError:
            continue
        examine(document)
        document.edited()


def test_offsets_count_like_python():
    cell = Cell("é = 1\r\nx = 'ü'; y\u2028z = 3")
    assert cell.offset(2, len("x = 'ü'; y".encode())) == cell.text.index("y") + 1
    assert [cell.line(cell.text.index(c)) for c in "é1xy"] == [1, 1, 2, 2]
