"""What the classes of Spark NLP and nlu offer, of those that sparkcls has too, into tests/reference/surface.json; and
nlu's names for models of sequence classifiers, into sparkcls/nlu/references.tsv.

    python -m tests.reference.surface FOLDER

FOLDER holds the unpacked wheels of spark-nlp and nlu (``pip download --no-deps``, then unzip). Neither a JAR nor a session
is needed: Spark NLP's classes are imported and looked at, and nlu's source is read. The names alone are kept.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import sys
from pathlib import Path
from typing import Any

from pyspark.ml.param import Param

from sparkcls.migrate.names import COUNTERPARTS, exports

SURFACE = Path(__file__).parent / "surface.json"
REFERENCES = Path(__file__).parent.parent.parent / "sparkcls" / "nlu" / "references.tsv"
#: Classes of nlu, and the file that has each.
_NLU = {"NLUPipeline": "nlu/pipe/pipeline.py"}


def main(folder: Path) -> None:
    """Write the files."""
    sys.path.insert(0, str(folder))
    versions = {name: next(folder.glob(f"{name}-*.dist-info")).stem.split("-")[1] for name in ("spark_nlp", "nlu")}
    classes: dict[str, dict[str, list[str]]] = {}
    for module in (m for m in COUNTERPARTS if m.startswith("sparknlp.")):
        theirs = importlib.import_module(module)
        for name, ours in exports(module).items():
            original = getattr(theirs, name, None)
            if not (inspect.isclass(ours) and inspect.isclass(original)) or any(
                k.endswith(f".{name}") for k in classes
            ):
                continue
            if original.__module__.startswith("sparknlp"):
                classes[f"{module}.{name}"] = _members(original)
    for name, file in _NLU.items():
        classes[f"nlu.{name}"] = {"methods": _methods(folder / file, name), "params": []}
    found = {"versions": versions, "modules": _modules(folder / "sparknlp"), "classes": classes}
    SURFACE.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    lines = [
        f"{reference}\t{model}\n" for reference, model in sorted(_references(folder / "nlu" / "spellbook.py").items())
    ]
    REFERENCES.write_text("".join(lines), encoding="utf-8")


def _modules(package: Path) -> list[str]:
    """Public modules, below the first level those of classes left out."""
    paths = [path.relative_to(package.parent) for path in package.rglob("*.py")]
    names = {".".join(p.with_suffix("").parts).removesuffix(".__init__") for p in paths}
    return sorted(name for name in names if name.count(".") <= 2 and "._" not in name)


def _members(original: type) -> dict[str, list[str]]:
    """Methods that Spark NLP gives a class, and its Params."""
    methods, params = set(), set()
    for base in original.__mro__:
        if not base.__module__.startswith("sparknlp"):
            continue
        for name, value in vars(base).items():
            if isinstance(value, Param):
                params.add(name)
            elif not name.startswith("_"):
                methods.add(name)
    return {"methods": sorted(methods), "params": sorted(params)}


def _methods(file: Path, name: str) -> list[str]:
    """Public methods of a class in a file."""
    nodes: list[Any] = ast.parse(file.read_text(encoding="utf-8")).body
    (found,) = (node for node in nodes if isinstance(node, ast.ClassDef) and node.name == name)
    return sorted({n.name for n in found.body if isinstance(n, ast.FunctionDef) and not n.name.startswith("_")})


def _references(file: Path) -> dict[str, str]:
    """Nlu's references of sequence classifiers, and the model of each."""
    (table,) = (n for n in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(n, ast.ClassDef))
    values = {n.targets[0].id: n.value for n in table.body if isinstance(n, ast.Assign)}  # type: ignore[attr-defined]
    models, classes = (
        ast.literal_eval(values[name]) for name in ("pretrained_models_references", "nlp_ref_to_anno_class")
    )
    return {
        reference: model
        for of_language in models.values()
        for reference, model in of_language.items()
        if classes.get(model, "").endswith("ForSequenceClassification")
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
