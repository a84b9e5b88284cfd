"""A classifier of ONNX: its graph, and the weights, found through the graph where they were renamed.

Exporters of torch keep the names of biases, norms and embeddings, but fold the transposition of a dense
layer's weight into an anonymous constant. Which layer it belongs to, the addition of the bias tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError
from sparkcls.families.family import Family
from sparkcls.formats.evaluate import Budget, Node, as_double, evaluate
from sparkcls.formats.messages import check_structure, parse, read_file
from sparkcls.formats.names import Names
from sparkcls.formats.network import Network
from sparkcls.formats.onnx.operations import OPERATIONS
from sparkcls.formats.onnx.tensors import TYPES, array

#: AttributeProto.AttributeType: the field that holds the value.
_VALUES = {1: "f", 2: "i", 3: "s", 6: "floats", 7: "ints"}
_LISTS = (6, 7)
_DEFAULT_EPSILON = 1e-5
_IDS, _MASK, _TYPES, _LOGITS = "input_ids", "attention_mask", "token_type_ids", "logits"
_QUANTIZED = ("MatMulInteger", "QLinearMatMul", "DynamicQuantizeLinear", "DequantizeLinear", "MatMulNBits")
_FUSED = ("Attention", "EmbedLayerNormalization", "SkipLayerNormalization", "MultiHeadAttention")


def read_onnx(file: Path, family: Family, beside: Path | None = None) -> Network:
    """A classifier of a family in an ONNX file.

    Parameters
    ----------
    beside
        Another folder where weights that the file keeps outside of it may lie, under names that end like theirs.

    Raises
    ------
    ModelFormatError
        The file is corrupt, quantized or fused by an optimiser, or points outside of its folder.
    """
    return read_onnx_bytes(read_file(file), family, [file.parent, *([beside] if beside else [])], str(file))


def read_onnx_bytes(data: bytes, family: Family, folders: Sequence[Path], what: str) -> Network:
    """Like `read_onnx`; external data is looked for in `folders`."""
    check_structure(data, what)
    graph = parse("OnnxModel", data, what).graph
    operations = {node.op_type for node in graph.node}
    for kind, found in (("quantized", _QUANTIZED), ("fused by an optimiser", _FUSED)):
        if operations.intersection(found):
            raise ModelFormatError(
                f"{what} is {kind} ({', '.join(sorted(operations.intersection(found)))}), which cannot be read "
                "back; export the plain float model"
            )
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    nodes = [_node(node) for node in graph.node]
    for node in graph.node:
        if node.op_type == "Constant" and node.output:
            value = next((a.t for a in node.attribute if a.name == "value"), None)
            if value is not None:
                tensors[node.output[0]] = value
    arrays = {name: array(t, folders, what) for name, t in tensors.items() if t.data_type in TYPES}
    names = Names(family)
    names.learn(tensors)
    state = {
        name: arrays[source].T if transpose and arrays[source].ndim == 2 else arrays[source]
        for name, (source, transpose) in _state_names(nodes, tensors, names).items()
        if source in arrays
    }
    inputs = [value.name for value in graph.input if value.name not in tensors]
    run = _run_of(nodes, arrays, inputs, [value.name for value in graph.output])
    return Network(
        what=what,
        family=family,
        state={name: array for name, array in state.items() if array.dtype.kind == "f"},
        run=run,
        takes_mask=_MASK in inputs,
        operations=operations,
        epsilons=_epsilons(nodes, arrays),
        inner_layers=names.inner_layers,
        inside=lambda kind, ids, mask: _inside(nodes, run, kind, ids, mask),
        attentions=sum(node.operation == "Softmax" for node in nodes),
    )


def _node(node: Any) -> Node:
    attributes: dict[str, Any] = {}
    for a in node.attribute:
        if a.type in _VALUES:
            value = getattr(a, _VALUES[a.type])
            attributes[a.name] = tuple(value) if a.type in _LISTS else value
        elif a.HasField("t") and node.op_type == "ConstantOfShape":
            attributes[a.name] = array(a.t, [], "a constant") if a.t.data_type in TYPES else None
    return Node(node.op_type, tuple(node.input), tuple(node.output), attributes, node.name)


def _run_of(
    nodes: list[Node], arrays: dict[str, np.ndarray], inputs: list[str], outputs: list[str]
) -> Callable[..., np.ndarray]:
    """What the graph computes, as a function of ids and attention mask; or of a tensor inside of it, by its name."""
    makers = {made: node for node in nodes for made in node.outputs if made}
    constants = {name: as_double(array) for name, array in arrays.items()}
    size = sum(array.size for array in arrays.values())

    def run(ids: np.ndarray, mask: np.ndarray, target: str = "") -> np.ndarray:
        known: dict[str, Any] = constants | {_IDS: ids, _MASK: mask, _TYPES: np.zeros_like(ids)}
        unknown = [name for name in inputs if name not in known]
        if unknown or not outputs:
            raise ModelFormatError(
                f"its graph has the inputs {', '.join(inputs)}; expected {_IDS}, {_MASK} and {_TYPES} or some of them"
                if outputs
                else "its graph has no output"
            )
        target = target or (_LOGITS if _LOGITS in outputs else outputs[0])
        return np.asarray(evaluate(target, makers, known, OPERATIONS, Budget(size)))

    return run


def _inside(
    nodes: list[Node], run: Callable[..., np.ndarray], kind: str, ids: np.ndarray, mask: np.ndarray
) -> np.ndarray | None:
    """What goes into the first operation of a kind."""
    node = next((node for node in nodes if node.operation == kind and node.inputs), None)
    return None if node is None else run(ids, mask, node.inputs[0])


def _epsilons(nodes: list[Node], arrays: dict[str, np.ndarray]) -> set[float]:
    """The epsilons of layer norms: attributes, or what is added before a root is drawn."""
    found = {float(n.attributes.get("epsilon", _DEFAULT_EPSILON)) for n in nodes if n.operation == "LayerNormalization"}
    rooted = {n.inputs[0] for n in nodes if n.operation == "Sqrt" and n.inputs}
    for node in nodes:
        if node.operation == "Add" and rooted.intersection(node.outputs):
            found.update(float(arrays[i].item()) for i in node.inputs if i in arrays and arrays[i].size == 1)
    return found


def _state_names(nodes: list[Node], tensors: dict[str, Any], names: Names) -> dict[str, tuple[str, bool]]:
    """Constant, and whether to transpose it, by role."""
    found: dict[str, tuple[str, bool]] = {}
    for source, role, transpose in _dense_weights(nodes, tensors, names):
        found.setdefault(role, (source, transpose))
    # An exporter keeps one of equal weights, and gives the others its value under their own names.
    copies = {n.outputs[0]: n.inputs[0] for n in nodes if n.operation == "Identity" and n.inputs and n.outputs}
    for name in [*tensors, *(made for made, source in copies.items() if source in tensors)]:
        known = names.role(name)
        if known:
            found.setdefault(known, (copies.get(name, name), False))
    return found


def _dense_weights(nodes: list[Node], tensors: dict[str, Any], names: Names) -> list[tuple[str, str, bool]]:
    """Constant, role, and whether to transpose it, of every dense layer's weight."""
    users = defaultdict(list)
    origin: dict[str, tuple[str, bool]] = {}
    for node in nodes:
        for used in node.inputs:
            users[used].append(node)
        # A weight may come by way of these instead of being folded; Cast of one that is kept in half precision.
        if node.operation in ("Transpose", "Identity", "Cast") and node.inputs and node.outputs:
            source, turned = origin.get(node.inputs[0], (node.inputs[0], False))
            if source in tensors:
                origin[node.outputs[0]] = (source, turned != (node.operation == "Transpose"))
    found = []
    for node in nodes:
        if node.operation == "MatMul" and len(node.inputs) == 2 and node.outputs:
            weight, bias = node.inputs[1], _bias_after(node, users, tensors, origin, names)
            transposed = True
        elif node.operation == "Gemm" and len(node.inputs) == 3:
            weight, bias = node.inputs[1], _named(node.inputs[2], origin, names)
            transposed = not node.attributes.get("transB")
        else:
            continue
        weight, turned = origin.get(weight, (weight, False))
        role = names.role(bias) if bias else None
        if weight in tensors and role and role.endswith(".bias"):
            found.append((weight, role.removesuffix(".bias") + ".weight", transposed != turned))
    return found


def _named(tensor: str, origin: dict[str, tuple[str, bool]], names: Names) -> str:
    """The name that tells what a tensor is: its own, else that of the constant that it comes from."""
    return tensor if names.role(tensor) else origin.get(tensor, (tensor, False))[0]


def _bias_after(
    node: Node,
    users: dict[str, list[Node]],
    tensors: dict[str, Any],
    origin: dict[str, tuple[str, bool]],
    names: Names,
) -> str | None:
    for user in users[node.outputs[0]]:
        if user.operation == "Add":
            for used in user.inputs:
                if origin.get(used, (used, False))[0] in tensors:
                    return _named(used, origin, names)
    return None
