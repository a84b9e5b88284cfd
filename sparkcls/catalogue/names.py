"""Names and languages of models, which users give and which become names of folders."""

from __future__ import annotations

import re

from sparkcls.errors import ParamError, ParamTypeError

#: Room is left for a suffix: file names end at 255 bytes.
LONGEST = 200
#: One repository of the Hub: its owner and its name.
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")


def check_names(name: object, lang: object) -> None:
    """Refuse what cannot be a model's name or language, or would lead out of the cache.

    Raises
    ------
    ParamTypeError
        One is not a str, or empty.
    ParamError
        One has a separator of paths (but for one '/', as in ``owner/name``), '..', a leading dot or a
        character that cannot be printed.
    """
    for argument, value in (("name", name), ("lang", lang)):
        if not isinstance(value, str) or not value:
            raise ParamTypeError(f"pretrained({argument}=...) takes a non-empty str, got {value!r}")
        parts = value.split("/") if argument == "name" and is_repository(value) else [value]
        bad = [p for p in parts if p.startswith(".") or ".." in p or re.search(r"[/\\:]", p) or not p.isprintable()]
        if bad or len(value.encode("utf-8", "replace")) > LONGEST:
            raise ParamError(
                f"pretrained({argument}={value[:80]!r}): expected a plain name of at most {LONGEST} bytes, without "
                "path separators, '..', a leading dot or control characters (or owner/name, for a repository of "
                "the Hugging Face Hub). A folder is read with loadSavedModel(folder)"
            )


def is_repository(name: str) -> bool:
    """Whether a name is one of the Hub's, ``owner/name``."""
    return _REPOSITORY.fullmatch(name) is not None


def folder_name(name: str, lang: str) -> str:
    """The name of a model's folder in a cache or mirror: ``<name>_<lang>``, with '--' for '/'."""
    return f"{name.replace('/', '--')}_{lang}"
