"""Vocabulary files: one wordpiece a line, the line's number is the id."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sparkcls.errors import ModelFormatError
from sparkcls.models.textfiles import read_text
from sparkcls.models.tokenizer_json import LONGEST_PIECE

VOCABULARY = ("vocab.txt", "assets/vocab.txt")


def find_vocabulary(folder: Path) -> Path | None:
    """The vocabulary file of a model's or an exporter's folder, if it has one.

    Raises
    ------
    ModelFormatError
        It has two that differ.
    """
    files = [folder / name for name in VOCABULARY if (folder / name).is_file()]
    if len(files) == 2 and read_vocabulary(files[0]) != read_vocabulary(files[1]):
        raise ModelFormatError(f"{files[0]} and {files[1]} differ; which is the model's? Remove the other")
    return files[0] if files else None


def read_vocabulary(file: Path) -> dict[str, int]:
    """The id of every wordpiece.

    A byte order mark, carriage returns and blank last lines are not part of it.

    Raises
    ------
    ModelFormatError
        It is too large, or not UTF-8 text.
    """
    pieces = [line.removesuffix("\r") for line in read_text(file).split("\n")]
    while pieces and not pieces[-1]:
        pieces.pop()
    if max(map(len, pieces), default=0) > LONGEST_PIECE:
        raise ModelFormatError(f"{file} has a line of over {LONGEST_PIECE:,} characters; is it a vocabulary?")
    return {piece: i for i, piece in enumerate(pieces)}


def is_cased(pieces: Iterable[str]) -> bool:
    """Whether any wordpiece has an upper-case letter, ``[CLS]`` and its like aside."""
    return any(p != p.lower() for p in pieces if not (p.startswith("[") and p.endswith("]")))
