"""Weights from an ONNX graph, through the graph where the exporter has renamed them.

Exporters of torch keep the names of biases, norms and embeddings, but fold the transposition of a dense
layer's weight into an anonymous constant. Which layer it belongs to, the addition of the bias tells.
"""

from __future__ import annotations

import re
from collections import defaultdict
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError
from sparkcls.formats.messages import parse
from sparkcls.formats.weights import StateDict

#: TensorProto.DataType to NumPy's; 16 is bfloat16, read as its bits.
_TYPES = {1: "<f4", 10: "<f2", 11: "<f8", 16: "<u2"}
_FLOAT, _BFLOAT16 = 1, 16
_EXTERNAL = 1
_QUANTIZED = ("MatMulInteger", "QLinearMatMul", "DynamicQuantizeLinear", "DequantizeLinear", "MatMulNBits")
_FUSED = ("Attention", "EmbedLayerNormalization", "SkipLayerNormalization", "MultiHeadAttention")
_NAMES = re.compile(r"(?:^|.*?[./])((?:distilbert\.(?:embeddings|transformer)|pre_classifier|classifier)\..+)$")


def read_onnx(file: Path) -> StateDict:
    """The state dict of a DistilBERT classifier in an ONNX file, names as far as the graph tells them.

    Raises
    ------
    ModelFormatError
        The file is corrupt, quantized or fused by an optimiser, or points outside of its folder.
    """
    return read_onnx_bytes(file.read_bytes(), file.parent, str(file))


def read_onnx_bytes(data: bytes, folder: Path, what: str) -> StateDict:
    """Like `read_onnx`; external data is looked for in `folder`."""
    graph = parse("OnnxModel", data, what).graph
    operations = {node.op_type for node in graph.node}
    for kind, found in (("quantized", _QUANTIZED), ("fused by an optimiser", _FUSED)):
        if operations.intersection(found):
            raise ModelFormatError(
                f"{what} is {kind} ({', '.join(sorted(operations.intersection(found)))}), which cannot be read "
                "back; export the plain float model"
            )
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant" and node.output:
            value = next((a.t for a in node.attribute if a.name == "value"), None)
            if value is not None:
                tensors[node.output[0]] = value
    state: StateDict = {}

    def put(name: str, source: str, transpose: bool) -> None:
        if name not in state and tensors[source].data_type in _TYPES:
            array = _array(tensors[source], folder, what)
            state[name] = array.T if transpose and array.ndim == 2 else array

    for tensor, name, transpose in _dense_weights(graph, tensors):
        put(name, tensor, transpose)
    for name in tensors:
        target = _NAMES.match(name)
        if target:
            put(target.group(1), name, False)
    return state


def _dense_weights(graph: Any, tensors: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Constant, name in the state dict, and whether to transpose it, of every dense layer's weight."""
    users = defaultdict(list)
    origin: dict[str, tuple[str, bool]] = {}
    for node in graph.node:
        for used in node.input:
            users[used].append(node)
        # A weight may come by way of Transpose or Identity instead of being folded.
        if node.op_type in ("Transpose", "Identity") and node.input and node.output:
            source, turned = origin.get(node.input[0], (node.input[0], False))
            if source in tensors:
                origin[node.output[0]] = (source, turned != (node.op_type == "Transpose"))
    found = []
    for node in graph.node:
        if node.op_type == "MatMul" and len(node.input) == 2 and node.output:
            weight, bias = node.input[1], _bias_after(node, users, tensors, origin)
            transposed = True
        elif node.op_type == "Gemm" and len(node.input) == 3:
            weight, bias = node.input[1], origin.get(node.input[2], (node.input[2], False))[0]
            transposed = not any(a.name == "transB" and a.i for a in node.attribute)
        else:
            continue
        weight, turned = origin.get(weight, (weight, False))
        name = _NAMES.match(bias) if bias else None
        if weight in tensors and name and name.group(1).endswith(".bias"):
            found.append((weight, name.group(1).removesuffix(".bias") + ".weight", transposed != turned))
    return found


def _bias_after(node: Any, users: Any, tensors: dict[str, Any], origin: dict[str, tuple[str, bool]]) -> str | None:
    for user in users[node.output[0]]:
        if user.op_type == "Add":
            for used in user.input:
                source = origin.get(used, (used, False))[0]
                if source in tensors:
                    return source
    return None


def _array(tensor: Any, folder: Path, what: str) -> np.ndarray:
    dtype = np.dtype(_TYPES[tensor.data_type])
    shape = tuple(tensor.dims)
    if tensor.data_location == _EXTERNAL:
        data: Any = _external(tensor, folder, what)
    elif tensor.float_data and tensor.data_type == _FLOAT:
        data = np.asarray(tensor.float_data, "<f4").tobytes()
    else:
        data = tensor.raw_data
    if min(shape, default=0) < 0 or len(data) != prod(shape) * dtype.itemsize:
        raise ModelFormatError(f"{what}: tensor {tensor.name} of shape {list(shape)} has {len(data)} bytes")
    flat = np.frombuffer(data, dtype)
    if tensor.data_type == _BFLOAT16:
        flat = (flat.astype("<u4") << 16).view("<f4")
    return flat.reshape(shape)


def _external(tensor: Any, folder: Path, what: str) -> memoryview:
    """The bytes of a tensor that lies in a file beside the model's."""
    entries = {e.key: e.value for e in tensor.external_data}
    location = entries.get("location", "")
    file = folder / location
    try:
        inside = bool(location) and file.resolve().is_relative_to(folder.resolve()) and file.is_file()
        offset, length = int(entries.get("offset", 0)), int(entries.get("length", -1))
    except (OSError, ValueError) as e:
        raise ModelFormatError(f"{what}: tensor {tensor.name} has a bad reference to external data ({e})") from e
    if not inside:
        raise ModelFormatError(
            f"{what}: tensor {tensor.name} lies in the file {location!r}, which is not beside the model; copy it there"
        )
    size = file.stat().st_size
    length = size - offset if length < 0 else length
    if offset < 0 or length <= 0 or offset + length > size:
        raise ModelFormatError(f"{what}: {file} ends before tensor {tensor.name}; it is cut off")
    return memoryview(np.memmap(file, np.uint8, "r", offset, (length,)))  # type: ignore[arg-type]  # a memmap is a buffer
