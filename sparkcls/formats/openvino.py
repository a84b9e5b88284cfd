"""A DistilBERT classifier of OpenVINO, read and run by the openvino package (the extra `sparkcls[openvino]`).

OpenVINO keeps no names of weights, but every operation has the path of the module that it came from.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sparkcls.errors import ModelFormatError, first_line
from sparkcls.formats.settle import Network
from sparkcls.formats.weights import StateDict

_MODULE = re.compile(
    r"(distilbert\.(?:embeddings\.(?:word_embeddings|position_embeddings|LayerNorm)"
    r"|transformer\.layer\.\d+\.(?:attention\.(?:[qkv]|out)_lin|(?:sa|output)_layer_norm|ffn\.lin[12]))"
    r"|pre_classifier|classifier)(?=\.|$)"
)
_MASK, _LOGITS = "attention_mask", "logits"
#: How far single precision may stray, relative to the largest score.
_ROUNDING = 1e-4
#: What an operation's constant is to its module.
_ROLES = {"Gather": "weight", "MatMul": "weight", "Multiply": "weight", "Add": "bias"}


def read_openvino(files: Sequence[Path], what: str) -> Network:
    """A DistilBERT classifier in an .xml and a .bin among `files`.

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
        state = _weights(model)
        operations = model.get_ordered_ops()
        inputs = {name for port in model.inputs for name in port.get_names()}
        return Network(
            what=str(networks[0]),
            state=state,
            run=partial(_run, core, model),
            takes_mask=_MASK in inputs,
            operations={kind for kind in map(_kind, operations)},
            epsilons={float(o.get_attributes()["eps"]) for o in operations if o.get_type_name() == "MVN"},
            rounding=_ROUNDING,
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
        given = {"input_ids": ids, _MASK: mask}
        names = [next((n for n in port.get_names() if n in given), "") for port in compiled.inputs]
        if not all(names):
            raise ModelFormatError(f"its inputs are not all among {', '.join(given)}")
        logits = next((port for port in compiled.outputs if _LOGITS in port.get_names()), compiled.outputs[0])
        return np.array(compiled([given[name] for name in names])[logits], np.float64)
    except ModelFormatError:
        raise
    except Exception as e:  # as above
        raise ModelFormatError(f"OpenVINO cannot run it ({first_line(e)[:300]})") from e


def _weights(model: Any) -> StateDict:
    state: StateDict = {}
    for operation in model.get_ordered_ops():
        kind = operation.get_type_name()
        if kind not in _ROLES:
            continue
        inputs = [operation.input_value(i).get_node() for i in range(min(2, operation.get_input_size()))]
        # The last addition bears the output's name; the product before it tells the module.
        named = (_MODULE.search(node.get_friendly_name().replace("/", ".")) for node in (operation, *inputs))
        module = next(filter(None, named), None)
        if module is None:
            continue
        for product in inputs if kind == "Add" and module.group(1).lower().endswith("norm") else ():
            # The scale of a layer norm, where it bears no name of its own.
            if product.get_type_name() == "Multiply":
                scales = [_constant(product.input_value(i).get_node()) for i in range(2)]
                state |= {f"{module.group(1)}.weight": a.reshape(-1) for a in scales if a is not None and a.size > 1}
        for array in map(_constant, inputs):
            # Single numbers are epsilons and scales, but for the bias of a head with one output.
            if array is None or (array.size <= 1 and (module.group(1), kind) != ("classifier", "Add")):
                continue
            name = f"{module.group(1)}.{_ROLES[kind]}"
            if kind == "MatMul":
                array = array if operation.get_attributes()["transpose_b"] else array.T
            elif kind in ("Add", "Multiply"):
                array = array.reshape(-1)
            state.setdefault(name, array)
    return state


def _constant(node: Any) -> np.ndarray | None:
    """The floats of a constant, also of one that is stored in half precision and converted."""
    while node.get_type_name() == "Convert":
        node = node.input_value(0).get_node()
    if node.get_type_name() != "Constant" or not node.get_element_type().is_real():
        return None
    return np.array(node.data)
