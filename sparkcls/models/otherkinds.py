"""What a folder without weights in the safetensors format holds instead: a sentence that says so."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from sparkcls.errors import ModelFormatError

#: Formats that run code when they are read (pickle), refused whatever they hold. The folder's other files decide
#: nothing then, so ``training_args.bin`` beside a model is none of them.
PICKLES = ("pytorch_model*.bin", "pytorch_model.bin.index.json", "*.pt", "*.pth", "*.pkl", "*.ckpt")
#: Weights of frameworks that sparkcls does not have.
_FRAMEWORKS = {"tf_model*.h5": "TensorFlow's (Keras)", "flax_model*.msgpack": "Flax's"}
#: What sentence-transformers, and SetFit, put beside a model.
_MODULES = "modules.json"
ADAPTER = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
_WANTED = "model.safetensors"

_SAVE = f"save_pretrained(folder, safe_serialization=True) to get {_WANTED}"


def has_other_weights(folder: Path) -> bool:
    """Whether a folder has weights of a kind that is refused."""
    return _first(folder, PICKLES) is not None or _first(folder, _FRAMEWORKS) is not None or is_adapter(folder)


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds the adapter of PEFT: a change of another model's weights."""
    return (folder / ADAPTER).is_file()


def refuse_adapter(folder: Path) -> None:
    """Raise ModelFormatError for PEFT's folders, which must be merged before.

    For them `transformers` takes another model's weights, whatever lies beside.
    """
    if is_adapter(folder):
        raise ModelFormatError(
            f"{folder} holds an adapter of PEFT ({ADAPTER}), a change of another model; merge it once with "
            f"`sparkcls convert {folder} OUT` or loadSavedModel(folder). If the whole model is there, remove {ADAPTER}"
        )


def without_head(folder: Path) -> str:
    """What to say of a model whose head is missing."""
    if (folder / _MODULES).is_file():
        return (
            f"{_MODULES} says that it is one of sentence-transformers or SetFit, which makes vectors of texts; what "
            "classifies these is not part of it, and is a pickle in SetFit's folders"
        )
    return "is it a model with a classification head?"


def missing_weights(where: str, names: list[str]) -> ModelFormatError:
    """What to raise for a folder or repository that has files of these names, and no weights in safetensors."""
    pickle = _match(names, PICKLES)
    if pickle:
        return ModelFormatError(
            f"{where} has its weights only as {pickle}, a pickle, which can run code when it is read, so sparkcls "
            f"refuses it; turn a copy that you trust into {_WANTED} with `sparkcls convert FOLDER OUT`, which reads it "
            f"with torch's restricted unpickler, or save the model with {_SAVE}"
        )
    framework = _match(names, _FRAMEWORKS)
    if framework:
        kind = next(kind for pattern, kind in _FRAMEWORKS.items() if fnmatchcase(framework, pattern))
        return ModelFormatError(
            f"{where} has its weights only as {framework}, {kind} format, which sparkcls does not read; load the "
            f"model with transformers 4 (from_tf=True or from_flax=True) and {_SAVE}"
        )
    return ModelFormatError(f"{where} has no {_WANTED}; save the model in the safetensors format")


def _first(folder: Path, patterns: Iterable[str]) -> str | None:
    return _match(sorted(f.name for f in folder.iterdir()), patterns) if folder.is_dir() else None


def _match(names: list[str], patterns: Iterable[str]) -> str | None:
    return next((name for pattern in patterns for name in names if fnmatchcase(name, pattern)), None)
