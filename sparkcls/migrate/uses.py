"""What code does with the names of Spark NLP and nlu, held against what sparkcls has."""

from __future__ import annotations

import ast
import difflib
import inspect
import re
from typing import Any

from sparkcls.migrate.absent import ADVICE
from sparkcls.migrate.findings import NOTE, UNSUPPORTED, Say
from sparkcls.migrate.names import COUNTERPARTS, GUIDE, exports, is_here, leaks, missing
from sparkcls.migrate.scope import ROOTS, Instance, Method, Module, Scope, member

#: Attributes that reach into the JVM.
_JVM = ("_java_obj", "_call_java", "_java_model")
#: Names of models, and of pipelines, that sparkcls may be able to read.
_CLASSIFIER = re.compile(r"^(?!.*token_class).*(bert|mpnet|xlnet|longformer).*(sequence|classifier)|/")
_PIPELINE = re.compile(rf"{_CLASSIFIER.pattern}|distill?_?bert")
_PART = re.compile(r"document_assembler|tokenizer|classifier\w*")
#: In an expression of SQL: ``cols['0']``.
_NUMBERED = re.compile(r"""\w\[(['"])\d+\1\]""")
_LEVELS = ("", "document", "sentence", "token")

#: What is said of fields by number.
ZIPPED = (
    "since Spark 3.3.1 arrays_zip names its fields after the columns, so there is no field '0', and two columns "
    "x.result and y.result have one name; give each its own: arrays_zip(col('x.result').alias('x'), "
    "col('y.result').alias('y')), and then cols['x']"
)


class Uses(ast.NodeVisitor):
    """Goes through a cell in the order of its text, reports, and remembers in the scope what variables hold."""

    def __init__(self, scope: Scope, say: Say):
        self._scope = scope
        self._tell = say

    def _say(self, line: int, kind: str, text: str) -> None:
        # Who has moved knows what is different.
        if kind != NOTE or not self._scope.moved:
            self._tell(line, kind, text)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        for target in node.targets:
            self.visit(target)
            if isinstance(target, ast.Name):
                self._scope.variables[target.id] = self._scope.meaning(node.value)

    def _visit_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        outside = dict(self._scope.variables)
        self._scope.variables |= {a.arg: None for a in ast.walk(node.args) if isinstance(a, ast.arg)}
        self.generic_visit(node)
        self._scope.variables = outside

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = _visit_function

    def visit_Name(self, node: ast.Name) -> None:
        scope = self._scope
        if not isinstance(node.ctx, ast.Load):
            scope.variables[node.id] = None
            return
        if not scope.stars or node.id in scope.bound or node.id in scope.meanings or not node.id[0].isupper():
            return
        what = ADVICE.get(node.id)
        leaked = next((leaks(m)[node.id] for m in sorted(scope.stars) if node.id in leaks(m)), None)
        if leaked is not None:
            self._say(
                node.lineno,
                UNSUPPORTED,
                f"{node.id}: comes with no star here; add: from {leaked.__module__} import {node.id}",
            )
        elif what:
            self._say(node.lineno, UNSUPPORTED, f"sparkcls has no {node.id}: {what}. See {GUIDE}")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        owner = self._scope.meaning(node.value)
        if isinstance(owner, Module):
            found = member(owner, node.attr)
            if found is None and not is_here(owner.name, node.attr):
                self._say(node.lineno, UNSUPPORTED, missing(f"{owner.name}.{node.attr}"))
            elif isinstance(found, Module) and found.name not in (*COUNTERPARTS, "sparknlp.annotators"):
                self._say(node.lineno, UNSUPPORTED, f"{found.name}: there is no such module; use {owner.name}.<class>")
        elif node.attr in _JVM:
            kind = UNSUPPORTED if isinstance(owner, Instance) else NOTE
            self._say(node.lineno, kind, f"{node.attr}: stages of sparkcls have no JVM object behind them")
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        owner = self._scope.meaning(node.value)
        key = getattr(node.slice, "value", None)
        if owner == Instance(exports("nlu")["NLUPipeline"]) and isinstance(key, str) and not _PART.fullmatch(key):
            self._say(
                node.lineno,
                UNSUPPORTED,
                f"NLUPipeline[{key!r}]: its parts here are document_assembler, tokenizer and classifier",
            )
        elif isinstance(key, str) and key.isdecimal():
            self._numbered(node)
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and _NUMBERED.search(node.value):
            self._numbered(node)

    def _numbered(self, node: ast.expr) -> None:
        """A field of a struct by its number, which `arrays_zip` of nested columns gave to Spark 3.2 and older."""
        if self._scope.zips:
            self._say(node.lineno, UNSUPPORTED, ZIPPED)

    def visit_Call(self, node: ast.Call) -> None:
        called = self._scope.meaning(node.func)
        if isinstance(called, Method):
            self._method(node, called)
        elif called is exports("sparknlp")["start"]:
            self._start(node, called)
        elif called is exports("nlu")["load"]:
            self._nlu(node)
        elif called is exports("sparknlp.pretrained")["PretrainedPipeline"]:
            name = _literal(node, 0, "name")
            from_disk = len(node.args) > 4 or any(keyword.arg == "disk_location" for keyword in node.keywords)
            if name and not from_disk and not _PIPELINE.search(name):
                self._say(
                    node.lineno,
                    UNSUPPORTED,
                    f"PretrainedPipeline({name!r}): it can be loaded only if sparkcls has all of its stages; those of "
                    "sequence classifiers can",
                )
        self._by_name(node)
        self.generic_visit(node)

    def _method(self, node: ast.Call, method: Method) -> None:
        if _is_ours(method.of) and not hasattr(method.of, method.name):
            names = [name for name in dir(method.of) if name[0] != "_"]
            near = difflib.get_close_matches(method.name, names, n=2, cutoff=0.75)
            alike = near or [name for name in names if name.startswith(method.name[:3])]
            what = f"it has {', '.join(alike)}" if alike else f"see {GUIDE}"
            self._say(node.lineno, UNSUPPORTED, f"{method.of.__name__}.{method.name}: not in sparkcls; {what}")
        classifiers = [c for name, c in exports("sparknlp.annotator").items() if "Classification" in name]
        if method.of in classifiers and method.name in ("pretrained", "load", "loadSavedModel"):
            self._once(
                node,
                "scores are those of transformers; setTokenization('sparknlp') on the classifier gives Spark NLP's",
            )
        level = _literal(node, 1, "output_level")
        if method == Method(exports("nlu")["NLUPipeline"], "predict") and level and level not in _LEVELS:
            self._say(node.lineno, UNSUPPORTED, f"output_level={level!r}: there are {', '.join(_LEVELS[1:])}")

    def _start(self, node: ast.Call, start: Any) -> None:
        known = inspect.signature(start).parameters
        for keyword in node.keywords:
            name = keyword.arg
            if name in ("gpu", "apple_silicon") and getattr(keyword.value, "value", True):
                self._say(node.lineno, NOTE, f"start({name}=...): the classifier finds the device; see setDevice")
            elif name == "cache_folder":
                self._say(node.lineno, NOTE, "start(cache_folder=...): ignored; call sparkcls.configure(cache=...)")
            elif name is not None and (name not in known or name == "ignored"):
                self._say(node.lineno, NOTE, f"start({name}=...): ignored")

    def _nlu(self, node: ast.Call) -> None:
        from sparkcls.nlu.references import REFERENCES, candidates

        self._once(
            node, "predict gives one row a text; nlu's rows were sentences: predict(..., output_level='sentence')"
        )
        for reference in (_literal(node, 0, "request") or "").split():
            names, _ = candidates(reference)
            own = self._scope.moved and "." not in reference and "_" in reference  # a model in the user's cache
            if not own and (not names or not _CLASSIFIER.search(names[0])):
                near = difflib.get_close_matches(reference, REFERENCES, n=2) or [
                    "en.classify.distilbert_sequence.emotion"
                ]
                self._say(
                    node.lineno,
                    UNSUPPORTED,
                    f"nlu.load({reference!r}): here are sequence classifiers, such as {', '.join(near)}",
                )

    def _by_name(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        name = _literal(node, 0, "name") or ""
        if called in ("import_module", "__import__", "find_spec") and name.partition(".")[0] in ROOTS:
            self._say(node.lineno, UNSUPPORTED, f"{called}({name!r}): imported by name; write sparkcls there")
        if called == "getField" and name.isdecimal():
            self._numbered(node)
        owner = getattr(getattr(node.func, "value", None), "id", None)
        if called == "load" and owner == "PipelineModel":
            self._once(node, "PipelineModel.load reads what sparkcls saved; PretrainedPipeline.from_disk reads both")

    def _once(self, node: ast.Call, text: str) -> None:
        if text not in self._scope.said:
            self._scope.said.add(text)
            self._say(node.lineno, NOTE, text)


def _is_ours(owner: type) -> bool:
    return owner.__module__.startswith("sparkcls.")


def _literal(node: ast.Call, position: int, keyword: str) -> str | None:
    """A str argument that is written out in a call."""
    given = [k.value for k in node.keywords if k.arg == keyword] or node.args[position : position + 1]
    value = given[0].value if given and isinstance(given[0], ast.Constant) else None
    return value if isinstance(value, str) else None
