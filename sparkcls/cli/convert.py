"""`sparkcls convert`: any folder that holds a classifier to a model folder."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from sparkcls.catalogue.bases import find_base
from sparkcls.cli.saying import say
from sparkcls.errors import ModelFormatError
from sparkcls.formats.convert import convert_folder
from sparkcls.formats.pickles import pickled
from sparkcls.formats.safetensors_file import write_safetensors
from sparkcls.models.layout import decisive_files
from sparkcls.models.otherkinds import ADAPTER, ADAPTER_WEIGHTS, is_adapter
from sparkcls.models.shards import INDEX, WEIGHTS, shard_names
from sparkcls.models.weights import stored_weights
from sparkcls.temporary import in_the_making


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of `run`."""
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="the model's folder")
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to make; it must not exist")
    parser.add_argument("--heads", type=int, metavar="N", help="attention heads, if its graph cannot tell")


def run(args: argparse.Namespace) -> None:
    """Convert, and print the folder that was made."""
    convert(args.folder, args.out, args.heads)
    print(args.out)


def convert(folder: Path, out: Path, heads: int | None = None) -> None:
    """Write a checked model folder with one file of weights.

    Beside what `convert_folder` reads: adapters of PEFT, whose base is looked for; weights that are only there as a
    pickle, with torch's restricted unpickler, which is said on the terminal.

    Raises
    ------
    ModelNotFoundError, ModelFormatError, ParamError
        Of `convert_folder`; an adapter's base is nowhere; a pickle is damaged.
    """
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=_existing(out.absolute().parent)) as temporary:
        work = Path(temporary)
        base = _readable(find_base(folder), work / "base") if is_adapter(folder) else None
        source = _readable(folder, work / "source")
        try:
            convert_folder(source, out, heads, base)
        except ModelFormatError as e:
            raise ModelFormatError(str(e).replace(str(source), str(folder))) from e
    _join(out)


def _existing(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _readable(folder: Path, copy: Path) -> Path:
    """A folder itself, or a copy of what counts in it, with safetensors in place of pickles."""
    pickles = pickled(folder) if folder.is_dir() else ()
    if not pickles:
        return folder
    from sparkcls.engine.unpickling import unpickle

    say(
        f"{folder} has its weights only as a pickle ({', '.join(file.name for file in pickles)}); reading it with "
        "torch's restricted unpickler (weights_only=True), which runs no code of it"
    )
    adapter = is_adapter(folder)
    files = decisive_files(folder) | ({ADAPTER: folder / ADAPTER} if adapter else {})
    copy.mkdir()
    for name, file in files.items():
        (copy / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(file, copy / name)
    unpickle(pickles, copy / (ADAPTER_WEIGHTS if adapter else WEIGHTS))
    return copy


def _join(folder: Path) -> None:
    """Put weights that are in several files into one, byte for byte."""
    shards = shard_names(folder)
    if not shards:
        return
    with in_the_making(folder / WEIGHTS) as work:
        write_safetensors({tensor.name: tensor for tensor in stored_weights(folder)}, work)
    for name in (INDEX, *shards):
        (folder / name).unlink()
