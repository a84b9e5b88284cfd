"""The metadata that Spark ML saves with a stage or pipeline; it may be a stranger's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError

#: Bytes that are read of a stranger's metadata; lists of words can be long.
MOST_METADATA = 64 << 20


def metadata_line(folder: Path) -> str:
    """The line of JSON in ``metadata/part-*`` of a saved stage or pipeline; empty if there is none.

    Raises
    ------
    ModelFormatError
        It cannot be read, or is too long.
    """
    where = folder / "metadata"
    try:
        parts = sorted(where.glob("part-*"))
        if not all(part.is_file() for part in parts):
            raise ModelFormatError(f"{where} cannot be read: there is something else than files in it")
        size = sum(part.stat().st_size for part in parts)
        if size > MOST_METADATA:
            raise ModelFormatError(f"{where} is damaged: it has {size} bytes, the most is {MOST_METADATA}")
        # Not splitlines(): JSON may hold U+2028 and its like.
        lines = (line for part in parts for line in part.read_text(encoding="utf-8").split("\n") if line.strip())
        return next(lines, "")
    except (OSError, ValueError) as e:
        raise e if isinstance(e, ModelFormatError) else ModelFormatError(f"{where} cannot be read: {e}") from e


def parse_metadata(text: str, where: str) -> dict[str, Any]:
    """The JSON object in the metadata of a saved stage; its ``class`` is a str, the rest is not checked.

    Parameters
    ----------
    where
        The metadata's file or folder, for the message.

    Raises
    ------
    ModelFormatError
        It is damaged, or names no class.
    """
    try:
        metadata = json.loads(text)
        # Half a character (a lone surrogate) can be escaped in JSON, but no column or file can be called by it.
        json.dumps(metadata, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as e:
        raise ModelFormatError(f"{where} is damaged: it cannot be read as JSON ({str(e)[:300]})") from e
    if not isinstance(metadata, dict) or not isinstance(metadata.get("class"), str):
        raise ModelFormatError(f"{where} is damaged: it names no class; is it of a saved Spark ML stage?")
    return metadata
