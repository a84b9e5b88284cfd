"""The files that hold a model's weights: one, or several that an index names.

model.safetensors                  all weights; what `transformers` takes first
model.safetensors.index.json       {"weight_map": {name of a weight: name of its file}}, files beside it
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from sparkcls.errors import ModelFormatError
from sparkcls.models.textfiles import read_json

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"

#: Names become paths, of folders that may be a stranger's: a plain name inside the folder, and of this one type.
_SHARD = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}\.safetensors")
#: An index of a real model has some hundred entries.
_LARGEST_INDEX = 16 << 20


def is_shard(name: str) -> bool:
    """Whether a file of this name may be a part of a model's weights."""
    return name != WEIGHTS and _SHARD.fullmatch(name) is not None


def has_weights(folder: Path) -> bool:
    """Whether a folder has weights in the safetensors format, complete or not."""
    return any((folder / name).is_file() for name in (WEIGHTS, INDEX))


def weight_files(folder: Path) -> dict[str, set[str] | None]:
    """The files of the weights by name, with the weights to take from each; None for all.

    Raises
    ------
    ModelFormatError
        The index is damaged, names something else than files beside it, or one of them is missing.
    """
    if not uses_index(folder):
        return {WEIGHTS: None}
    files = _shards(folder)
    missing = [name for name in files if not (folder / name).is_file()]
    if missing:
        raise ModelFormatError(
            f"{folder} lacks {len(missing)} of {len(files)} files of weights that {INDEX} names, the first is "
            f"{missing[0]}; copy the whole folder again"
        )
    return dict(files)


def uses_index(folder: Path) -> bool:
    """Whether the weights are in the files that the index names; as in `transformers`, a whole file wins."""
    return not (folder / WEIGHTS).is_file() and (folder / INDEX).is_file()


def shard_names(folder: Path) -> tuple[str, ...]:
    """The files that the index names, in order; none if it is not used, or damaged, which `weight_files` reports."""
    try:
        return tuple(_shards(folder)) if uses_index(folder) else ()
    except ModelFormatError:
        return ()


def _shards(folder: Path) -> dict[str, set[str]]:
    file = folder / INDEX
    stat = file.stat()
    return _read_index(file, stat.st_size, stat.st_mtime_ns)


# Asked for with every digest, so for every text that a LightPipeline gets.
@lru_cache(maxsize=64)
def _read_index(file: Path, size: int, time: int) -> dict[str, set[str]]:
    if size > _LARGEST_INDEX:
        raise ModelFormatError(f"{file} has {size} bytes; an index of weights has less than {_LARGEST_INDEX}")
    places = read_json(file).get("weight_map")
    if not isinstance(places, dict) or not places:
        raise ModelFormatError(f"{file} has no weight_map; expected an object with the file of every weight")
    shards: dict[str, set[str]] = {}
    for weight, name in places.items():
        if not isinstance(name, str) or not is_shard(name):
            raise ModelFormatError(
                f"{file}: weight_map has {weight!r} in {name!r}; expected the plain name of a .safetensors file "
                "beside it"
            )
        shards.setdefault(name, set()).add(weight)
    return dict(sorted(shards.items()))
