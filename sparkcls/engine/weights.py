"""Weights in the precision to compute in, memory-mapped wherever that is possible.

All processes that map the same file share its pages. A file in another precision than the wanted one is therefore
converted once per machine, into the cache, and the result is what every worker maps, see `sparkcls.engine.kept`. Models
that have a file in common, such as one encoder under several heads, have it in memory once.
"""

from __future__ import annotations

import hashlib
import logging
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load, load_file, save_file
from torch import Tensor

from sparkcls.engine.eight_bits import Quantized
from sparkcls.engine.kept import made_once
from sparkcls.engine.precision import INT8
from sparkcls.engine.process import give_back_now_and_then, leave_pages
from sparkcls.errors import ModelFormatError, ParamError
from sparkcls.families.weights import roles_of_all_tokens
from sparkcls.models.checksums import content_sha256
from sparkcls.models.layout import ModelFolder

logger = logging.getLogger(__name__)

#: To be counted up when what a converted file holds changes.
LAYOUT = "v3"
#: What torch calls the precision that a file states.
_DTYPES = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64"}


class Held(dict[str, Tensor]):
    """Weights of one file, by role, see `sparkcls.families.weights`.

    Parameters
    ----------
    mapped
        The file whose pages they are; None if they are a copy of this process.
    """

    def __init__(self, tensors: Mapping[str, Tensor] | None = None, mapped: Path | None = None):
        super().__init__(tensors or {})
        self.mapped = mapped

    @cached_property
    def size(self) -> int:
        """Bytes; counted once, because a LightPipeline asks for every text where many models are loaded."""
        return sum(tensor.nbytes for tensor in self.values())


#: Those of this process, by content, precision and device.
_held: weakref.WeakValueDictionary[tuple[str, str], Held] = weakref.WeakValueDictionary()


@dataclass(frozen=True)
class _Part:
    """What is wanted of one file.

    Parameters
    ----------
    model
        The model's folder, for messages.
    wanted
        By role, a weight's name in the file, its precision there, and the one to have it in: names of torch dtypes.
    """

    model: Path
    file: Path
    wanted: Mapping[str, tuple[str, str, str]]

    @property
    def key(self) -> str:
        """Of all that decides what `read` gives."""
        wanted = hashlib.sha256(repr(sorted(self.wanted.items())).encode()).hexdigest()
        return f"{content_sha256(self.file)}-{wanted[:16]}"

    @property
    def is_as_wanted(self) -> bool:
        return all(there == wanted for _, there, wanted in self.wanted.values())

    def read(self, mapped: bool = False) -> Held:
        """The weights, a copy of this process unless they are mapped.

        Parameters
        ----------
        mapped
            Whether they must be mapped. Else a file that cannot be, as on some network file systems, is read.

        Raises
        ------
        OSError
            The file cannot be read, or not mapped.
        ModelFormatError
            It is damaged.
        """
        try:
            tensors = load_file(self.file) if mapped else _read(self.file)
        except SafetensorError as e:
            raise ModelFormatError(f"{self.file} is corrupt or cut off ({e}); copy the model again") from e
        held = Held(mapped=self.file if mapped else None)
        for role, (name, _, to) in self.wanted.items():
            if to != INT8:
                held[role] = tensors[name].to(getattr(torch, to))
                continue
            # By the names that `combined` knows.
            for field, tensor in Quantized.of(tensors[name])._asdict().items():
                held[f"{role}.{field}"] = tensor
        return held


def load_weights(folder: ModelFolder, device: torch.device, precision: str) -> list[Held]:
    """The weights of a model, those of each of its files.

    On a CPU they are mapped from the model's own file, or from a converted one. Where the cache cannot be written,
    and on any other device, they are a copy of this process.

    Parameters
    ----------
    precision
        Name of the torch dtype of most linear layers, see `_parts`.

    Raises
    ------
    OSError
        The model's files cannot be read.
    ModelFormatError
        They are damaged.
    """
    everywhere = device.type == "cuda" and precision == "float16"
    found = []
    for part in _parts(folder, precision, everywhere):
        key = part.key, str(device)
        held = _held.get(key)
        if held is None:
            held = _held[key] = _load(part, device, precision)
        found.append(held)
    return found


def combined(parts: list[Held]) -> dict[str, Tensor]:
    """All weights of a model by role; those in 8 bits are `Quantized`, which `eight_bit_linear` takes as weights."""
    found = {role: tensor for part in parts for role, tensor in part.items()}
    for role in [role for role in found if role.endswith(".values")]:
        stem = role.removesuffix(".values")
        fields = {field: found.pop(f"{stem}.{field}") for field in Quantized._fields}
        found[stem] = cast(Tensor, Quantized(**fields))
    return found


def _load(part: _Part, device: torch.device, precision: str) -> Held:
    if device.type != "cpu":
        return Held({role: tensor.to(device) for role, tensor in part.read().items()})
    if part.is_as_wanted:
        try:
            return part.read(mapped=True)
        except OSError as e:
            # The cache is on a disk of this machine, so all its workers can share a copy there.
            logger.info("The weights in %s cannot be mapped (%s), so they are copied into the cache", part.file, e)
    try:
        converted = _converted_file(part, precision)
        return Held(load_file(converted), converted)
    except (OSError, ParamError) as e:
        logger.warning(
            "The cache cannot be written or mapped (%s), so this process holds its own %s copy of the weights of %s",
            # Not the error: what keeps the record would keep the weights of the frames that it has come through.
            str(e),
            precision,
            part.model,
        )
        return part.read()


def _read(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except OSError as e:
        logger.info("%s cannot be mapped (%s), so it is read", path, e)
        return load(path.read_bytes())


def _converted_file(part: _Part, precision: str) -> Path:
    def make(file: Path) -> None:
        try:
            save_file(part.read(), file)
        except OSError:
            raise
        except Exception as e:
            # safetensors has an error of its own for a full disk.
            raise OSError(str(e)) from e
        # A worker that converts would hold more than all others.
        leave_pages(part.file)
        give_back_now_and_then(0.0)

    content, _, wanted = part.key.partition("-")
    return made_once(f"sha256:{content}", f"{precision}-{LAYOUT}.{wanted}", make)


def _parts(folder: ModelFolder, precision: str, everywhere: bool = False) -> list[_Part]:
    """The weights with the linear layers in another precision, as far as all tokens pass through them.

    What only each sequence's first token needs is float32 always: the head and most of the last layer. It takes no
    time, and what it rounds would go straight into the scores.

    Parameters
    ----------
    everywhere
        Whether embeddings and layer norms are in that precision too, and with them all that passes between layers. On
        a CPU they take no time. On a GPU they are a fifth of it; in float16 scores then move by 1.2 times as much
        (bundled model, SST-2 dev).
    """
    rounded = roles_of_all_tokens(folder.family, folder.shape, folder.head, linear_alone=not everywhere)
    parts: dict[Path, dict[str, tuple[str, str, str]]] = {}
    for role, weight in folder.weights.items():
        wanted = precision if role.rpartition(".")[0] in rounded else "float32"
        if wanted == INT8 and len(weight.shape) != 2:
            # Biases are added to sums of products.
            wanted = "float32"
        parts.setdefault(weight.file, {})[role] = weight.name, _DTYPES[weight.dtype], wanted
    return [_Part(folder.path, file, wanted) for file, wanted in parts.items()]
