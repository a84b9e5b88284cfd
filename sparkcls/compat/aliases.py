"""Modules called `sparknlp` and `nlu` that hold the names of sparkcls."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from sparkcls.engine.contract import SPARKNLP
from sparkcls.errors import AliasAttributeError, AliasError
from sparkcls.migrate.names import ANNOTATORS, COUNTERPARTS, ITSELF, exports, known_module, leaks, missing
from sparkcls.settings import use_tokenization

#: Top modules that are stood in for, and the distributions that the real ones come with.
_ROOTS = {"sparknlp": "spark-nlp", "nlu": "nlu"}


class Alias(ModuleType):
    """A module of another package's name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        full_name = f"{self.__name__}.{name}"
        if full_name == f"sparknlp.{ANNOTATORS}":
            return importlib.import_module("sparknlp.annotator")
        if full_name in COUNTERPARTS:
            return importlib.import_module(full_name)
        raise AliasAttributeError(missing(full_name))

    def __reduce__(self) -> tuple[Callable[[str], ModuleType], tuple[str]]:
        # A Python worker that gets a function in which this module is used has no such module yet.
        return by_name, (self.__name__,)


class AliasFinder(MetaPathFinder, Loader):
    """Finds the modules when they are imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in _ROOTS:
            return None
        if known_module(fullname) is None:
            # `from sparknlp.annotator import X` comes here too if the module has no X.
            raise AliasError(missing(fullname), name=fullname)
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> Alias:
        return Alias(spec.name, f"What sparkcls has of {spec.name}.")

    def exec_module(self, module: ModuleType) -> None:
        known = known_module(module.__name__) or ""
        names = leaks(known) | exports(known) | ({ITSELF: module} if known == ITSELF else {})
        vars(module).update(names)
        vars(module)["__all__"] = list(names)


def by_name(name: str) -> ModuleType:
    """The module of a name; called where a function that uses one is unpickled."""
    return importlib.import_module(name)


def install() -> None:
    """Stand in for `sparknlp` and `nlu` from now on, in this process; a second call does nothing.

    Raises
    ------
    AliasError
        The real one is installed, or was imported before.
    """
    if any(isinstance(finder, AliasFinder) for finder in sys.meta_path):
        return
    for root, distribution in _ROOTS.items():
        where = _real(root)
        if where is not None:
            raise AliasError(
                f"sparkcls.compat stands in for {root}, but there is a real one ({where}). Uninstall it "
                f"(pip uninstall {distribution}), or do without sparkcls.compat: import sparkcls under its own name",
                name=root,
            )
    sys.meta_path.insert(0, AliasFinder())
    use_tokenization(SPARKNLP)


def _real(root: str) -> str | None:
    """Where a module of this name is, None if there is none."""
    if root in sys.modules:
        return getattr(sys.modules[root], "__file__", None) or "imported before"
    spec = importlib.util.find_spec(root)
    # A folder without __init__.py, of notebooks for example, has no origin, and is no package.
    return spec.origin if spec else None
