"""Weights from an OpenVINO model, read by the openvino package (the extra `sparkcls[openvino]`)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sparkcls.errors import ModelFormatError
from sparkcls.formats.weights import StateDict


def read_openvino(files: Sequence[Path], what: str) -> StateDict:
    """The state dict of a DistilBERT classifier in an .xml and a .bin.

    Raises
    ------
    ModelFormatError
        Always, for now.
    """
    raise ModelFormatError(
        f"{what} is an OpenVINO model, which this version cannot read. Get the ONNX or TensorFlow form: export the "
        "original with `optimum-cli export onnx`, put vocab.txt and labels.txt into assets/ beside model.onnx, and "
        "call loadSavedModel"
    )
