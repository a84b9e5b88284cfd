"""Weights in the precision to compute in, memory-mapped wherever that is possible.

All processes that map the same file share its pages. A file in another precision than the wanted one is therefore
converted once per machine, into the cache, and the result is what every worker maps, see `sparkcls.engine.kept`.
"""

from __future__ import annotations

import logging
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, load_file, save_file
from torch import Tensor

from sparkcls.engine.kept import made_once
from sparkcls.errors import ModelFormatError, ParamError
from sparkcls.families.weights import roles_of_all_tokens
from sparkcls.models.layout import ModelFolder

logger = logging.getLogger(__name__)

#: Which weights are in which precision; to be counted up when `_converted` changes.
LAYOUT = "v2"


def load_weights(folder: ModelFolder, digest: str, device: torch.device, precision: str) -> dict[str, Tensor]:
    """The weights of a model, by role, see `sparkcls.families.weights`.

    On a CPU they are mapped from the model's own file, or from a converted one. Where the cache cannot be written,
    and on any other device, they are a copy of this process.

    Parameters
    ----------
    digest
        The content of `folder`, as `folder_digest` gives it.
    precision
        Name of the torch dtype of most linear layers, see `_converted`.

    Raises
    ------
    OSError
        The model's files cannot be read.
    ModelFormatError
        They are damaged.
    """
    if device.type != "cpu":
        everywhere = device.type == "cuda" and precision == "float16"
        return {name: tensor.to(device) for name, tensor in _converted(folder, precision, everywhere).items()}
    if precision == "float32" and {weight.dtype for weight in folder.weights.values()} == {"F32"}:
        try:
            return _own(folder, mapped=True)
        except OSError as e:
            # The cache is on a disk of this machine, so all its workers can share a copy there.
            logger.info("The weights of %s cannot be mapped (%s), so they are copied into the cache", folder.path, e)
    try:
        return load_file(_converted_file(folder, digest, precision))
    except (OSError, ParamError) as e:
        logger.warning(
            "The cache cannot be written or mapped (%s), so this process holds its own %s copy of the weights of %s",
            e,
            precision,
            folder.path,
        )
        return _converted(folder, precision)


def _own(folder: ModelFolder, mapped: bool) -> dict[str, Tensor]:
    """The weights as the model's own files have them.

    Parameters
    ----------
    mapped
        Whether they must be mapped. Else a file that cannot be, as on some network file systems, is read.

    Raises
    ------
    OSError
        A file cannot be read, or not mapped.
    ModelFormatError
        A file is damaged.
    """
    found: dict[str, Tensor] = {}
    for path in {weight.file: None for weight in folder.weights.values()}:
        try:
            tensors = load_file(path) if mapped else _read(path)
        except SafetensorError as e:
            raise ModelFormatError(f"{path} is corrupt or cut off ({e}); copy the model again") from e
        found |= {role: tensors[w.name] for role, w in folder.weights.items() if w.file == path}
    return found


def _read(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except OSError as e:
        logger.info("%s cannot be mapped (%s), so it is read", path, e)
        return load(path.read_bytes())


def _converted_file(folder: ModelFolder, digest: str, precision: str) -> Path:
    def make(file: Path) -> None:
        try:
            save_file(_converted(folder, precision), file)
        except Exception as e:
            # safetensors has an error of its own for a full disk.
            raise e if isinstance(e, OSError) else OSError(str(e)) from e

    return made_once(digest, f"{precision}-{LAYOUT}", make)


def _converted(folder: ModelFolder, precision: str, everywhere: bool = False) -> dict[str, Tensor]:
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
    return {
        role: tensor.to(getattr(torch, precision if role.rpartition(".")[0] in rounded else "float32"))
        for role, tensor in _own(folder, mapped=False).items()
    }
