"""The architecture: which way imports point, and what may not be named."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "sparkcls"

#: Lowest first. A module may import from its own layer and from layers below it.
LAYERS = [
    ["_version", "errors", "events"],
    ["annotation", "mounts", "settings", "standby", "temporary", "text"],
    ["report"],
    ["families"],
    ["models"],
    ["formats"],
    ["catalogue"],
    ["engine"],
    ["classification"],
    ["_classic", "saving", "spark"],
    ["rows"],
    ["stages"],
    ["pipelines"],
    ["light", "meter", "observed", "session"],
    ["plain"],
    ["summary"],
    ["jobs"],
    ["evaluation"],
    [
        *(
            "base",
            "annotator",
            "pretrained",
            "functions",
            "common",
            "nlu",
            "serving",
            "mlflow",
            "sql",
            "cli",
            "doctor",
            "plan",
            "migrate",
            "compat",
            "bench",
        ),
        *("__main__", "daemon", ""),
    ],
]
MODULES = sorted(PACKAGE.rglob("*.py"))


def layer_of(module):
    top = module.removeprefix("sparkcls").removeprefix(".").split(".")[0]
    return next(i for i, names in enumerate(LAYERS) if top in names)


def name_of(path):
    parts = ["sparkcls", *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {name_of(path) for path in MODULES}


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_down(path):
    own = layer_of(name_of(path))
    for imported in imports_of(path):
        if imported.split(".")[0] == "sparkcls":
            assert layer_of(imported) <= own or name_of(path) == "sparkcls", imported


def modules_imported_by(path):
    """Names of the package's own modules that a file imports, anywhere in it; `from package import module` too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in NAMES else node.module for name in names)


def test_no_imports_in_a_circle():
    left = {name_of(path): {*modules_imported_by(path)} & NAMES - {name_of(path)} for path in MODULES}
    # A module all of whose imports are gone is in no circle; take it away, until nothing changes.
    while done := [name for name, imported in left.items() if not imported & left.keys()]:
        for name in done:
            del left[name]
    assert not {name: imported & left.keys() for name, imported in left.items()}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_pyspark_above_and_torch_below_the_line(path):
    spark_line = layer_of("sparkcls.spark")
    tops = {name.split(".")[0] for name in imports_of(path)}
    own = name_of(path)
    if layer_of(own) < spark_line and own != "sparkcls.annotation":
        assert "pyspark" not in tops
    # The benchmark runs rivals too, which are made of these.
    exempt = own in ("sparkcls.session", "sparkcls.daemon") or own.startswith("sparkcls.bench.")
    if layer_of(own) != layer_of("sparkcls.engine") and not exempt:
        assert not tops & {"torch", "transformers", "tokenizers"}


@pytest.mark.parametrize("path", [p for p in MODULES if p.name != "_classic.py"], ids=name_of)
def test_nothing_that_keeps_off_spark_connect_or_runs_downloaded_code(path):
    found = re.findall(
        r"\.rdd\b|\b(?:sparkContext|_jvm|_jdf|trust_remote_code|pickle\.load|weights_only=False)\b", path.read_text()
    )
    assert not found


def test_importing_is_light():
    code = (
        "import sys, sparkcls, sparkcls.base, sparkcls.annotator\n"
        "from pyspark.sql import SparkSession\n"
        "print([m for m in ('torch', 'transformers') if m in sys.modules], SparkSession.getActiveSession())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["[]", "None"]


def test_without_pyspark_the_error_names_the_extra():
    code = "import sys; sys.modules['pyspark'] = None\nimport sparkcls\nimport sparkcls.base"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert 'pip install "sparkcls[spark]"' in done.stderr
    assert done.returncode == 1


def test_the_package_alone_needs_no_pyspark():
    code = "import sys; sys.modules['pyspark'] = None\nimport sparkcls; print(sparkcls.version())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"\d+\.\d+\.\d+", done.stdout.strip())
