"""Names of activations: those of `transformers` in a config.json, and ours."""

from __future__ import annotations

#: Ours by those of `transformers`; several are one function.
ACTIVATIONS = {
    **{name: "gelu" for name in ("gelu", "gelu_python")},
    **{
        name: "gelu_tanh"
        for name in ("gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_accurate")
    },
    **{name: "silu" for name in ("silu", "swish")},
    **{name: name for name in ("relu", "relu6", "quick_gelu", "mish", "tanh")},
}
