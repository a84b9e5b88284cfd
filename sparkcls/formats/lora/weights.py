"""Merging an adapter of PEFT's LoRA into the model that it changes, for which nobody needs peft then.

LoRA (arXiv 2106.09685) adds scale * B @ A to a layer's weights W; DoRA (arXiv 2402.09353) then scales every row to a
length that was learned. The scale and which layers: `sparkcls.formats.lora.config`. Names of the adapter's weights:

    base_model.model.<layer>.lora_A.weight, .lora_B.weight, .lora_B.bias, .lora_magnitude_vector
    base_model.model.<embedding>.lora_embedding_A, .lora_embedding_B, .token_adapter.trainable_tokens_delta
    base_model.model.<any weight of the base>       takes its place: the head, biases, embeddings that were resized
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sparkcls.errors import ModelFormatError
from sparkcls.formats.lora.config import LoraConfig
from sparkcls.formats.safetensors_file import read_array
from sparkcls.models.otherkinds import ADAPTER_WEIGHTS
from sparkcls.models.tensors import FLOATS, Tensor, read_header

_A, _B, _B_BIAS, _LENGTHS = "lora_A.weight", "lora_B.weight", "lora_B.bias", "lora_magnitude_vector"
_ROWS_A, _ROWS_B, _TOKENS = "lora_embedding_A", "lora_embedding_B", "token_adapter.trainable_tokens_delta"
_PARTS = (_A, _B, _B_BIAS, _LENGTHS, _ROWS_A, _ROWS_B, _TOKENS)
_PREFIX = "base_model.model."
#: Copies that peft saves besides with ``bias="all"``.
_COPIES = re.compile(r"\.(?:original_module|modules_to_save)\.")


@dataclass(frozen=True)
class _Changes:
    """An adapter's weights: `layers` by module and part, `whole` those that take the place of the base's."""

    file: Path
    layers: dict[str, dict[str, Tensor]] = field(default_factory=dict)
    whole: dict[str, Tensor] = field(default_factory=dict)


def merged(
    adapter: Path, config: LoraConfig, base: Mapping[str, Tensor], names: set[str], words: str
) -> dict[str, Tensor | np.ndarray]:
    """The weights of a base with those of an adapter merged into them; what was changed is float32.

    Parameters
    ----------
    adapter
        The adapter's folder.
    base
        The base's weights by the names of `transformers`; a head may be missing.
    names
        Those names of all weights of the classifier.
    words
        The name of the embedding of wordpieces.

    Raises
    ------
    ModelFormatError
        The adapter's weights are missing or damaged, or do not fit its settings or the base.
    """
    changes = _read(adapter, config.file, names)
    _check_targets(changes, config, names)
    weights: dict[str, Tensor | np.ndarray] = {**base, **changes.whole}
    tokens = {name or words: rows for name, rows in config.tokens.items()}
    for module, parts in changes.layers.items():
        name = f"{module}.weight"
        if name not in weights:
            raise ModelFormatError(
                f"{changes.file} changes {name}, which the base model does not have; is it the right one?"
            )
        weight = _array(weights[name])
        if _TOKENS in parts:
            weights[name] = _with_rows(changes.file, module, weight, parts, tokens)
            continue
        weights[name] = _with_product(changes.file, config, module, weight, parts)
        if _B_BIAS in parts:
            bias = weights.get(f"{module}.bias")
            if bias is None:
                raise ModelFormatError(f"{changes.file}: {module} has a {_B_BIAS}, but the base has no bias there")
            added = config.scale_of(module) * _array(parts[_B_BIAS])
            weights[f"{module}.bias"] = _single(changes.file, module, _array(bias) + added)
    return weights


def _read(adapter: Path, config: Path, names: set[str]) -> _Changes:
    file = adapter / ADAPTER_WEIGHTS
    if not file.is_file():
        raise ModelFormatError(
            f"{adapter} has no {ADAPTER_WEIGHTS}; save the adapter with peft's save_pretrained(folder). From an "
            f"adapter_model.bin, if you trust it, `sparkcls convert {adapter} OUT` makes a model; if the whole model "
            f"is there, remove {config.name}"
        )
    changes = _Changes(file)
    for stored, tensor in read_header(file).items():
        if tensor.dtype not in FLOATS:
            raise ModelFormatError(f"{file}: {stored} is stored as {tensor.dtype}; expected one of {', '.join(FLOATS)}")
        name = stored.removeprefix(_PREFIX)
        module, part = _part_of(name)
        if part:
            changes.layers.setdefault(module, {})[part] = tensor
        elif _COPIES.search(name) is None:
            whole = name.replace(".base_layer.", ".")
            if whole not in names:
                raise ModelFormatError(
                    f"{file} has {stored}, which is no weight of this classifier; is the base model the right one, and "
                    "the adapter one for a sequence classifier?"
                )
            changes.whole[whole] = tensor
    return changes


def _part_of(name: str) -> tuple[str, str]:
    name = name.removesuffix(".weight") if name.endswith(f"{_LENGTHS}.weight") else name
    part = next((part for part in _PARTS if name.endswith(f".{part}")), "")
    return name.removesuffix(f".{part}"), part


def _check_targets(changes: _Changes, config: LoraConfig, names: set[str]) -> None:
    """Refuse weights that peft would leave out with a warning, and settings for which it would take random ones."""
    modules = {name.removesuffix(".weight") for name in names if name.endswith(".weight")}
    products = {module for module, parts in changes.layers.items() if _TOKENS not in parts}
    for module in sorted(modules | products):
        expected = config.is_target(module)
        if module in products and (module not in modules or expected is False):
            raise ModelFormatError(
                f"{changes.file} changes {module}, which "
                + (
                    f"{config.file.name} does not name as a target"
                    if module in modules
                    else "is not in this classifier"
                )
                + "; the two files belong to different adapters, or the base is another"
            )
        # Norms have a weight too, but no matrices.
        if expected and module not in products and "norm" not in module.lower():
            raise ModelFormatError(
                f"{changes.file} has no weights for {module}, which {config.file.name} names as a target; copy the "
                "adapter again"
            )
    lost = sorted(name for name in names - changes.whole.keys() if config.is_saved(name.rpartition(".")[0]))
    if lost:
        raise ModelFormatError(
            f"{changes.file} lacks {len(lost)} weights that modules_to_save in {config.file.name} says it has, the "
            f"first is {lost[0]}; copy the adapter again"
        )


def _with_product(
    file: Path, config: LoraConfig, module: str, weight: np.ndarray, parts: Mapping[str, Tensor]
) -> np.ndarray:
    """W + scale * B @ A, of an embedding the transposed product; with lengths (DoRA), each row brought to its own."""
    rows = _ROWS_A in parts
    a, b = (parts.get(name) for name in ((_ROWS_A, _ROWS_B) if rows else (_A, _B)))
    rank = config.rank_of(module)
    out, into = reversed(weight.shape) if rows else weight.shape
    if a is None or b is None or a.shape != (rank, into) or b.shape != (out, rank):
        shapes = " and ".join("none" if part is None else str(list(part.shape)) for part in (a, b))
        raise ModelFormatError(
            f"{file}: the matrices of {module} have the shapes {shapes}; expected {[rank, into]} and {[out, rank]}, "
            f"for rank {rank} and the base's weight of shape {list(weight.shape)}"
        )
    with np.errstate(all="ignore"):
        # What is not finite then is refused below.
        product = config.scale_of(module) * (_array(b) @ _array(a))
    changed = weight + (product.T if rows else product)
    lengths = parts.get(_LENGTHS)
    if config.dora is (lengths is None) or (rows and config.dora):
        raise ModelFormatError(
            f"{file}: use_dora is {config.dora} in {config.file.name}, and {module}"
            + (" is an embedding" if rows else f" has {'no' if lengths is None else 'a'} {_LENGTHS}")
            + "; merge the adapter with peft, or copy it again"
        )
    if lengths is not None:
        if lengths.shape != (out,):
            raise ModelFormatError(f"{file}: {_LENGTHS} of {module} has shape {list(lengths.shape)}, expected {[out]}")
        changed *= (_array(lengths) / np.sqrt((changed * changed).sum(axis=1)))[:, None]
    return _single(file, module, changed)


def _with_rows(
    file: Path,
    module: str,
    weight: np.ndarray,
    parts: Mapping[str, Tensor],
    tokens: Mapping[str, tuple[int, ...]],
) -> np.ndarray:
    """The weights of an embedding with rows of the adapter in place of some."""
    named = [rows for name, rows in tokens.items() if module == name or module.endswith(f".{name}")]
    new = _array(parts[_TOKENS])
    if (
        len(parts) > 1
        or len(named) != 1
        or new.shape != (len(named[0]), weight.shape[1])
        or max(named[0]) >= len(weight)
    ):
        raise ModelFormatError(
            f"{file}: {module} has new rows of shape {list(new.shape)}, which do not fit trainable_token_indices, "
            "or is changed in another way too; merge the adapter with peft"
        )
    weight[list(named[0])] = new
    return _single(file, module, weight)


def _array(tensor: Tensor | np.ndarray) -> np.ndarray:
    return np.array(tensor if isinstance(tensor, np.ndarray) else read_array(tensor), np.float64)


def _single(file: Path, module: str, weight: np.ndarray) -> np.ndarray:
    found = weight.astype("<f4")
    if not np.isfinite(found).all():
        raise ModelFormatError(f"{file}: {module} is not finite once it is merged; the adapter is damaged, or the base")
    return found
