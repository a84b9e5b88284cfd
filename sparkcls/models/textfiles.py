"""The small text files of a model folder, which may be a stranger's: JSON objects and lists of lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.models.pointers import refuse_pointer
from sparkcls.text.files import lines_of, text_of

#: Bytes of a file. A tokenizer of 250,000 pieces has 20 MB.
MOST_BYTES = 40_000_000
#: Objects, lists and commas of a JSON file: each costs some hundred bytes of memory.
MOST_PARTS = 2_500_000


def read_json(file: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises
    ------
    ModelFormatError
        The file cannot be read, is too large, or holds something else.
    """
    content = read_text(file)
    if sum(content.count(c) for c in "{[,") > MOST_PARTS:
        raise ModelFormatError(f"{file} has more than {MOST_PARTS:,} objects, lists and commas")
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as e:
        raise ModelFormatError(f"{file} cannot be read as JSON: {e}") from e
    if not isinstance(value, dict):
        raise ModelFormatError(f"{file} holds a JSON {type(value).__name__}; expected an object")
    return value


def read_optional_json(file: Path) -> dict[str, Any]:
    """The same, empty where there is no such file."""
    return read_json(file) if file.is_file() else {}


def read_lines(file: Path) -> list[str]:
    """The lines of a text file, see `sparkcls.text.files.lines_of`.

    Raises
    ------
    ModelFormatError
        The file cannot be read, is too large, or is not UTF-8.
    """
    return lines_of(read_bytes(file), str(file))


def read_text(file: Path) -> str:
    """The text of a file, without a byte order mark.

    Raises
    ------
    ModelFormatError
        The file cannot be read, is too large, or is not UTF-8.
    """
    return text_of(read_bytes(file), str(file))


def read_bytes(file: Path) -> bytes:
    """The bytes of a file.

    Raises
    ------
    ModelFormatError
        The file cannot be read, or is too large.
    """
    try:
        refuse_pointer(file)
        size = file.stat().st_size
        if size > MOST_BYTES:
            raise ModelFormatError(f"{file} has {size:,} bytes; expected at most {MOST_BYTES:,}")
        return file.read_bytes()
    except OSError as e:
        raise ModelFormatError(f"{file} cannot be read ({e})") from e
