"""Which pickles hold a folder's weights, by their names alone: they are read in `sparkcls.engine.unpickling`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sparkcls.errors import ModelFormatError
from sparkcls.models.otherkinds import ADAPTER_WEIGHTS, is_adapter
from sparkcls.models.shards import has_weights
from sparkcls.models.textfiles import read_json

PICKLE, INDEX, ADAPTER_PICKLE = "pytorch_model.bin", "pytorch_model.bin.index.json", "adapter_model.bin"


def pickled(folder: Path) -> tuple[Path, ...]:
    """The pickles that hold the weights of a model's or an adapter's folder; none if it has them as safetensors.

    Raises
    ------
    ModelFormatError
        The index of several is damaged, or names a file that is not beside it.
    """
    if is_adapter(folder):
        has_none = (folder / ADAPTER_WEIGHTS).is_file() or not (folder / ADAPTER_PICKLE).is_file()
        return () if has_none else (folder / ADAPTER_PICKLE,)
    if has_weights(folder):
        return ()
    if (folder / PICKLE).is_file():
        return (folder / PICKLE,)
    return tuple(_shards(folder)) if (folder / INDEX).is_file() else ()


def _shards(folder: Path) -> Iterator[Path]:
    file = folder / INDEX
    places = read_json(file).get("weight_map")
    names = (
        {*places.values()} if isinstance(places, dict) and all(isinstance(n, str) for n in places.values()) else {""}
    )
    for name in sorted(names):
        if Path(name).name != name or not (folder / name).is_file():
            raise ModelFormatError(f"{file} names {name!r:.80}; expected the name of a file beside it")
        yield folder / name
