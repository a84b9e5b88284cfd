"""Names of variables from a TensorFlow graph: what its restore operation writes into which variable.

A checkpoint of TensorFlow 2 numbers its tensors. The restore operation lists these keys in one constant
and assigns output k to a variable; the variable is a node of the graph, or an argument of the function
that restores, bound where that function is called.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sparkcls.formats.messages import parse


def variable_names(graph_bytes: bytes, what: str, saved_model: bool = False) -> dict[str, str]:
    """Variable name by checkpoint key, as far as the graph tells.

    Parameters
    ----------
    graph_bytes
        A GraphDef, or with `saved_model` a SavedModel with one.
    what
        For messages: where the bytes come from.

    Raises
    ------
    ModelFormatError
        The bytes are no such message.
    """
    if saved_model:
        graphs = [m.graph_def for m in parse("TfSavedModel", graph_bytes, what).meta_graphs]
    else:
        graphs = [parse("TfGraph", graph_bytes, what)]
    names: dict[str, str] = {}
    for graph in graphs:
        nodes = {node.name: node for node in graph.node}
        names.update({key: shared_name(nodes, ref) for key, ref in _restored(graph.node)})
        callers = {called(node): node for node in graph.node if called(node)}
        for function in graph.library.function:
            caller = callers.get(function.signature.name)
            if caller is None:
                continue
            bound = dict(zip([a.name for a in function.signature.input_arg], caller.input, strict=False))
            for key, ref in _restored(function.node_def):
                if ref in bound:
                    names[key] = shared_name(nodes, node_of(bound[ref]))
    return names


def _restored(nodes: Iterable[Any]) -> list[tuple[str, str]]:
    """Checkpoint key, and node or argument that it is assigned to, of every restored tensor."""
    by_name = {node.name: node for node in nodes}
    pairs = []
    for node in by_name.values():
        if node.op not in ("AssignVariableOp", "Assign") or len(node.input) < 2:
            continue
        source = node.input[1]
        for _ in range(8):  # through identities, but not round in a corrupt circle
            origin = by_name.get(node_of(source))
            if origin is None or origin.op != "Identity" or not origin.input:
                break
            source = origin.input[0]
        if origin is None or origin.op != "RestoreV2" or len(origin.input) < 2:
            continue
        keys = _strings(by_name.get(node_of(origin.input[1])))
        output = source.rpartition(":")[2] if ":" in source else "0"
        if output.isdigit() and int(output) < len(keys):
            pairs.append((keys[int(output)], node_of(node.input[0])))
    return pairs


def node_of(reference: str) -> str:
    """The node of a tensor's reference: ``name``, ``^name``, ``name:0`` or ``name:output:0``."""
    return reference.lstrip("^").partition(":")[0]


def _strings(node: Any) -> list[str]:
    if node is None:
        return []
    for entry in node.attr:
        if entry.key == "value":
            return [s.decode("utf-8", "replace") for s in entry.value.tensor.string_val]
    return []


def shared_name(nodes: dict[str, Any], name: str) -> str:
    """The name that a variable node shares with the checkpoint, else the node's own."""
    node = nodes.get(name)
    for entry in node.attr if node is not None else ():
        if entry.key == "shared_name" and entry.value.s:
            return entry.value.s.decode("utf-8", "replace")
    return name


def called(node: Any) -> str:
    """The function that a node calls; empty for a node that calls none."""
    for entry in node.attr:
        if entry.key == "f" and entry.value.func.name:
            return entry.value.func.name
    return ""
