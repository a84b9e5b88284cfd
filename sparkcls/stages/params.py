"""Checked Params: converters that fail where a value is set, and the mixins shared by the stages."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pyspark.ml.param import Param, Params

from sparkcls.errors import ParamError, ParamTypeError
from sparkcls.text.javaregex.patterns import JavaRegexError, compile_java

Converter = Callable[[Any], Any]


def whole_number(name: str, low: int, high: int | None = None, advice: str = "") -> Converter:
    """A converter that takes an int from `low` to `high`; bool is refused."""

    def convert(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ParamTypeError(f"{name} takes an int, got {value!r}")
        if value < low or (high is not None and value > high):
            limits = f"at least {low}" if high is None else f"from {low} to {high}"
            raise ParamError(f"{name} must be {limits}, got {value}{advice}")
        return value

    return convert


def fraction(name: str) -> Converter:
    """A converter that takes a number from 0 to 1."""

    def convert(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ParamTypeError(f"{name} takes a number, got {value!r}")
        if not 0.0 <= value <= 1.0:
            raise ParamError(f"{name} must be from 0 to 1, got {value}")
        return float(value)

    return convert


def fractions(name: str) -> Converter:
    """A converter that takes a number from 0 to 1; or several, as a list or as a dict by label."""
    single = fraction(name)

    def convert(value: Any) -> float | list[float] | dict[str, float]:
        if not isinstance(value, (list, tuple, Mapping)):
            return float(single(value))
        if not value:
            raise ParamError(f"{name} must not be empty")
        if not isinstance(value, Mapping):
            return [float(single(item)) for item in value]
        if not all(isinstance(key, str) for key in value):
            raise ParamTypeError(f"{name} takes a dict from label to number, got {value!r}")
        return {key: float(single(item)) for key, item in value.items()}

    return convert


def one_of(name: str, *allowed: str) -> Converter:
    """A converter that takes one of some words, stored in lower case and trimmed."""
    return matching(name, "|".join(map(re.escape, allowed)), ", ".join(allowed))


def matching(name: str, pattern: str, described: str) -> Converter:
    """A converter that takes words of a pattern, stored in lower case and trimmed."""

    def convert(value: Any) -> str:
        if not isinstance(value, str):
            raise ParamTypeError(f"{name} takes a str, got {value!r}")
        word = value.strip().lower()
        if not re.fullmatch(pattern, word):
            raise ParamError(f"{name} must be one of {described}; got {value!r}")
        return word

    return convert


def boolean(name: str) -> Converter:
    """A converter that takes a bool, and nothing that only looks like one."""

    def convert(value: Any) -> bool:
        if not isinstance(value, bool):
            raise ParamTypeError(f"{name} takes True or False, got {value!r}")
        return value

    return convert


def text(name: str, empty: bool = False) -> Converter:
    """A converter that takes a str, the empty one only if `empty`."""

    def convert(value: Any) -> str:
        if not isinstance(value, str):
            raise ParamTypeError(f"{name} takes a str, got {value!r}")
        if not value and not empty:
            raise ParamError(f"{name} must not be empty")
        return value

    return convert


def texts(name: str) -> Converter:
    """A converter that takes a list of non-empty str, or one str."""
    single = text(f"each item of {name}")

    def convert(value: Any) -> list[str]:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, (list, tuple)):
            raise ParamTypeError(f"{name} takes a str or a list of str, got {value!r}")
        return [single(item) for item in items]

    return convert


def java_pattern(name: str) -> Converter:
    """A converter that takes one regular expression in Java's syntax."""
    checked = java_patterns(name)
    return lambda value: checked([value])[0]


def java_patterns(name: str) -> Converter:
    """A converter that takes a list of regular expressions in Java's syntax, or one."""
    several = texts(name)

    def convert(value: Any) -> list[str]:
        patterns: list[str] = several(value)
        for pattern in patterns:
            try:
                compile_java(pattern)
            except JavaRegexError as e:
                raise ParamError(f"{name}: {e}") from e
        return patterns

    return convert


def listed(arguments: tuple[Any, ...]) -> list[Any]:
    """What a setter was given as ``("a", "b")`` or as ``(["a", "b"],)``."""
    single = len(arguments) == 1 and isinstance(arguments[0], (list, tuple))
    return list(arguments[0]) if single else list(arguments)


class CheckedParam(Param[Any]):
    """A Param that is pickled as its name and its class, which has its converter."""

    _owner: type

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner = owner

    def __reduce__(self) -> tuple[Any, ...]:
        return _param_of, (self._owner, self.name, self.parent)


def _param_of(owner: type, name: str, parent: str) -> CheckedParam:
    """The Param of a class, as that of the stage `parent`."""
    found = CheckedParam.__new__(CheckedParam)
    found.__dict__.update(vars(vars(owner)[name]), parent=parent)
    return found


def param(name: str, doc: str, converter: Callable[[str], Converter]) -> CheckedParam:
    """A Param as a class attribute of the same name, its converter knowing its name."""
    return CheckedParam(Params._dummy(), name, doc, converter(name))


class CheckedParams(Params):
    """Params that are set all or not at all, and read without surprises."""

    def _update(self, **values: Any) -> Any:
        """Set Params by keyword; None leaves one alone. All are checked before the first is set."""
        checked = {
            name: self.getParam(name).typeConverter(value) for name, value in values.items() if value is not None
        }
        return self._set(**checked)

    def _get(self, name: str) -> Any:
        """Value of a Param or its default, None if it has neither. Lists and dicts are copies."""
        value = self.getOrDefault(name) if self.isDefined(name) else None
        return value.copy() if isinstance(value, (list, dict)) else value

    def _require(self, name: str) -> Any:
        value = self._get(name)
        if value is None or value == []:
            raise ParamError(f"{self.uid}: {name} is not set; call {setter(name)}(...)")
        return value

    def setParams(self, **params: Any) -> Any:
        """Set Params by keyword, each through its setter; None leaves one alone.

        Raises
        ------
        ParamTypeError
            There is no such setter.
        """
        for name, value in params.items():
            if not hasattr(self, setter(name)):
                raise ParamTypeError(
                    f"{self.uid} has no Param {name!r}; it has {', '.join(p.name for p in self.params)}"
                )
            if value is not None:
                getattr(self, setter(name))(value)
        return self

    def getParamValue(self, paramName: str) -> Callable[[], Any]:
        """A function that gives the value of a Param, None if it has none: Spark NLP's way of making getters."""
        return lambda: self._get(paramName)

    def setParamValue(self, paramName: str) -> Callable[[Any], Any]:
        """A function that sets a Param and gives the stage: Spark NLP's way of making setters."""
        return lambda value: self.setParams(**{paramName: value})

    if not TYPE_CHECKING:  # type checkers would take any attribute

        def __getattr__(self, name: str) -> Any:
            kind = type(self).__name__
            if name.startswith("_"):
                raise AttributeError(f"{kind!r} object has no attribute {name!r}")
            near = difflib.get_close_matches(name, [n for n in dir(type(self)) if n[0] != "_"], n=2, cutoff=0.75)
            raise AttributeError(
                f"{kind!r} object has no attribute {name!r}"
                + (f"; it has {' and '.join(near)}" if near else "")
                + ". What of Spark NLP is not in sparkcls: docs/migrating.md",
                name=name,
                obj=self,
            )


def setter(name: str) -> str:
    """Name of a Param's setter."""
    return f"set{name[0].upper()}{name[1:]}"
