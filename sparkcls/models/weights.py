"""The weights of a classifier in a folder: which tensors of which files, checked against the configuration."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sparkcls.errors import ModelFormatError
from sparkcls.families.family import Family
from sparkcls.families.shape import Shape
from sparkcls.families.weights import OUTPUT, own_name, place_of, weights_of
from sparkcls.models.config import CONFIG
from sparkcls.models.otherkinds import missing_weights, without_head
from sparkcls.models.shards import INDEX, WEIGHTS, has_weights, weight_files
from sparkcls.models.tensors import FLOATS, Tensor, read_header


def read_weights(folder: Path, family: Family, shape: Shape) -> dict[str, Tensor]:
    """The weights that a classifier needs, by role; what else the files hold is left alone.

    Of a family without roles, see `sparkcls.families.generic`, all floats that are there, by their names.

    Raises
    ------
    ModelFormatError
        A file is missing or damaged, or of a refused kind; a weight is missing, there twice, or of another shape than
        the configuration says, or no float.
    """
    if not has_weights(folder):
        raise missing_weights(str(folder), sorted(file.name for file in folder.iterdir()))
    if not family.names:
        return {tensor.name: tensor for tensor in stored_weights(folder) if tensor.dtype in FLOATS}
    where = folder / WEIGHTS if (folder / WEIGHTS).is_file() else folder / INDEX
    by_name: dict[str, list[Tensor]] = {}
    for tensor in stored_weights(folder):
        by_name.setdefault(own_name(family, tensor.name), []).append(tensor)
    places = {name: place for name in by_name if (place := place_of(family, name)) is not None}
    layers = len(set(places.values()))
    stated = _layers_stated(family, shape)
    if shape.stored > layers + 1:
        # Before names are made for all that the configuration claims.
        _refuse_foreign(where, by_name, family)
        raise ModelFormatError(
            f"{where} lacks weights of a {family.architecture}: it has {layers} layers, {CONFIG} says {stated}; "
            f"correct {stated.split()[0]}, or copy the model again"
        )
    outputs = _outputs(by_name, family)
    expected = {
        own_name(family, weight.name): (role, weight) for role, weight in weights_of(family, shape, outputs).items()
    }
    missing = sorted(weight.name for own, (_, weight) in expected.items() if own not in by_name)
    if missing:
        _refuse_foreign(where, by_name, family)
        raise ModelFormatError(
            f"{where} lacks {len(missing)} weights of a {family.architecture}, the first is {missing[0]}; "
            f"{without_head(folder)}"
        )
    beyond = [
        name
        for name, (group, inner) in places.items()
        if inner >= shape.inner_layers or group * shape.inner_layers >= shape.stored
    ]
    if beyond:
        first = min(tensor.name for name in beyond for tensor in by_name[name])
        raise ModelFormatError(
            f"{where} has layers that {CONFIG} ({stated}) leaves out, the first weight is {first}; "
            f"correct {stated.split()[0]}"
        )
    if outputs < 1:
        raise ModelFormatError(f"{where}: {family.names[OUTPUT]}.weight has no outputs")
    return {role: _checked(by_name[own], weight.shape) for own, (role, weight) in expected.items()}


def _layers_stated(family: Family, shape: Shape) -> str:
    """The entries of config.json that say how many layers with weights of their own there are."""
    fields = ("groups", "inner_layers") if shape.groups else ("layers",)
    return ", ".join(f"{family.key_of(field)} {getattr(shape, field)}" for field in fields)


def _outputs(by_name: dict[str, list[Tensor]], family: Family) -> int:
    head = by_name.get(own_name(family, f"{family.names[OUTPUT]}.weight"), [None])[0]
    if head is None:
        return 0
    if len(head.shape) != 2:
        raise ModelFormatError(f"{head.file}: {head.name} has shape {list(head.shape)}; expected [outputs, width]")
    return head.shape[0]


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


def _refuse_foreign(where: Path, names: Iterable[str], family: Family) -> None:
    """Raise ModelFormatError where all weights seem to be there, under another prefix."""
    ending = own_name(family, f"{family.names['embeddings.word']}.weight")
    found = next((name for name in names if name.endswith(ending) and name != ending), None)
    if found is not None:
        prefix = found.removesuffix(ending)
        raise ModelFormatError(
            f"{where} has its weights under names that begin with {prefix!r}, such as {found}; a {family.architecture} "
            f"has {family.prefix!r} there, or nothing. Save the model itself with save_pretrained(folder), not what "
            "wraps it"
        )
