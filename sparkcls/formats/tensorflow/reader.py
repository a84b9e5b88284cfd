"""A classifier of TensorFlow: variables in a tensor bundle, and the graph that computes with them.

saved_model.pb is a SavedModel, or in Spark NLP's files the bare graph of one. Either way the network is a function
that one node calls with the inputs and the variables, and functions call others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError
from sparkcls.families.family import Family
from sparkcls.formats.evaluate import Budget, Node, Operation, as_double, evaluate
from sparkcls.formats.messages import check_size, parse, read_file
from sparkcls.formats.names import Names, StateDict, contiguous, keras_name
from sparkcls.formats.network import Network
from sparkcls.formats.reference.networks import NETWORKS
from sparkcls.formats.tensorflow.graphdef import called, node_of, shared_name, variable_names
from sparkcls.formats.tensorflow.operations import OPERATIONS
from sparkcls.formats.tensorflow.tensorbundle import TensorBundle

_SIGNATURE = "serving_default"
_IDS, _MASK, _TYPES = _INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_LOGITS = "logits"
_CALLS = ("StatefulPartitionedCall", "PartitionedCall")
_VARIABLES = ("VarHandleOp", "VariableV2", "Variable")
_DEEPEST = 50
_MOST_OUTPUTS = 64
#: Bytes of variables that are read though they are no weights, and the DataType of those.
_MOST_OTHERS, _FLOAT = 64 << 20, 1
#: DataType of constants: NumPy's type, and the field that lists the numbers of those without bytes.
_CONSTANTS = {
    1: ("<f4", "float_val"),
    2: ("<f8", "double_val"),
    3: ("<i4", "int_val"),
    9: ("<i8", "int64_val"),
    10: ("?", "bool_val"),
}
_ATTRIBUTES = ("s", "i", "f", "b", "type")


def read_tensorflow(
    prefix: Path, graph: Path, family: Family, saved_model: bool, signature: dict[str, str] | None = None
) -> Network:
    """A classifier of a family in a tensor bundle and a graph.

    Parameters
    ----------
    prefix
        Of the bundle.
    graph
        saved_model.pb.
    saved_model
        Whether it is a SavedModel, not a bare GraphDef as Spark NLP keeps it.
    signature
        Tensors by the names of inputs and outputs, where they are known; else they are looked for.

    Raises
    ------
    ModelFormatError
        A file is missing or corrupt, or two variables claim one place.
    """
    bundle = TensorBundle(prefix)
    data = read_file(graph)
    check_size(data, str(graph))
    suffix = "/.ATTRIBUTES/VARIABLE_VALUE"
    names = {key: key.removesuffix(suffix) for key in bundle.entries}
    names |= variable_names(data, str(graph), saved_model)
    names |= bundle.variable_names()
    names = {key: name.partition(":")[0] for key, name in names.items() if key in bundle.entries}
    arrays: dict[str, np.ndarray] = {}

    def read(key: str) -> np.ndarray:
        arrays[names[key]] = bundle.array(key)
        return arrays[names[key]]

    roles = Names(family)
    roles.learn(map(keras_name, names.values()))
    state = contiguous(_state(names, roles, read, str(prefix)))
    _read_others(bundle, names, arrays)
    parsed, signature = _serving(data, str(graph), saved_model, signature or {})
    functions = {f.signature.name: f for f in parsed.library.function}
    reached = [parsed.node, *(functions[name].node_def for name in _reached(parsed.node, functions))]
    return Network(
        what=str(graph),
        family=family,
        state=state,
        run=_run_of(parsed.node, functions, arrays, signature, NETWORKS[family.network].types),
        takes_mask=_MASK in signature,
        operations={node.op for nodes in reached for node in nodes},
        epsilons={e for nodes in reached for e in _epsilons(nodes)},
        inner_layers=roles.inner_layers,
        attentions=sum(node.op == "Softmax" for nodes in reached for node in nodes),
    )


def _read_others(bundle: TensorBundle, names: dict[str, str], arrays: dict[str, np.ndarray]) -> None:
    """Small variables that are no weights of the family's classifier: the graph may hand them on, unused."""
    left = _MOST_OTHERS
    for key, name in names.items():
        size = bundle.entries[key].size
        if name not in arrays and bundle.entries[key].dtype == _FLOAT and size <= left:
            arrays[name], left = bundle.array(key), left - size


def _state(names: dict[str, str], roles: Names, read: Callable[[str], np.ndarray], what: str) -> StateDict:
    """Weights by role, of variables by checkpoint key."""
    state: StateDict = {}
    for key, name in names.items():
        role = roles.role(keras_name(name))
        if role is None:
            continue
        if role in state:
            raise ModelFormatError(f"{what}: two variables are {role}; the second is {name}")
        array = read(key)
        # Keras stores a dense layer as (inputs, outputs), torch as (outputs, inputs).
        state[role] = array.T if name.endswith("/kernel") and array.ndim == 2 else array
    return state


def _serving(data: bytes, what: str, saved_model: bool, signature: dict[str, str]) -> tuple[Any, dict[str, str]]:
    """The graph that serves, and its signature."""
    if saved_model:
        for meta in parse("TfSavedModel", data, what).meta_graphs:
            for entry in meta.signature_def:
                if entry.key == _SIGNATURE:
                    return meta.graph_def, {
                        e.key: e.value.name for part in (entry.value.inputs, entry.value.outputs) for e in part
                    }
        raise ModelFormatError(f"{what} has no signature {_SIGNATURE}; export the model with one")
    graph = parse("TfGraph", data, what)
    placeholders = {name: f"{_SIGNATURE}_{name}" for name in _INPUTS}
    present = {node.name for node in graph.node}
    inputs = {
        k: signature.get(k, name) for k, name in placeholders.items() if node_of(signature.get(k, name)) in present
    }
    output = signature.get(_LOGITS) or next(
        (f"{n.name}:0" for n in graph.node if n.op in _CALLS and set(n.input) & set(placeholders.values())), ""
    )
    return graph, inputs | {_LOGITS: output}


def _reached(nodes: Iterable[Any], functions: dict[str, Any]) -> list[str]:
    """Functions that these nodes call, and those that they call; the ones that only save or restore left out."""
    found: dict[str, None] = {}
    todo = [called(n) for n in nodes if any(_SIGNATURE in i for i in n.input)]
    while todo:
        name = todo.pop()
        if name in functions and name not in found:
            found[name] = None
            todo += [called(n) for n in functions[name].node_def]
    return list(found)


def _epsilons(nodes: Iterable[Any]) -> set[float]:
    """The epsilons of layer norms: what is added before a root is drawn, and attributes of fused ones."""
    by_name = {node.name: node for node in nodes}
    found: set[float] = set()
    for node in by_name.values():
        if node.op == "FusedBatchNormV3":
            found.update(entry.value.f for entry in node.attr if entry.key == "epsilon")
        added = by_name.get(node_of(node.input[0])) if node.op in ("Rsqrt", "Sqrt") and node.input else None
        if added is None or added.op not in ("Add", "AddV2"):
            continue
        for used in added.input:
            source = by_name.get(node_of(used))
            value = _attributes(source).get("value") if source is not None and source.op == "Const" else None
            if value is not None and value.size == 1:
                found.add(float(value.item()))
    return found


def _run_of(
    nodes: Iterable[Any],
    functions: dict[str, Any],
    variables: dict[str, np.ndarray],
    signature: dict[str, str],
    types: Callable[[np.ndarray], np.ndarray],
) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """What the graph computes, as a function of ids and attention mask."""
    by_name = {node.name: node for node in nodes}
    values = {
        f"{name}:0": as_double(variables[shared_name(by_name, name)])
        for name, node in by_name.items()
        if node.op in _VARIABLES and shared_name(by_name, name) in variables
    }
    makers, size = _makers(by_name.values()), sum(array.size for array in variables.values())

    def call(node: Node, inputs: list[Any], budget: Budget) -> list[Any]:
        function = functions.get(node.attributes.get("f", ""))
        if function is None or budget.depth > _DEEPEST:
            raise ModelFormatError(
                f"its graph calls the function {node.attributes.get('f')!r}, which cannot be followed"
            )
        arguments = [f"{a.name}:0" for a in function.signature.input_arg]
        inner = dict(zip(arguments, inputs, strict=True))
        makers = _makers(function.node_def)
        returned = {entry.key: entry.value for entry in function.ret}
        budget.depth += 1
        made = [
            evaluate(_tensor(returned[a.name]), makers, inner, operations, budget)
            for a in function.signature.output_arg
        ]
        budget.depth -= 1
        return made

    operations: dict[str, Operation] = OPERATIONS | dict.fromkeys(_CALLS, call)

    def run(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        known = dict(values)
        for name, array in zip(_INPUTS, (ids, mask, types(ids)), strict=True):
            if name in signature:
                known[_tensor(signature[name])] = array
        outputs = [name for name in signature if name not in _INPUTS]
        target = signature.get(_LOGITS) or (signature[outputs[0]] if len(outputs) == 1 else "")
        if not target:
            raise ModelFormatError(f"its graph has no output {_LOGITS}; it has {', '.join(outputs) or 'none'}")
        return np.asarray(evaluate(_tensor(target), makers, known, operations, Budget(size)))

    return run


def _makers(nodes: Iterable[Any]) -> dict[str, Node]:
    """The node that makes each tensor; tensors are called ``node:index``."""
    makers: dict[str, Node] = {}
    for node in nodes:
        attributes = _attributes(node)
        several = node.op in (*_CALLS, "IdentityN", "Split", "Unpack")
        outputs = tuple(f"{node.name}:{i}" for i in range(_MOST_OUTPUTS if several else 1))
        inputs = tuple(_tensor(i) for i in node.input if not i.startswith("^"))
        made = Node(node.op, inputs, outputs, attributes, node.name)
        makers |= dict.fromkeys(outputs, made)
    return makers


def _tensor(reference: str) -> str:
    """One form for ``name``, ``name:1`` and ``name:output:1``."""
    parts = reference.split(":")
    return f"{parts[0]}:{parts[-1] if len(parts) > 1 and parts[-1].isdigit() else 0}"


def _attributes(node: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for entry in node.attr:
        value = entry.value
        if value.HasField("tensor"):
            made[entry.key] = _constant(value.tensor)
        elif value.HasField("func"):
            made[entry.key] = value.func.name
        elif value.HasField("list"):
            made[entry.key] = list(value.list.i)
        else:
            # Only one is there; zero, as all that is unset, stands for each of them.
            made[entry.key] = next((v for v in (getattr(value, kind) for kind in _ATTRIBUTES) if v), 0)
    return made


def _constant(tensor: Any) -> np.ndarray | None:
    """A constant's array; None for strings and other types."""
    if tensor.dtype not in _CONSTANTS:
        return None
    kind, field = _CONSTANTS[tensor.dtype]
    shape = tuple(d.size for d in tensor.tensor_shape.dim)
    if tensor.tensor_content:
        flat = np.frombuffer(tensor.tensor_content, kind)
    else:
        flat = np.asarray(getattr(tensor, field), kind)
    if min(shape, default=0) < 0 or flat.size > 1 << 24:
        return None
    if flat.size <= 1:
        # One number stands for all, none for zero.
        return np.broadcast_to(flat[0] if flat.size else np.zeros((), kind), shape)
    return flat.reshape(shape) if flat.size == int(np.prod(shape)) else None
