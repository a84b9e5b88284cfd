"""From any folder that holds a classifier to a model folder of sparkcls."""

from __future__ import annotations

import shutil
from pathlib import Path

from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamError
from sparkcls.families.family import Family
from sparkcls.formats.exporter import is_exporter_folder, read_exporter_folder
from sparkcls.formats.lora.folder import merge_adapter
from sparkcls.formats.model import write_model
from sparkcls.formats.sparknlp.saved_stage import is_saved_stage, read_saved_model
from sparkcls.models.layout import CONFIG, ModelFolder, decisive_files, read_model_folder
from sparkcls.models.otherkinds import has_other_weights, is_adapter
from sparkcls.models.shards import WEIGHTS, has_weights
from sparkcls.temporary import in_the_making


def is_foreign(folder: Path) -> bool:
    """Whether a folder must be converted before it can be used."""
    return is_adapter(folder) or (not has_weights(folder) and (is_saved_stage(folder) or is_exporter_folder(folder)))


def convert_folder(
    source: Path,
    target: Path,
    heads: int | None = None,
    base: Path | None = None,
    family: Family | None = None,
) -> None:
    """Read a model folder of any known kind and write a checked model folder of sparkcls.

    Known are: a stage that Spark NLP saved, or a zip of its store unpacked; an exporter's folder
    (TensorFlow SavedModel, ONNX, OpenVINO, each with assets/); a Hugging Face folder with safetensors; an
    adapter of PEFT with its base. The same source gives the same bytes on every machine, but for adapters.

    Parameters
    ----------
    source
        The folder; a single folder inside of it is looked into.
    target
        Must not exist; appears complete or not at all.
    heads
        Attention heads that the network must have; None for those that its graph or config.json tells.
    base
        The folder of the model that an adapter changes; without it adapters are refused.
    family
        What an exporter's folder holds a classifier of; None for what its files tell.

    Raises
    ------
    ModelNotFoundError
        There is no such folder.
    ModelFormatError
        It is of no known kind, incomplete or corrupt.
    ParamError
        `target` exists.
    """
    if not source.is_dir():
        raise ModelNotFoundError(
            f"No folder {source}; expected a saved model, an exporter's folder or a Hugging Face one"
        )
    if target.exists():
        raise ParamError(f"{target} exists; name a folder that is to be made")
    try:
        with in_the_making(target) as work:
            entries = [e for e in source.iterdir() if not e.name.startswith((".", "__MACOSX"))]
            if len(entries) == 1 and entries[0].is_dir() and not is_saved_stage(source):
                source = entries[0]
            _write(source, work, heads, base, family)
            check_heads(read_model_folder(work), heads)
    except PermissionError as e:
        if not str(e.filename).startswith(str(source)):
            raise
        raise ModelFormatError(f"{e.filename} cannot be read ({e.strerror}); let this user read it") from e
    except ModelFormatError as e:
        # The half-made folder is gone when the message is read.
        raise ModelFormatError(str(e).replace(str(work), str(source))) from e


def check_heads(folder: ModelFolder, heads: int | None) -> None:
    """Refuse a model folder with another number of attention heads than the one asked for.

    Raises
    ------
    ModelFormatError
        It has another; `heads` None fits all.
    """
    if heads not in (None, folder.shape.heads):
        raise ModelFormatError(
            f"{folder.path / CONFIG} says {folder.shape.heads} attention heads, {heads} are asked for; leave it "
            f"out, or correct {CONFIG}"
        )


def _write(source: Path, target: Path, heads: int | None, base: Path | None, family: Family | None) -> None:
    if is_adapter(source) and base is not None:
        merge_adapter(source, base, target)
    elif has_weights(source):
        check_heads(read_model_folder(source), heads)
        for name, file in decisive_files(source).items():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target / name)
    elif is_saved_stage(source):
        write_model(read_saved_model(source, heads), target)
    elif is_exporter_folder(source):
        write_model(read_exporter_folder(source, heads, family), target)
    elif has_other_weights(source):
        # It says what they are.
        read_model_folder(source)
    else:
        raise ModelFormatError(
            f"{source} holds no model that sparkcls knows: neither metadata/ and fields/ (saved by Spark NLP), nor "
            f"saved_model.pb, model.onnx or an OpenVINO model with assets/, nor {CONFIG} and {WEIGHTS}"
        )
