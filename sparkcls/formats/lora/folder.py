"""From an adapter's folder and its base's to a model folder: weights, configuration, labels and tokenizer."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.families.family import Family
from sparkcls.families.weights import OUTPUT, own_name, weights_of
from sparkcls.formats.lora.config import read_lora_config
from sparkcls.formats.lora.weights import merged
from sparkcls.formats.pieces import as_json
from sparkcls.formats.safetensors_file import write_safetensors
from sparkcls.models.config import CONFIG, read_config, read_shape
from sparkcls.models.labels import LABELS, as_entries, read_labels
from sparkcls.models.layout import DECISIVE, PARAMS
from sparkcls.models.otherkinds import missing_weights
from sparkcls.models.shards import WEIGHTS, has_weights
from sparkcls.models.tensors import Tensor
from sparkcls.models.textfiles import read_json, read_lines
from sparkcls.models.tokenizer_files import TOKENIZER_FILES
from sparkcls.models.tokenizer_json import TOKENIZER
from sparkcls.models.vocabulary import VOCABULARY
from sparkcls.models.weights import stored_weights

#: Files of a tokenizer, and those of them without which there is none.
_TOKENIZER_FILES = [name for name in DECISIVE if name not in (CONFIG, WEIGHTS, LABELS, PARAMS)]
_PIECES = (TOKENIZER, *VOCABULARY, *TOKENIZER_FILES)


def merge_adapter(adapter: Path, base: Path, target: Path) -> None:
    """Write the model folder of a base with an adapter merged into it; needs no peft.

    The configuration is the base's, with the names of the labels; so is the tokenizer, unless the adapter's folder has
    one of its own. Labels are those in the adapter's assets/labels.txt, one a line, else the base's.

    Parameters
    ----------
    target
        Folder that is made.

    Raises
    ------
    ModelFormatError
        A file is missing or damaged; the adapter does something that sparkcls does not honour, see
        `sparkcls.formats.lora.config`; the base has no labels for its head.
    """
    settings = read_lora_config(adapter)
    family, config = read_config(base)
    if not family.names:
        raise ModelFormatError(
            f"{adapter} adapts a {family.architecture}, of which sparkcls does not know the weights by name; merge it "
            "with peft's merge_and_unload, and save the model"
        )
    shape = read_shape(base / CONFIG, config, family)
    names = {weight.name for weight in weights_of(family, shape, 0).values()}
    words, output = family.names["embeddings.word"], f"{family.names[OUTPUT]}.weight"
    weights = merged(adapter, settings, _weights_of(base, family, names), names, words)
    head = weights.get(output)
    if head is None or len(head.shape) != 2:
        raise ModelFormatError(
            f"Neither {adapter} nor its base {base} has {output}; name the head's layers in modules_to_save, and train "
            "the adapter again"
        )
    own_tokenizer = any((adapter / name).is_file() for name in _PIECES)
    written = _config(base, family, _labels(adapter, base, head.shape[0]))
    if own_tokenizer:
        # Tokens were added; of a base's own tokenizer the rows must fit.
        written["vocab_size"] = weights[f"{words}.weight"].shape[0]
    target.mkdir(parents=True)
    write_safetensors(weights, target / WEIGHTS)
    (target / CONFIG).write_bytes(as_json(written, str(target / CONFIG)))
    for folder, files in (
        (adapter if own_tokenizer else base, _TOKENIZER_FILES),
        (base, [PARAMS]),
        (adapter, [PARAMS]),
    ):
        for name in files:
            if (folder / name).is_file():
                (target / name).parent.mkdir(exist_ok=True)
                shutil.copyfile(folder / name, target / name)


def _weights_of(base: Path, family: Family, names: Iterable[str]) -> dict[str, Tensor]:
    """The base's weights by the names of `transformers`; a base that was only pre-trained has no head, and others."""
    if not has_weights(base):
        raise missing_weights(str(base), sorted(file.name for file in base.iterdir()))
    by_own_name = {own_name(family, name): name for name in names}
    found: dict[str, Tensor] = {}
    for tensor in stored_weights(base):
        name = by_own_name.get(own_name(family, tensor.name))
        if name in found:
            raise ModelFormatError(f"{tensor.file} has {name} twice, also as {found[name].name}; save the model anew")
        if name is not None:
            found[name] = tensor
    return found


def _labels(adapter: Path, base: Path, outputs: int) -> tuple[str, ...]:
    """The label of every output of the head.

    `transformers` takes them from the base's configuration, where an adapter's own are lost unless the base is a
    classifier with the same labels.
    """
    stated = read_json(base / CONFIG)
    named = stated.get("id2label") or {}
    if (adapter / LABELS).is_file():
        labels = tuple(line.strip() for line in read_lines(adapter / LABELS) if line.strip())
        if len({*labels}) == outputs == len(labels):
            return labels
        raise ModelFormatError(f"{adapter / LABELS} names {len(labels)} labels; expected {outputs} different ones")
    if (base / LABELS).is_file() or outputs == (len(named) if named else stated.get("num_labels", 2)):
        return read_labels(base, stated, outputs)
    raise ModelFormatError(
        f"The head of {adapter} has {outputs} outputs, and its base {base} names no labels for so many; write "
        f"their names, one a line in the order of the outputs, to {adapter / LABELS}"
    )


def _config(base: Path, family: Family, labels: tuple[str, ...]) -> dict[str, Any]:
    stated = read_json(base / CONFIG)
    # The merged weights are in single precision; the number of labels is that of their names.
    config = {key: value for key, value in stated.items() if key not in ("num_labels", "dtype", "torch_dtype")}
    return config | {"architectures": [family.architecture]} | as_entries(labels)
