"""docs/api: a page for each public module, from its docstrings."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from collections.abc import Iterator
from typing import Any

from sparkcls.stages.classifiers import CLASSIFIERS, ZERO_SHOT
from sparkcls.stages.params import CheckedParams, setter
from tests.docs.docstrings import markdown, summary

#: Public modules, in the order of the navigation.
MODULES = ("sparkcls", "base", "annotator", "functions", "pretrained", "nlu", "sql", "mlflow", "serving")
#: Classes of what functions of `sparkcls` give, which users do not import.
GIVEN = (
    "sparkcls.plain.classifier.TextClassifier",
    "sparkcls.meter.progress.Progress",
    "sparkcls.summary.Summary",
    "sparkcls.summary.About",
    "sparkcls.evaluation.evaluation.Evaluation",
    "sparkcls.evaluation.evaluation.MultilabelEvaluation",
    "sparkcls.evaluation.evaluation.RegressionEvaluation",
    "sparkcls.evaluation.figures.ClassFigures",
    "sparkcls.evaluation.figures.Calibration",
    "sparkcls.evaluation.figures.Interval",
    "sparkcls.evaluation.figures.Mistake",
)
HEAD = "<!-- Written by python -m tests.docs -->\n"
#: Of Python's tuples, and of our own workings.
_USUAL = {"check_columns", "index", "count", "reads_pairs", "score_labels"}


def page(name: str) -> str:
    """The page of a module."""
    module = _module(name)
    parts = [f"{HEAD}# {module.__name__}", markdown(module.__doc__)]
    elsewhere: list[str] = []
    families: list[str] = []
    for public in _public(module):
        value = getattr(module, public)
        home = getattr(value, "__module__", "sparkcls")
        if inspect.ismodule(value) or not str(home).startswith("sparkcls"):
            elsewhere.append(public)
        elif value in (*CLASSIFIERS.values(), *ZERO_SHOT.values()):
            families.append(public)
        elif inspect.isclass(value) and public != value.__name__:
            parts.append(f"## {public}\n\nThe same as `{value.__name__}`.")
        elif (first := _page_of(value)) != name:
            parts.append(f"## {public}\n\nSee [sparkcls.{first}]({first}.md#{public.lower()}).")
        elif inspect.isclass(value):
            parts.append("\n\n".join(_class(public, value)))
        elif callable(value):
            parts.append(_function(public, value))
    if name == "sparkcls":
        for path in GIVEN:
            home, _, public = path.rpartition(".")
            parts.append("\n\n".join(_class(public, getattr(importlib.import_module(home), public), made=False)))
    if families:
        parts.append("\n\n".join(_families(families)))
    if elsewhere:
        parts.append(f"## From elsewhere\n\n{', '.join(f'`{name}`' for name in elsewhere)}")
    text = "\n\n".join(part for part in parts if part) + "\n"
    # A page that a docstring names is a link.
    return re.sub(r"`?docs/([\w-]+)\.md`?", r"[\1](../\1.md)", text)


def _module(name: str) -> Any:
    return importlib.import_module(name if name == "sparkcls" else f"sparkcls.{name}")


def _page_of(value: Any) -> str:
    """The first page that has it: several modules offer some classes."""
    return next(name for name in MODULES if any(getattr(_module(name), n) is value for n in _public(_module(name))))


def _public(module: Any) -> list[str]:
    named = getattr(module, "__all__", None)
    own = [
        n for n, v in vars(module).items() if not n.startswith("_") and getattr(v, "__module__", "") == module.__name__
    ]
    return [n for n in (named or own) if not n.startswith("__") and n not in ("version", "nlu")]


def _function(name: str, value: Any, level: int = 2) -> str:
    return f"{'#' * level} {name}\n\n```python\n{_signature(name, value)}\n```\n\n{markdown(value.__doc__)}"


def _class(name: str, cls: Any, made: bool = True) -> Iterator[str]:
    """A class; `made` if users make its objects."""
    yield f"## {name}"
    if made and not issubclass(cls, CheckedParams) and "__init__" in vars(cls) and not issubclass(cls, BaseException):
        yield f"```python\n{_signature(name, cls)}\n```"
    yield markdown(cls.__doc__) if made else markdown(cls.__doc__).replace("**Parameters**", "**Fields**")
    if issubclass(cls, CheckedParams):
        yield f"Params: [params.md](../params.md#{name.removesuffix('Model').lower()})."
    yield from _members(cls)


def _members(cls: Any) -> Iterator[str]:
    """What a class adds to what all have: methods, properties, fields without a text in the class."""
    lines = []
    if "__call__" in vars(cls):
        lines.append(
            f"- `{' '.join(_signature('', cls.__call__, width=9999).split())}`: {summary(cls.__call__.__doc__)}"
        )
    for name, value in sorted(_own(cls).items()):
        plain = getattr(cls, name)
        if isinstance(value, property):
            lines.append(f"- `{name}`: {summary(value.__doc__)}")
        elif callable(plain):
            lines.append(
                f"- `{' '.join(_signature(name, plain, width=9999).split())}`: {summary(inspect.getdoc(plain))}"
            )
    if lines:
        yield "**Members**\n\n" + "\n".join(lines)


def _own(cls: Any) -> dict[str, Any]:
    """Public members that sparkcls defines, without those that every Param brings."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if base.__module__.startswith("sparkcls"):
            found |= vars(base)
    fields = {f.name for f in dataclasses.fields(cls)} if dataclasses.is_dataclass(cls) else set()
    of_params = set()
    if issubclass(cls, CheckedParams):
        names = [p.name for p in cls().params]
        of_params = {*names, *map(setter, names), *("g" + setter(n)[1:] for n in names)} | _of_all_stages()
    hidden = _USUAL | of_params | fields
    return {n: v for n, v in found.items() if not n.startswith("_") and n not in hidden and _told(cls, n, v)}


def _told(cls: Any, name: str, value: Any) -> bool:
    member = value if isinstance(value, property) else getattr(cls, name)
    return (isinstance(value, property) or inspect.isroutine(member)) and _says_something(member.__doc__)


def _says_something(doc: str | None) -> bool:
    """Whether a member has an effect: some are there for Spark NLP's callers alone."""
    return bool(doc) and not re.match(r"Accepted|Always|What was set; it has no effect", str(doc))


def _of_all_stages() -> set[str]:
    from sparkcls.stages.stage import AnnotatorStage

    return {name for base in AnnotatorStage.__mro__ for name in vars(base)}


def _families(names: list[str]) -> Iterator[str]:
    """The classifiers of families, which differ in nothing that users call."""
    first = CLASSIFIERS[next(name for name in names if name in CLASSIFIERS)]
    yield "## Classifiers of families"
    yield "One class for each [family](../families.md). Their Params: [params.md](../params.md#sequence-classifiers)."
    yield from _members(first)
    yield "**Classes**\n\n" + "\n".join(f"- `{name}`" for name in names)


class _Bare(str):
    """An annotation that is shown without quotes."""

    __repr__ = str.__str__


def _signature(name: str, value: Any, width: int = 110) -> str:
    """How something is called; a parameter a line where it is long."""
    found = inspect.signature(value)
    shown = [_shown(p) for p in found.parameters.values() if p.name not in ("self", "cls")]
    back = found.return_annotation
    end = "" if back is found.empty or inspect.isclass(value) else f" -> {_text(back)}"
    line = f"{name}({', '.join(map(str, _marked(shown)))}){end}"
    if len(line) < width:
        return line
    return "\n".join([f"{name}(", *(f"    {p}," for p in _marked(shown)), f"){end}"])


def _marked(parameters: list[inspect.Parameter]) -> list[str]:
    """The parameters, with a star before those that are given by name alone."""
    found: list[str] = []
    for p in parameters:
        if p.kind is p.KEYWORD_ONLY and not any(f.startswith("*") for f in found):
            found.append("*")
        found.append(str(p))
    return found


def _shown(parameter: inspect.Parameter) -> inspect.Parameter:
    if parameter.annotation is parameter.empty:
        return parameter
    return parameter.replace(annotation=_Bare(_text(parameter.annotation)))


def _text(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
