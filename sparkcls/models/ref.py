"""`ModelRef`: which model, by content, and the places to get it from.

This is all of a model that travels: in a saved stage as JSON, in a UDF's closure as a small object.
Workers find the folder themselves and check that it is the one that the driver meant.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
import socket
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path

from sparkcls._version import __version__
from sparkcls.errors import ModelFormatError, ModelNotFoundError
from sparkcls.models.bundled import bundled_folder
from sparkcls.models.checksums import content_sha256, stamp_of
from sparkcls.models.layout import FORMERLY_DECISIVE, decisive_files
from sparkcls.models.remembered import Stamp

logger = logging.getLogger(__name__)

BUNDLED = "bundled:"
STORE = "store:"
HUB = "hub:"
IMPORT = "import:"
_HEADS = "heads="
_FAMILY = "family="

#: Digests over the present set of files begin so. Else one would equal the former digest of a folder to which a file
#: that is decisive now was added later, and the change would go unseen.
_SET = b"set 2\n"


@dataclass(frozen=True)
class ModelRef:
    """A model by content.

    Parameters
    ----------
    name
        For messages and metrics, and with `lang` for the folder's name in a machine's cache.
    digest
        ``sha256:<hex>`` over the decisive files, see `folder_digest`.
    places
        Where a folder with that digest may be, asked in order: an absolute path, or
        ``bundled:<name>`` for one inside the installed package. Two more forms say where to fetch it from,
        see `sparkcls.catalogue.locate`: ``store:<location>#<object>`` and ``hub:<repository>@<revision>``;
        ``import:<path or URI>`` names a foreign folder to convert.
    lang
        The model's language; empty in refs of folders and in those that older versions wrote.
    from_file
        Whether it was read from JSON, as a saved stage holds it. That may be a stranger's: places in the network are
        then asked only if the user has named them too, see `sparkcls.catalogue.consent`. No part of the JSON.
    """

    name: str
    digest: str
    places: tuple[str, ...]
    lang: str = ""
    from_file: bool = field(default=False, compare=False)

    def to_json(self) -> str:
        """The ref as a JSON object, the form that saved stages hold."""
        return json.dumps({name: value for name, value in asdict(self).items() if name != "from_file"})

    @staticmethod
    def from_json(text: str) -> ModelRef:
        """The ref that `to_json` wrote.

        Raises
        ------
        ModelFormatError
            It is none. A ref comes with saved stages, which may be a stranger's, and names folders of the cache.
        """
        try:
            fields = json.loads(text)
            places = fields["places"]
            ref = ModelRef(fields["name"], fields["digest"], tuple(places), fields.get("lang", ""), from_file=True)
            whole = isinstance(places, list) and all(isinstance(t, str) for t in (ref.name, ref.lang, *places))
            if whole and re.fullmatch(r"sha256:[0-9a-f]+", ref.digest):
                return ref
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            pass
        raise ModelFormatError(f"The stage's model is not a name, digest and places: {text[:200]!r}")

    @staticmethod
    def of_folder(name: str, place: str, *others: str, lang: str = "") -> ModelRef:
        """The ref of the folder at a place, with its present content; other machines may have it elsewhere."""
        return ModelRef(name, folder_digest(place_path(place)), (place, *others), lang)

    def find_here(self) -> Path:
        """The first place's folder, on this machine, with exactly this content; nothing is fetched.

        Raises
        ------
        ModelNotFoundError
            No place exists here.
        ModelFormatError
            The folders that exist have another content: changed or damaged since.
        """
        changed: list[Path] = []
        found = self.first_with_digest(self.folders(), changed)
        if found is not None:
            return found
        raise self.changed_error(changed) if changed else self.absent_error()

    def folders(self) -> Iterator[Path]:
        """The paths of the places that are not remote. A bundled model is put together when its turn comes."""
        return (place_path(place) for place in self.places if not is_remote(place))

    def first_with_digest(self, folders: Iterable[Path], changed: list[Path]) -> Path | None:
        """The first of some folders with this content, None if there is none; others that exist go into `changed`."""
        for folder in folders:
            if not is_folder(folder):
                continue
            try:
                if has_digest(folder, self.digest):
                    return folder
            except (OSError, ModelFormatError) as e:
                logger.info("%s cannot be read: %s", folder, e)
            changed.append(folder)
        return None

    def changed_error(self, folders: Iterable[Path]) -> ModelFormatError:
        """What to raise where folders of this model have another content."""
        return ModelFormatError(
            f"Model {self.name!r} on host {socket.gethostname()} is not the one this stage was made with: the files in "
            f"{', '.join(map(str, folders))} have changed or are damaged, or cannot be read (expected {self.digest}); "
            "copy them again, or make the stage anew"
            + (
                f". Bundled models may change with a release, and this host has sparkcls {__version__}: see that "
                "driver and executors have the same"
                if any(place.startswith(BUNDLED) for place in self.places)
                else ""
            )
        )

    def absent_error(self) -> ModelNotFoundError:
        """What to raise where no folder of this model is."""
        return ModelNotFoundError(
            f"Model {self.name!r} is not on host {socket.gethostname()}; looked in {', '.join(self.places)}. Every "
            "machine that runs tasks must see one of these folders, or let Spark carry the model to them: "
            "sparkcls.configure(ship='always')"
        )


def is_folder(path: Path) -> bool:
    """Whether a path, maybe a stranger's, is that of a folder that this process can reach."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        # Out of reach, or not a name that the filesystem takes.
        return False


def is_remote(place: str) -> bool:
    """Whether a place says where to fetch the folder from."""
    return place.startswith((STORE, HUB, IMPORT))


def import_place(source: str, heads: int | None = None, family: str | None = None) -> str:
    """The place of a foreign folder to convert, with the attention heads and the ``model_type`` that were asked for."""
    # No path that is made absolute and no URI begins like these.
    asked = ("" if heads is None else f"{_HEADS}{heads}:") + ("" if family is None else f"{_FAMILY}{family}:")
    return f"{IMPORT}{asked}{source}"


def import_source(place: str) -> tuple[str, int | None, str | None]:
    """The path or URI in the place of a foreign folder, and the heads and the ``model_type`` that were asked for."""
    source = place.removeprefix(IMPORT)
    match = re.match(rf"(?:{_HEADS}(\d{{1,9}}):)?(?:{_FAMILY}([a-z0-9-]{{1,40}}):)?", source)
    assert match is not None, "all of it is optional"
    return source[match.end() :], int(match[1]) if match[1] else None, match[2]


def place_path(place: str) -> Path:
    """The path of a place that is not remote, on this machine."""
    if place.startswith(BUNDLED):
        return bundled_folder(place[len(BUNDLED) :])
    return Path(place)


def folder_digest(path: Path) -> str:
    """sha256 over the names and sha256s of the decisive files of a folder, in their fixed order."""
    return _digest(path, _stamps(decisive_files(path)), _SET)


def has_digest(path: Path, digest: str) -> bool:
    """Whether a folder has a digest, of `folder_digest` or of sparkcls up to 0.2, which looked at fewer files."""
    if folder_digest(path) == digest:
        return True
    former = {name: path / name for name in FORMERLY_DECISIVE if (path / name).is_file()}
    return _digest(path, _stamps(former)) == digest


def _stamps(files: dict[str, Path]) -> tuple[tuple[str, Stamp], ...]:
    return tuple((name, stamp_of(file)) for name, file in files.items())


# Keyed by stamps too: a process reads 250 MB of weights once, and again if they change.
@lru_cache(maxsize=64)
def _digest(path: Path, stamps: tuple[tuple[str, Stamp], ...], start: bytes = b"") -> str:
    whole = hashlib.sha256(start)
    for name, stamp in stamps:
        whole.update(f"{name}\0{content_sha256(path / name, stamp)}\n".encode())
    return f"sha256:{whole.hexdigest()}"
