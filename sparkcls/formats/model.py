"""`ForeignModel`: what every reader gives, and writing it down as a model folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors.numpy import save_file

from sparkcls.families.family import Family
from sparkcls.families.weights import weights_of
from sparkcls.formats.names import StateDict, contiguous
from sparkcls.formats.pieces import as_json
from sparkcls.models.config import CONFIG, read_shape
from sparkcls.models.labels import as_entries
from sparkcls.models.layout import PARAMS
from sparkcls.models.shards import WEIGHTS


@dataclass
class ForeignModel:
    """A classifier read from somewhere.

    Parameters
    ----------
    family
        What it is a classifier of.
    state
        Its weights by role, more than are needed at most.
    labels
        ``labels[i]`` names output i.
    config
        The entries of config.json, labels aside.
    files
        The files of its tokenizer by name, see `sparkcls.formats.pieces`.
    params
        Params of the stage by name.
    """

    family: Family
    state: StateDict
    labels: list[str]
    config: dict[str, Any]
    files: dict[str, bytes]
    params: dict[str, Any] = field(default_factory=dict)


def write_model(model: ForeignModel, target: Path) -> None:
    """Write a model folder; the same model gives the same bytes everywhere.

    Parameters
    ----------
    target
        Folder that is made.

    Raises
    ------
    ModelFormatError
        Weights are missing, or what they are to be called cannot be written.
    """
    config = model.config | as_entries(model.labels)
    shape = read_shape(target / CONFIG, config, model.family)
    kept = weights_of(model.family, shape, len(model.state["head.output.weight"]))
    target.mkdir(parents=True)
    state = {weight.name: model.state[role] for role, weight in kept.items()}
    save_file(contiguous(dict(sorted(state.items()))), target / WEIGHTS, {"format": "pt"})
    _write_json(target / CONFIG, config)
    for name, content in model.files.items():
        (target / name).write_bytes(content)
    _write_json(target / PARAMS, {"params": model.params})


def _write_json(file: Path, content: dict[str, Any]) -> None:
    file.write_bytes(as_json(content, str(file)))
