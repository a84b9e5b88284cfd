"""Names of Spark NLP and nlu: which module here has them, and what to do about those that none has."""

from __future__ import annotations

import importlib
import importlib.util
import re
from functools import lru_cache
from types import ModuleType
from typing import Any

from sparkcls.migrate.absent import ADVICE

GUIDE = "docs/migrating.md"

#: Modules of Spark NLP and nlu, and the module here that has their names.
COUNTERPARTS = {
    "sparknlp": "sparkcls",
    "sparknlp.annotation": "sparkcls.annotation",
    "sparknlp.annotator": "sparkcls.annotator",
    "sparknlp.base": "sparkcls.base",
    "sparknlp.common": "sparkcls.common",
    "sparknlp.functions": "sparkcls.functions",
    "sparknlp.pretrained": "sparkcls.pretrained",
    "nlu": "sparkcls.nlu",
}
#: Names of `sparknlp` itself that `sparkcls` has too; it also has those of `sparknlp.base`.
TOP = ("start", "version", "__version__")
#: A module that a star takes along itself.
ITSELF = "nlu"
#: `sparknlp` calls its module of annotators by this name too.
ANNOTATORS = "annotators"

#: Packages inside `sparknlp.annotator` whose modules hold stages that are here.
_PACKAGES = ("classifier_dl", "sentence", "token")


@lru_cache
def exports(module: str) -> dict[str, Any]:
    """What is here of a module of Spark NLP or nlu, by name; nothing for one that is not in `COUNTERPARTS`."""
    if module not in COUNTERPARTS:
        return {}
    found = importlib.import_module(COUNTERPARTS[module])
    if module == "sparknlp":
        return exports("sparknlp.base") | {name: getattr(found, name) for name in TOP}
    if not hasattr(found, "__all__"):
        return {name: x for name, x in vars(found).items() if getattr(x, "__module__", None) == found.__name__}
    names = {name: getattr(found, name) for name in found.__all__}
    return {name: x for name, x in names.items() if not isinstance(x, ModuleType)}


@lru_cache
def leaks(module: str) -> dict[str, Any]:
    """What a module of Spark NLP happens to import for itself, and scripts take from it with a star."""
    if module == "sparknlp.functions":
        from pyspark.sql import DataFrame, types
        from pyspark.sql.functions import array, udf

        named = {name: getattr(types, name) for name in types.__all__}
        return named | {"DataFrame": DataFrame, "array": array, "udf": udf} | exports("sparknlp.annotation")
    return exports("sparknlp.common") if module in ("sparknlp.base", "sparknlp.annotator") else {}


def known_module(module: str) -> str | None:
    """The entry of `COUNTERPARTS` that has the names of a module, None if there is none.

    Spark NLP keeps a class `SomeClass` in a module ``some_class``; those of classes that are here count too.

    >>> known_module("sparknlp.base.light_pipeline")
    'sparknlp.base'
    """
    if module in COUNTERPARTS:
        return module
    if module == f"sparknlp.{ANNOTATORS}":
        return "sparknlp.annotator"
    parent, _, last = module.rpartition(".")
    if parent.removeprefix("sparknlp.annotator.") in _PACKAGES:
        parent = "sparknlp.annotator"
    elif parent == "sparknlp.annotator" and last in _PACKAGES:
        return parent
    if parent.startswith("sparknlp.") and last in {_module_of(name) for name in exports(parent)}:
        return parent
    return None


def translated(module: str) -> str:
    """The name of a module of sparkcls in Spark NLP and nlu; other names as they are."""
    if module.partition(".")[0] != "sparkcls":
        return module
    return next((theirs for theirs, ours in COUNTERPARTS.items() if ours == module), f"sparknlp{module[8:]}")


def is_here(module: str, name: str) -> bool:
    """Whether the counterpart of a module has a name, also one that Spark NLP has not; true where there is none."""
    known = known_module(module)
    if known is None or name in exports(known) or hasattr(importlib.import_module(COUNTERPARTS[known]), name):
        return True
    return known == "sparknlp" and importlib.util.find_spec(f"sparkcls.{name}") is not None


def missing(full_name: str) -> str:
    """A sentence about a name that is asked for and not here."""
    module, _, name = full_name.rpartition(".")
    what = ADVICE.get(name) or ADVICE.get(module.rpartition(".")[2])
    if what is None:
        here = sorted(n for n in exports(known_module(module) or "") if not n.startswith("_"))
        what = f"it has {', '.join(here)}" if here else "nothing of it is here"
    return f"sparkcls has no {full_name}: {what}. See {GUIDE}"


def _module_of(name: str) -> str:
    """The module of Spark NLP that has a class."""
    # Names of networks are one word there, but for two.
    for network in ("RoBerta", "CamemBert", "DeBerta"):
        name = name.replace(network, network.capitalize())
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
