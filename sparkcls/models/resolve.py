"""From a model's name to a `ModelRef`: bundled models, then the cache, then the mirror."""

from __future__ import annotations

import difflib
from pathlib import Path

from sparkcls.errors import ModelNotFoundError, ParamTypeError
from sparkcls.models.cards import CARDS
from sparkcls.models.ref import BUNDLED, BUNDLED_FOLDER, ModelRef
from sparkcls.settings import cache_folder, mirror_folder

#: Language of every bundled model.
BUNDLED_LANGUAGE = "en"


def bundled_names() -> list[str]:
    """Names of the models inside the package."""
    return sorted(p.parent.name for p in BUNDLED_FOLDER.glob("*/config.json"))


def resolve(name: str, lang: str = "en") -> ModelRef:
    """Find a model by name and language, without any network.

    Raises
    ------
    ModelNotFoundError
        No folder has it; the message lists where it was looked for and the nearest known names.
    """
    for argument, value in (("name", name), ("lang", lang)):
        if not isinstance(value, str) or not value:
            raise ParamTypeError(f"pretrained({argument}=...) takes a non-empty str, got {value!r}")
    if lang == BUNDLED_LANGUAGE and name in bundled_names():
        return ModelRef.of_folder(name, BUNDLED + name)
    folders = [base / f"{name}_{lang}" for base in (cache_folder(), mirror_folder()) if base is not None]
    for folder in folders:
        if folder.is_dir():
            # The others too: what this machine has in its cache, a worker may see in the mirror only.
            return ModelRef.of_folder(name, str(folder), *(str(f) for f in folders if f != folder))
    raise ModelNotFoundError(_not_found(name, lang, folders))


def _not_found(name: str, lang: str, folders: list[Path]) -> str:
    present = {p.name.rpartition("_")[0] for folder in folders for p in folder.parent.glob(f"*_{lang}")}
    near = difflib.get_close_matches(name, sorted({*bundled_names(), *CARDS, *present}), n=3, cutoff=0.4)
    return (
        f"No model {name!r} ({lang}): it is not bundled, and there is no folder "
        f"{' or '.join(map(str, folders))}. This version does not download; put a folder with config.json, "
        "model.safetensors and tokenizer files there, or use loadSavedModel(folder)."
        + (f" Nearest names: {', '.join(near)}" if near else "")
    )
