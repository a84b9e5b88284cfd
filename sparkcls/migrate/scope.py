"""What the names in a document stand for, as far as they come from Spark NLP or nlu."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sparkcls.migrate.names import ITSELF, exports, known_module, translated

#: Top modules that are moved.
ROOTS = ("sparknlp", "nlu")
#: Methods that give the stage itself, or one of its class.
_FLUENT = ("set", "add", "pretrained", "load", "copy")


@dataclass(frozen=True)
class Module:
    """A module, by its full name."""

    name: str


@dataclass(frozen=True)
class Instance:
    """An object of a class."""

    of: type


@dataclass(frozen=True)
class Method:
    """A method, bound or not."""

    of: type
    name: str


@dataclass
class Scope:
    """Names of all cells together, as the module sees them.

    Parameters
    ----------
    meanings
        Modules, classes and functions by the name that they are imported as.
    stars
        Modules that are imported with a star.
    bound
        Names that the document itself gives a meaning.
    variables
        What was last assigned to a name, in the order of the text.
    said
        What is said once a document.
    roots
        Top modules that are imported.
    zips
        Whether `arrays_zip` is called.
    """

    meanings: dict[str, Any] = field(default_factory=dict)
    stars: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    variables: dict[str, Any] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)
    roots: set[str] = field(default_factory=set)
    zips: bool = False

    @property
    def moved(self) -> bool:
        """Whether the document is for sparkcls already."""
        return "sparkcls" in self.roots and not self.roots & set(ROOTS)

    @classmethod
    def of(cls, trees: Iterable[ast.Module]) -> Scope:
        """The scope of a document before its first statement runs."""
        scope = cls()
        for tree in trees:
            for node in ast.walk(tree):
                scope._add(node)
        return scope

    def _add(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                self.roots.add(root)
                name = alias.asname or root
                self.bound.add(name)
                if root in (*ROOTS, "sparkcls"):  # what was moved before is held to the same
                    self.meanings[name] = Module(translated(alias.name if alias.asname else root))
        elif isinstance(node, ast.ImportFrom):
            module = translated(node.module or "")
            if not node.level:
                self.roots.add((node.module or "").partition(".")[0])
            for alias in node.names:
                if alias.name != "*":
                    self.bound.add(alias.asname or alias.name)
                if module.partition(".")[0] not in ROOTS or node.level:
                    continue
                if alias.name == "*":
                    self.stars.add(module)
                    self.meanings = exports(known_module(module) or "") | self.meanings
                    if module == ITSELF:
                        self.meanings.setdefault(ITSELF, Module(ITSELF))
                else:
                    self.meanings[alias.asname or alias.name] = member(Module(module), alias.name)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            self.bound.add(node.name)
        elif isinstance(node, ast.arg):
            self.bound.add(node.arg)
        elif isinstance(node, ast.Call) and "arrays_zip" in (getattr(node.func, n, None) for n in ("id", "attr")):
            self.zips = True
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            self.bound.add(node.id)

    def meaning(self, node: ast.AST) -> Any:
        """A `Module`, a class or function of sparkcls, an `Instance`, a `Method`, or None where it is not known."""
        if isinstance(node, ast.Name):
            return self.variables.get(node.id, self.meanings.get(node.id))
        if isinstance(node, ast.Attribute):
            return member(self.meaning(node.value), node.attr)
        if isinstance(node, ast.Call):
            called = self.meaning(node.func)
            if isinstance(called, type):
                return Instance(called)
            if isinstance(called, Method) and called.name.startswith(_FLUENT):
                return Instance(called.of)
            if called is not None and called is exports("nlu")["load"]:
                return Instance(exports("nlu")["NLUPipeline"])
        return None


def member(owner: Any, name: str) -> Any:
    """What a module, class or object has under a name; None where it has nothing, or its kind is not known."""
    if isinstance(owner, Module):
        full_name = f"{owner.name}.{name}"
        known = known_module(owner.name)
        if known and name in exports(known):
            return exports(known)[name]
        if full_name == "sparknlp.nlu":  # where sparkcls has it
            return Module("nlu")
        return Module(full_name) if known_module(full_name) else None
    if isinstance(owner, Instance):
        return Method(owner.of, name)
    return Method(owner, name) if isinstance(owner, type) else None
