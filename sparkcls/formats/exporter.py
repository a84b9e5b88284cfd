"""Folders that exporters make for Spark NLP's `loadSavedModel`: a network, and assets/ with two text files.

saved_model.pb + variables/           TensorFlow's SavedModel
model.onnx (+ external data)          ONNX
openvino_model.xml + .bin             OpenVINO
assets/vocab.txt, assets/labels.txt   one wordpiece, one label a line; the line's number is the id
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.formats.model import ForeignModel
from sparkcls.formats.onnx.reader import read_onnx
from sparkcls.formats.openvino import read_openvino
from sparkcls.formats.settle import Network, settle
from sparkcls.formats.tensorflow.reader import read_tensorflow
from sparkcls.formats.weights import contiguous
from sparkcls.models.config import with_own_names
from sparkcls.models.heads import PROBLEM_TYPE
from sparkcls.models.labels import LABELS, read_labels
from sparkcls.models.layout import CONFIG
from sparkcls.models.textfiles import read_json
from sparkcls.models.vocabulary import find_vocabulary, read_vocabulary

#: Entries of config.json that neither the network nor the text files tell.
_KEPT = ("pad_token_id", PROBLEM_TYPE)
_SAVED_MODEL = "saved_model.pb"
_ONNX = "model.onnx"
_OPENVINO = ("openvino_model.xml", "saved_model.xml")


def is_exporter_folder(folder: Path) -> bool:
    """Whether a folder has a network of one of these exporters."""
    return any((folder / name).is_file() for name in (_SAVED_MODEL, _ONNX, *_OPENVINO))


def read_exporter_folder(folder: Path, heads: int | None = None) -> ForeignModel:
    """A classifier in an exporter's folder.

    What a config.json beside the network says is kept where a graph cannot tell it, and must agree where it can.

    Parameters
    ----------
    heads
        Attention heads, as the caller knows them; None for those of the graph.

    Raises
    ------
    ModelFormatError
        A file is missing or corrupt; the message names it.
    """
    vocabulary_file = find_vocabulary(folder)
    if vocabulary_file is None:
        raise ModelFormatError(
            f"{folder} has no assets/vocab.txt; put the model's vocabulary there, one wordpiece a line"
        )
    stated = _config(folder)
    engine, network = _network(folder)
    settled = settle(network, stated, heads)
    return ForeignModel(
        state=contiguous(network.state),
        labels=_labels(folder, stated, len(network.state["classifier.bias"])),
        vocabulary=read_vocabulary(vocabulary_file),
        config={k: stated[k] for k in _KEPT if k in stated} | settled,
        engine=engine,
    )


def _network(folder: Path) -> tuple[str, Network]:
    if (folder / _SAVED_MODEL).is_file():
        prefix = folder / "variables" / "variables"
        return "tensorflow", read_tensorflow(prefix, folder / _SAVED_MODEL, saved_model=True)
    if (folder / _ONNX).is_file():
        return "onnx", read_onnx(folder / _ONNX)
    files = sorted(f for f in folder.iterdir() if f.suffix in (".xml", ".bin"))
    return "openvino", read_openvino(files, str(folder))


def _config(folder: Path) -> dict[str, Any]:
    """The configuration that some exporters leave beside the network; {} if there is none."""
    for file in (folder / CONFIG, folder / "assets" / CONFIG):
        if file.is_file():
            return with_own_names(file, read_json(file))
    return {}


def _labels(folder: Path, config: dict[str, Any], outputs: int) -> list[str]:
    if not (folder / LABELS).is_file() and not config.get("id2label"):
        raise ModelFormatError(
            f"{folder} has no {LABELS}; put the model's labels there, one a line, in the order of its outputs"
        )
    return list(read_labels(folder, config, outputs))
