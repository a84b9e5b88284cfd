"""A classifier of OpenVINO, read and run by the openvino package (the extra `sparkcls[openvino]`).

OpenVINO keeps no names of weights, but every operation has the path of the module that it came from.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError, first_line
from sparkcls.families.family import Family
from sparkcls.formats.names import Names, StateDict
from sparkcls.formats.network import Network

_IDS, _MASK, _TYPES, _LOGITS = "input_ids", "attention_mask", "token_type_ids", "logits"
#: How far single precision may stray, relative to the largest score.
_ROUNDING = 1e-4
#: What an operation's constant is to its module.
_KINDS = {"Gather": "weight", "MatMul": "weight", "Multiply": "weight", "Add": "bias"}


def read_openvino(files: Sequence[Path], family: Family, what: str) -> Network:
    """A classifier of a family in an .xml and a .bin among `files`.

    Raises
    ------
    ModelFormatError
        The package is not installed, a file is missing or corrupt, or the model is quantized.
    """
    networks = [f for f in files if f.suffix == ".xml"]
    if len(networks) != 1 or not networks[0].with_suffix(".bin").is_file():
        raise ModelFormatError(f"{what} must hold one .xml and the .bin of the same name; fetch or copy it again")
    try:
        import openvino
    except ImportError as e:
        raise ModelFormatError(
            f'{what} is an OpenVINO model; reading it needs `pip install "sparkcls[openvino]"`. Or get the ONNX form: '
            "export the original with `optimum-cli export onnx`, put vocab.txt and labels.txt into assets/ beside "
            "model.onnx, and call loadSavedModel"
        ) from e
    core = openvino.Core()
    try:
        model = core.read_model(str(networks[0]))
        names = Names(family)
        names.learn(o.get_friendly_name() for o in model.get_ordered_ops())
        state = _weights(model, names)
        operations = model.get_ordered_ops()
        inputs = {name for port in model.inputs for name in port.get_names()}
        return Network(
            what=str(networks[0]),
            family=family,
            state=state,
            run=partial(_run, core, model),
            takes_mask=_MASK in inputs,
            operations={kind for kind in map(_kind, operations)},
            epsilons={float(o.get_attributes()["eps"]) for o in operations if o.get_type_name() == "MVN"},
            rounding=_ROUNDING,
            inner_layers=names.inner_layers,
            attentions=sum(o.get_type_name() == "Softmax" for o in operations),
        )
    except Exception as e:  # the package raises RuntimeError and more for corrupt files
        raise ModelFormatError(f"{networks[0]} cannot be read by OpenVINO ({first_line(e)[:300]})") from e


def _kind(operation: Any) -> str:
    """An operation's kind; of GELU also by which function."""
    kind = str(operation.get_type_name())
    tanh = kind == "Gelu" and operation.get_attributes().get("approximation_mode") == "TANH"
    return "Tanh" if tanh else "Erf" if kind == "Gelu" else kind


def _run(core: Any, model: Any, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The scores that the model computes, in single precision."""
    try:
        compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
        given = {_IDS: ids, _MASK: mask, _TYPES: np.zeros_like(ids)}
        names = [next((n for n in port.get_names() if n in given), "") for port in compiled.inputs]
        if not all(names):
            raise ModelFormatError(f"its inputs are not all among {', '.join(given)}")
        logits = next((port for port in compiled.outputs if _LOGITS in port.get_names()), compiled.outputs[0])
        return np.array(compiled([given[name] for name in names])[logits], np.float64)
    except ModelFormatError:
        raise
    except Exception as e:  # as above
        raise ModelFormatError(f"OpenVINO cannot run it ({first_line(e)[:300]})") from e


def _weights(model: Any, names: Names) -> StateDict:
    state: StateDict = {}
    for operation in model.get_ordered_ops():
        kind = operation.get_type_name()
        if kind not in _KINDS:
            continue
        inputs = [operation.input_value(i).get_node() for i in range(min(2, operation.get_input_size()))]
        # The last addition bears the output's name; the product before it tells the module.
        module = next(filter(None, (_module(node, names) for node in (operation, *inputs))), None)
        if module is None:
            continue
        for product in inputs if kind == "Add" and module.endswith("norm") else ():
            # The scale of a layer norm, where it bears no name of its own.
            if product.get_type_name() == "Multiply":
                scales = [_constant(product.input_value(i).get_node()) for i in range(2)]
                state |= {f"{module}.weight": a.reshape(-1) for a in scales if a is not None and a.size > 1}
        for array in map(_constant, inputs):
            # Single numbers are epsilons and scales, but for the bias of a head with one output.
            if array is None or (array.size <= 1 and (module, kind) != ("head.output", "Add")):
                continue
            if kind == "MatMul":
                array = array if operation.get_attributes()["transpose_b"] else array.T
            elif kind in ("Add", "Multiply"):
                array = array.reshape(-1)
            state.setdefault(f"{module}.{_KINDS[kind]}", array)
    return state


def _module(node: Any, names: Names) -> str | None:
    """The role of the module that an operation comes from, without ``.weight``."""
    parts = node.get_friendly_name().replace("/", ".").split(".")
    for end in range(len(parts), 0, -1):
        role = names.role(".".join([*parts[:end], "weight"]))
        if role is not None:
            return role.removesuffix(".weight")
    return None


def _constant(node: Any) -> np.ndarray | None:
    """The floats of a constant, also of one that is stored in half precision and converted."""
    while node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    if node.get_type_name() != "Constant" or not node.get_element_type().is_real():
        return None
    return np.array(node.data)
