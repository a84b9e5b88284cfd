"""The weights of a classifier in a folder: which tensors of which files, checked against the configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.models.config import CONFIG
from sparkcls.models.otherkinds import missing_weights
from sparkcls.models.shards import INDEX, WEIGHTS, has_weights, weight_files
from sparkcls.models.tensors import FLOATS, Tensor, read_header

_MODEL = "distilbert."
#: What `torch.nn.DataParallel` and `torch.compile` put before the names of a model that is not taken out of them.
_WRAPPERS = ("module.", "_orig_mod.")
_LAYER = re.compile(r"transformer\.layer\.(\d{1,9})\.")
#: Names of a layer norm's weights that go back to TensorFlow.
_OLD_NORM = re.compile(r"((?:LayerNorm|layer_norm)\.)(gamma|beta)$")
_NEW = {"gamma": "weight", "beta": "bias"}


def short_name(name: str) -> str:
    """The name of a weight as the network knows it: without what wraps it, and without the model's prefix.

    `transformers` takes the prefix ``distilbert.``, or none, and old names of layer norms. A wrapper's prefix it does
    not take: the model gets random weights, with a warning.
    """
    for prefix in _WRAPPERS:
        name = name.removeprefix(prefix)
    while name.startswith(_MODEL):
        name = name.removeprefix(_MODEL)
    return _OLD_NORM.sub(lambda match: match[1] + _NEW[match[2]], name)


def expected_shapes(config: Mapping[str, Any]) -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight but the head's last layer, by the names of `transformers`."""
    dim, hidden = config["dim"], config["hidden_dim"]
    emb = "distilbert.embeddings"
    shapes: dict[str, tuple[int, ...]] = {
        f"{emb}.word_embeddings.weight": (config["vocab_size"], dim),
        f"{emb}.position_embeddings.weight": (config["max_position_embeddings"], dim),
        f"{emb}.LayerNorm.weight": (dim,),
        f"{emb}.LayerNorm.bias": (dim,),
        "pre_classifier.weight": (dim, dim),
        "pre_classifier.bias": (dim,),
    }
    for i in range(config["n_layers"]):
        layer = f"distilbert.transformer.layer.{i}"
        linear = {f"attention.{k}_lin": (dim, dim) for k in ("q", "k", "v", "out")}
        linear |= {"ffn.lin1": (hidden, dim), "ffn.lin2": (dim, hidden)}
        for name, shape in linear.items():
            shapes[f"{layer}.{name}.weight"] = shape
            shapes[f"{layer}.{name}.bias"] = shape[:1]
        for name in ("sa_layer_norm", "output_layer_norm"):
            shapes[f"{layer}.{name}.weight"] = shapes[f"{layer}.{name}.bias"] = (dim,)
    return shapes


def read_weights(folder: Path, config: Mapping[str, Any]) -> dict[str, Tensor]:
    """The weights that a classifier needs, by `short_name`; what else the files hold is left alone.

    Raises
    ------
    ModelFormatError
        A file is missing or damaged, or of a refused kind; a weight is missing, there twice, or of another shape than
        the configuration says, or no float.
    """
    if not has_weights(folder):
        raise missing_weights(str(folder), sorted(file.name for file in folder.iterdir()))
    where = folder / WEIGHTS if (folder / WEIGHTS).is_file() else folder / INDEX
    stored = list(stored_weights(folder))
    by_name: dict[str, list[Tensor]] = {}
    for tensor in stored:
        by_name.setdefault(short_name(tensor.name), []).append(tensor)
    layers = {int(match[1]) for match in map(_LAYER.match, by_name) if match}
    if config["n_layers"] > len(layers) + 1:
        # Before names are made for all that the configuration claims.
        _refuse_foreign(where, by_name)
        raise ModelFormatError(
            f"{where} lacks weights of a DistilBertForSequenceClassification: it has {len(layers)} layers, {CONFIG} "
            f"says n_layers {config['n_layers']}; correct n_layers, or copy the model again"
        )
    expected = {short_name(name): (name, shape) for name, shape in expected_shapes(config).items()}
    head = by_name.get("classifier.weight", [None])[0]
    if head is not None and len(head.shape) != 2:
        raise ModelFormatError(f"{head.file}: {head.name} has shape {list(head.shape)}; expected [outputs, dim]")
    outputs = head.shape[0] if head is not None else 0
    expected["classifier.weight"] = ("classifier.weight", (outputs, config["dim"]))
    expected["classifier.bias"] = ("classifier.bias", (outputs,))
    missing = sorted(name for short, (name, _) in expected.items() if short not in by_name)
    if missing:
        _refuse_foreign(where, by_name)
        raise ModelFormatError(
            f"{where} lacks {len(missing)} weights of a DistilBertForSequenceClassification, "
            f"the first is {missing[0]}; is it a model with a classification head?"
        )
    surplus = sorted(t.name for name in by_name if _LAYER.match(name) and name not in expected for t in by_name[name])
    if any(i >= config["n_layers"] for i in layers):
        raise ModelFormatError(
            f"{where} has layers that {CONFIG} (n_layers {config['n_layers']}) leaves out, "
            f"the first weight is {surplus[0]}; correct n_layers"
        )
    if outputs < 1:
        raise ModelFormatError(f"{where}: classifier.weight has no outputs")
    return {short: _checked(by_name[short], shape) for short, (_, shape) in expected.items()}


def _checked(tensors: list[Tensor], shape: tuple[int, ...]) -> Tensor:
    tensor = tensors[0]
    if len(tensors) > 1:
        raise ModelFormatError(
            f"{tensor.file} has one weight under {len(tensors)} names, {' and '.join(t.name for t in tensors)}; which "
            "one counts? Save the model anew"
        )
    if tensor.dtype not in FLOATS:
        raise ModelFormatError(
            f"{tensor.file}: {tensor.name} is stored as {tensor.dtype}; expected one of {', '.join(FLOATS)}. "
            "Quantized models cannot be read"
        )
    if tensor.shape != shape:
        raise ModelFormatError(
            f"{tensor.file}: {tensor.name} has shape {list(tensor.shape)}, {CONFIG} says {list(shape)}"
        )
    return tensor


def stored_weights(folder: Path) -> Iterable[Tensor]:
    """All weights in a folder's files, or those that its index names.

    Raises
    ------
    ModelFormatError
        A file is missing or damaged.
    """
    for name, kept in weight_files(folder).items():
        found = read_header(folder / name)
        missing = sorted((kept or set()) - found.keys())
        if missing:
            raise ModelFormatError(
                f"{folder / name} lacks {len(missing)} weights that {INDEX} says it has, the first is {missing[0]}; "
                "the files belong to different models: copy the whole folder again"
            )
        yield from (tensor for weight, tensor in found.items() if kept is None or weight in kept)


def _refuse_foreign(where: Path, names: Iterable[str]) -> None:
    """Raise ModelFormatError where all weights seem to be there, under another prefix."""
    ending = "embeddings.word_embeddings.weight"
    found = next((name for name in names if name.endswith(ending) and name != ending), None)
    if found is not None:
        prefix = found.removesuffix(ending)
        raise ModelFormatError(
            f"{where} has its weights under names that begin with {prefix!r}, such as {found}; a "
            f"DistilBertForSequenceClassification has {_MODEL!r} there, or nothing. Save the model itself with "
            "save_pretrained(folder), not what wraps it"
        )
