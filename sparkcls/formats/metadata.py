"""The metadata that Spark ML saves with a stage or pipeline; it may be a stranger's."""

from __future__ import annotations

import json
from typing import Any

from sparkcls.errors import ModelFormatError


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
