"""The graph of a DistilBERT classifier as TensorFlow keeps it, right or wrong in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sparkcls.formats.messages import message


@dataclass(frozen=True)
class Build:
    """What a graph computes. None for `heads` is width / 64."""

    heads: int | None = None
    activation: str = "gelu"
    epsilon: float = 1e-12
    head_activation: str = "Relu"
    first_position: int = 0
    masked: bool = True
    causal: bool = False
    end: str = "Identity"


class Graph:
    """Nodes in the making; every method gives the name of a tensor."""

    def __init__(self, nodes: Any):
        self.nodes = nodes

    def add(self, op: str, *inputs: str, **attributes: Any) -> str:
        node = self.nodes.add(name=f"n{len(self.nodes)}", op=op, input=inputs)
        for key, value in attributes.items():
            entry = node.attr.add(key=key).value
            if isinstance(value, np.ndarray):
                entry.tensor.dtype = {"f": 1, "i": 3}[value.dtype.kind]
                entry.tensor.tensor_content = value.astype({"f": "<f4", "i": "<i4"}[value.dtype.kind]).tobytes()
                entry.tensor.tensor_shape.SetInParent()
                for size in value.shape:
                    entry.tensor.tensor_shape.dim.add(size=size)
            elif isinstance(value, bool):
                entry.b = value
            else:
                entry.i = value
        return f"{node.name}:out:0"

    def const(self, value: Any) -> str:
        return self.add("Const", value=np.asarray(value))

    def size(self, tensor: str, axis: int) -> str:
        cut = (self.const([n]) for n in (axis, axis + 1, 1))
        return self.add("StridedSlice", self.add("Shape", tensor), *cut, shrink_axis_mask=1)

    def gelu(self, x: str) -> str:
        erf = self.add("Erf", self.add("RealDiv", x, self.const(np.sqrt(2.0))))
        return self.add("Mul", self.add("Mul", x, self.const(0.5)), self.add("AddV2", erf, self.const(1.0)))

    def gelu_new(self, x: str) -> str:
        cube = self.add("Mul", self.add("Pow", x, self.const(3.0)), self.const(0.044715))
        tanh = self.add("Tanh", self.add("Mul", self.add("AddV2", x, cube), self.const(np.sqrt(2 / np.pi))))
        return self.add("Mul", self.add("Mul", x, self.const(0.5)), self.add("AddV2", tanh, self.const(1.0)))

    def activate(self, name: str, x: str) -> str:
        return getattr(self, name)(x) if hasattr(self, name) else self.add(name.capitalize(), x)


def tensorflow_graph(variables: Mapping[str, np.ndarray], build: Build) -> Any:
    """A GraphDef with the serving function that computes with variables by their Keras names."""
    graph = message("TfGraph")
    for name in ("serving_default_input_ids", "serving_default_attention_mask"):
        graph.node.add(name=name, op="Placeholder")
    for name in variables:
        graph.node.add(name=name, op="VarHandleOp")
    call = graph.node.add(name="StatefulPartitionedCall", op="StatefulPartitionedCall")
    call.input.extend(node.name for node in graph.node[:-1])
    call.attr.add(key="f").value.func.name = "serve"
    function = graph.library.function.add()
    function.signature.name = "serve"
    arguments = ["ids", "mask", *(f"v{i}" for i in range(len(variables)))]
    for argument in arguments:
        function.signature.input_arg.add(name=argument)
    function.signature.output_arg.add(name="logits")
    resources = {name[name.index("/") :]: argument for name, argument in zip(variables, arguments[2:], strict=True)}
    width = next(a.shape[1] for n, a in variables.items() if "word_embeddings" in n)
    layers = sum("ffn/lin1/kernel" in name for name in variables)
    output = _network(Graph(function.node_def), resources, width, layers, build)
    function.ret.add(key="logits", value=output)
    return graph


def _network(g: Graph, resources: dict[str, str], width: int, layers: int, build: Build) -> str:
    heads = build.heads or width // 64

    def variable(name: str) -> str:
        return g.add("ReadVariableOp", next(r for n, r in resources.items() if n.endswith(name)))

    def linear(x: str, name: str) -> str:
        return g.add("BiasAdd", g.add("BatchMatMulV2", x, variable(f"{name}/kernel")), variable(f"{name}/bias"))

    def norm(x: str, name: str) -> str:
        last = g.const([-1])
        mean = g.add("Mean", x, last, keep_dims=True)
        variance = g.add("Mean", g.add("SquaredDifference", x, mean), last, keep_dims=True)
        scale = g.add("Rsqrt", g.add("AddV2", variance, g.const(build.epsilon)))
        scaled = g.add("Mul", g.add("Mul", g.add("Sub", x, mean), scale), variable(f"{name}/gamma"))
        return g.add("AddV2", scaled, variable(f"{name}/beta"))

    texts, length = g.size("ids", 0), g.size("ids", 1)
    first = g.const(build.first_position)
    places = g.add("Range", first, g.add("AddV2", length, first), g.const(1))
    embeddings = {n: next(r for name, r in resources.items() if n in name) for n in ("word_embed", "position_embed")}
    words = g.add("ResourceGather", embeddings["word_embed"], "ids")
    x = norm(
        g.add("AddV2", words, g.add("ResourceGather", embeddings["position_embed"], places)), "embeddings/LayerNorm"
    )
    one, count, size = g.const(1), g.const(heads), g.const(width // heads)
    seen = g.add("Reshape", g.add("Cast", "mask", DstT=1), g.add("Pack", texts, one, one, length))
    hidden = g.add("Mul", g.add("Sub", g.const(1.0), seen), g.const(-1e9 if build.masked else 0.0))
    if build.causal:
        rows, columns = (g.add("ExpandDims", places, g.const(axis)) for axis in (1, 0))
        later = g.add("Cast", g.add("Greater", columns, rows), DstT=1)
        hidden = g.add("AddV2", hidden, g.add("Mul", later, g.const(-1e9)))
    for i in range(layers):
        layer = f"layer_._{i}"
        parts = {}
        for part in "qkv":
            split = g.add(
                "Reshape", linear(x, f"{layer}/attention/{part}_lin"), g.add("Pack", texts, length, count, size)
            )
            parts[part] = g.add("Transpose", split, g.const([0, 2, 1, 3]))
        near = g.add("BatchMatMulV2", parts["q"], parts["k"], adj_y=True)
        near = g.add("Mul", near, g.const(1 / np.sqrt(width // heads)))
        weights = g.add("Softmax", g.add("AddV2", near, hidden))
        context = g.add("Transpose", g.add("BatchMatMulV2", weights, parts["v"]), g.const([0, 2, 1, 3]))
        context = g.add("Reshape", context, g.add("Pack", texts, length, g.const(width)))
        x = norm(g.add("AddV2", x, linear(context, f"{layer}/attention/out_lin")), f"{layer}/sa_layer_norm")
        inner = g.activate(build.activation, linear(x, f"{layer}/ffn/lin1"))
        x = norm(g.add("AddV2", x, linear(inner, f"{layer}/ffn/lin2")), f"{layer}/output_layer_norm")
    cut = (g.const(n) for n in ([0, 0], [0, 1], [1, 1]))
    pooled = g.add("StridedSlice", x, *cut, begin_mask=1, end_mask=1, shrink_axis_mask=2)
    pooled = g.add(build.head_activation, linear(pooled, "pre_classifier"))
    return g.add(build.end, linear(pooled, "/classifier"))
