"""A folder of models with an index: a cache, a layer of an image, a mirror on disk, and uploaded a remote one."""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from sparkcls.catalogue.cards import CARDS
from sparkcls.catalogue.identity import refuse_another
from sparkcls.catalogue.index import INDEX
from sparkcls.catalogue.names import folder_name
from sparkcls.errors import ModelFormatError, ParamError
from sparkcls.models.checksums import file_sha256
from sparkcls.models.layout import ModelFolder, decisive_files, read_model_folder
from sparkcls.models.ref import folder_digest
from sparkcls.temporary import in_the_making

#: Versions and time in a store's key.
_KEY = re.compile(r"_([\d.]+)_([\d.]+)_(\d+)")


def add_to_mirror(source: Path, name: str, lang: str, to: Path) -> Path:
    """Copy a model folder to ``<to>/<name>_<lang>`` and put it into the index there; the copy's path.

    Readers of the folder see the old model and index, or the new ones. Run one at a time.

    Raises
    ------
    ParamError
        `to` is a file.
    ModelFormatError
        The index that is there cannot be read, or another model is in a folder of this name.
    """
    if to.exists() and not to.is_dir():
        raise ParamError(f"--to {to}: expected a folder, or the name of one to make; it is a file")
    to.mkdir(parents=True, exist_ok=True)
    lines = _other_lines(to / INDEX, name, lang)
    target = to / folder_name(name, lang)
    refuse_another(target, name, lang)
    if not target.is_dir() or folder_digest(target) != folder_digest(source):
        _copy(source, target)
    _write(to / INDEX, [*lines, json.dumps(_line(read_model_folder(target), name, lang))])
    return target


def _copy(source: Path, target: Path) -> None:
    with in_the_making(target) as work:
        for name, file in decisive_files(source).items():
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, work / name)
        if target.exists():
            shutil.rmtree(target)


def _line(folder: ModelFolder, name: str, lang: str) -> dict[str, Any]:
    """One line of the index: Spark NLP's fields, and ours, which name the folder and its files."""
    line: dict[str, Any] = {"name": name, "language": lang}
    time = datetime.now(timezone.utc)
    found = _KEY.search(CARDS[name].key.removeprefix(f"{name}_{lang}")) if name in CARDS else None
    if found:
        line["libVersion"], line["sparkVersion"] = ({"parts": [*map(int, v.split("."))]} for v in found.groups()[:2])
        time = datetime.fromtimestamp(int(found[3]) / 1000, timezone.utc)
    files = {name: file_sha256(file) for name, file in decisive_files(folder.path).items()}
    return line | {
        "readyToUse": True,
        "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "isZipped": False,
        "category": "ml",
        "checksum": "",
        "annotator": folder.family.stage,
        "folder": folder.path.name,
        "files": files,
    }


def _other_lines(index: Path, name: str, lang: str) -> list[str]:
    """The lines of an index, as they are, without the one of this model."""
    if not index.is_file():
        return []
    kept = []
    try:
        text = index.read_text(encoding="utf-8")
    except UnicodeDecodeError as e:
        raise ModelFormatError(f"{index} is not an index of models, for it is not UTF-8 ({e}); remove it") from e
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            ours = (entry["name"], entry.get("language"), "folder" in entry) == (name, lang, True)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as e:
            raise ModelFormatError(f"{index}, line {number}, is no entry of an index of models; remove it") from e
        if not ours:
            kept.append(line)
    return kept


def _write(index: Path, lines: list[str]) -> None:
    with in_the_making(index) as work:
        work.write_text("\n".join(lines) + "\n", encoding="utf-8")
