"""What can be measured: sparkcls in its variants, the ways that people have otherwise, and the limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sparkcls.errors import ParamError

#: The matrix multiplication itself, which gives the limit that the others are compared with.
GEMM = "gemm"
SPARK_NLP = "spark-nlp"
#: Models that a system can be given beside the run's: ``sparkcls@bundled``.
MODELS = ("bundled", "base")


@dataclass(frozen=True)
class System:
    """One thing to measure.

    Parameters
    ----------
    module
        The module of this package that runs it.
    about
        What it is, in a line.
    slow
        Whether it gets fewer rows.
    model
        The model it runs; None for the run's.
    """

    name: str
    module: str
    about: str
    precision: str = "float32"
    slow: bool = False
    model: str | None = None
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        """Whether this is sparkcls in Spark."""
        return self.module == "ours"


_AUTO = "auto"
_DAEMON = {"daemon": True}
_KNOWN = (
    System("sparkcls", "ours", "sparkcls as it comes, with its worker daemon", _AUTO, options=_DAEMON),
    System("sparkcls-float32", "ours", "sparkcls, setPrecision('float32')", options=_DAEMON),
    System("sparkcls-mixed", "ours", "sparkcls, setPrecision('mixed')", "mixed", options=_DAEMON),
    System("sparkcls-int8", "ours", "sparkcls, setPrecision('int8')", "int8", options=_DAEMON),
    System("sparkcls-bfloat16", "ours", "sparkcls, setPrecision('bfloat16')", "bfloat16", options=_DAEMON),
    System("sparkcls-no-daemon", "ours", "sparkcls with Spark's own worker daemon", _AUTO),
    System("hf-pipeline", "hf_pipeline", "transformers' pipeline in a pandas UDF, batch size 1", slow=True),
    System("predict-batch", "predict_batch", "predict_batch_udf with transformers, batch size 32", slow=True),
    System(SPARK_NLP, "spark_nlp", "Spark NLP with ONNX at its best batch size", slow=True),
    System("loop", "loop", "sparkcls' engine in plain processes, sorted by length, no Spark", _AUTO),
    System("loop-float32", "loop", "the same in float32"),
    System("loop-bfloat16", "loop", "the same in bfloat16", "bfloat16"),
    System("light", "light", "LightPipeline, one text a call, from several threads, no Spark", _AUTO),
    System(GEMM, "limit", "matrix multiplications of the model's shapes"),
)
NAMES = tuple(system.name for system in _KNOWN)
#: What a run without --systems measures.
DEFAULT = ("sparkcls", "hf-pipeline", "predict-batch", "loop", GEMM)
#: The same with --full.
FULL = ("sparkcls", "sparkcls-float32", "hf-pipeline", "predict-batch", "loop", "loop-float32", GEMM)


def find_system(name: str) -> System:
    """The system of a name, ``NAME`` or ``NAME@MODEL``.

    Raises
    ------
    ParamError
        There is no such system or model.
    """
    plain, _, model = name.partition("@")
    for system in _KNOWN:
        if system.name == plain:
            break
    else:
        raise ParamError(f"--systems {name}: no such system; there are {', '.join(NAMES)}")
    if not model and "@" not in name:
        return system
    if model not in MODELS or plain in (GEMM, SPARK_NLP):
        raise ParamError(
            f"--systems {name}: after @ comes one of {', '.join(MODELS)}, and only where sparkcls or transformers runs"
        )
    return System(
        name, system.module, f"{system.about}; model: {model}", system.precision, system.slow, model, system.options
    )
