"""The index of a store (``metadata.json``), and which of its entries a name means."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from sparkcls.catalogue.names import LONGEST
from sparkcls.catalogue.stores.locations import plain
from sparkcls.errors import ModelFormatError
from sparkcls.families.family import ANY_FAMILY
from sparkcls.families.registry import FAMILIES

logger = logging.getLogger(__name__)

INDEX = "metadata.json"
#: The classes whose models are read.
ANNOTATORS = frozenset(
    name for family in FAMILIES.values() for name in (family.stage, family.zero_shot) if name is not None
) | {ANY_FAMILY}

#: The newest Spark NLP and Spark whose files are known; entries for newer ones are left alone.
LIBRARY = (7, 0, 0)
SPARK = (4, 1, 2)

#: No index is longer; all that Spark NLP's makers have published is a fraction of it.
MOST_LINES = 400_000
#: Bytes of a line; a folder's files and their digests take a few hundred.
LONGEST_LINE = 1 << 20

#: Among entries of equal versions: a folder that is ours needs no conversion, OpenVINO's files cannot be read.
_ENGINES = {"tensorflow": 2, "onnx": 2, "": 2, "unk": 1, "openvino": 0}
_PIPELINE = "pl"
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an index.

    Parameters
    ----------
    lib_version, spark_version
        Parts of the versions the model was made with, empty if absent.
    time_ms
        When it was published, in milliseconds since 1970 (UTC).
    checksum
        Hexadecimal MD5 or SHA-256 of the archive, by its length; empty if there is none.
    folder, files
        Of our own mirrors: the path of a folder in the store that is already converted, and the SHA-256 of
        each of its files by name.
    """

    name: str
    language: str | None = None
    lib_version: tuple[int, ...] = ()
    spark_version: tuple[int, ...] = ()
    time_ms: int = 0
    ready: bool = True
    zipped: bool = False
    category: str = "nd"
    checksum: str = ""
    annotator: str | None = None
    engine: str = ""
    folder: str | None = None
    files: dict[str, str] = field(default_factory=dict, hash=False)

    @property
    def key(self) -> str:
        """The object's name in the store, without ``.zip``."""
        if self.language is None and not self.lib_version and not self.spark_version:
            return self.name
        versions = (".".join(map(str, v)) for v in (self.lib_version, self.spark_version))
        return "_".join((self.name, self.language or "", *versions, str(self.time_ms)))


def parse_index(content: bytes) -> list[Entry]:
    """The entries of an index: one JSON object a line. What is not UTF-8 becomes U+FFFD.

    Blank lines are ignored; a line that is no entry is left out, and how many were is logged.

    Raises
    ------
    ModelFormatError
        There are lines, and none is an entry; or there are more than `MOST_LINES`.
    """
    if content.count(b"\n") + (not content.endswith(b"\n")) > MOST_LINES:
        raise ModelFormatError(f"{INDEX} has more than {MOST_LINES} lines; is it an index of models?")
    entries, bad, reason = [], 0, ""
    # Not splitlines(): a JSON string may hold U+2028 and its like. One at a time: there may be many.
    for number, line in enumerate(io.BytesIO(content), 1):
        if not line.strip():
            continue
        try:
            if len(line) > LONGEST_LINE:
                raise ValueError(f"{len(line)} bytes, more than an entry has")
            entries.append(_entry(json.loads(line.decode("utf-8", "replace"))))
        except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as e:
            bad += 1
            reason = reason or plain(f"line {number}: {type(e).__name__} {e}")
    if bad and not entries:
        raise ModelFormatError(f"{INDEX} is no index of models, not one line is an entry ({reason})")
    if bad:
        logger.warning("%s: %d lines left out that are no entries, the first is %s", INDEX, bad, reason)
    return entries


def _entry(line: Any) -> Entry:
    if not isinstance(line, dict):
        raise ValueError(f"a JSON {type(line).__name__}, expected an object")
    name = _text(line, "name")
    if not name or len(name) > LONGEST:
        raise ValueError("no name, or one that is longer than a folder's name may be")
    files = line.get("files") or {}
    if not isinstance(files, dict):
        raise ValueError("files must be an object")
    for path, digest in files.items():
        if not _is_safe(path) or not isinstance(digest, str) or len(digest) != 64:
            raise ValueError(f"files: {path!r} must be a path inside the folder, with its SHA-256")
    folder = _text(line, "folder") or None
    if folder is not None and not (_is_safe(folder) and files):
        raise ValueError(f"folder {folder!r} must be a path inside the store, with files")
    return Entry(
        name=name,
        language=_text(line, "language") or None,
        lib_version=_version(line.get("libVersion")),
        spark_version=_version(line.get("sparkVersion")),
        time_ms=_milliseconds(_text(line, "time")),
        ready=_flag(line, "readyToUse"),
        zipped=_flag(line, "isZipped"),
        category=_text(line, "category") or "nd",
        checksum=_text(line, "checksum").lower(),
        annotator=_text(line, "annotator") or None,
        engine=_text(line, "engine").lower(),
        folder=folder,
        files=files,
    )


def _text(line: dict[str, Any], key: str) -> str:
    value = line.get(key)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{key} must be a string")
    if value and not value.isprintable():
        # It is shown on terminals.
        raise ValueError(f"{key} has characters that cannot be printed")
    # The same few are in thousands of lines.
    return sys.intern(value or "")


def _flag(line: dict[str, Any], key: str) -> bool:
    value = line.get(key, False)
    if not isinstance(value, bool):
        raise ValueError(f"{key} must be true or false")
    return value


def _version(value: Any) -> tuple[int, ...]:
    if value is None:
        return ()
    parts = value["parts"]
    if not isinstance(parts, list) or not all(type(part) is int and part >= 0 for part in parts):
        raise ValueError("parts of a version must be numbers")
    return tuple(parts)


def _milliseconds(time: str) -> int:
    if not time:
        return 0
    # Python 3.10 reads neither Z nor fractions of other than three or six digits.
    stamp = datetime.fromisoformat(time.replace("Z", "+00:00"))
    stamp = stamp if stamp.tzinfo else stamp.replace(tzinfo=timezone.utc)
    return (stamp - _EPOCH) // timedelta(milliseconds=1)


def _is_safe(path: Any) -> bool:
    """Whether a path stays below where it starts."""
    return (
        isinstance(path, str)
        and path.isprintable()
        and not any(c in path for c in "\\:#")
        and all(part and not part.startswith(".") for part in path.split("/"))
    )


def compatible(current: tuple[int, ...], found: tuple[int, ...]) -> bool:
    """Whether files of version `found` are for users of version `current`; an absent version is."""
    return len(found) <= len(current) and found <= current[: len(found)]


def meant_entry(
    entries: Iterable[Entry], name: str, lang: str, annotators: Collection[str] = ANNOTATORS
) -> Entry | None:
    """The entry that a name and language mean among those of some classes, or None.

    The newest Spark version counts most, then the newest library version, then an engine whose files can be
    read, then the time. Versions are compared part by part, so 3.10 is newer than 3.9 (Spark NLP takes them
    for decimal fractions).
    """
    candidates = [
        e
        for e in entries
        if e.name == name
        and e.ready
        and e.category != _PIPELINE
        and e.language in (lang, None)
        and (e.annotator is None or e.annotator in annotators)
        and (e.folder is not None or (e.lib_version and e.spark_version))
        and compatible(LIBRARY, e.lib_version)
        and compatible(SPARK, e.spark_version)
    ]
    return max(candidates, key=_rank, default=None)


def _rank(entry: Entry) -> tuple[Any, ...]:
    readable = 3 if entry.folder is not None else _ENGINES.get(entry.engine, 1)
    return entry.spark_version, entry.lib_version, readable, entry.time_ms
