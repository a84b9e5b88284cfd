"""What a tokenizer is made of: the pieces in tokenizer.json, or in the vocabulary files of its class."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.families.pieces import BYTE_PAIRS, FILES, UNIGRAM, WORDPIECE, AddedToken, Pieces
from sparkcls.models.sentencepiece import CONTROL, USER_DEFINED, read_sentencepiece
from sparkcls.models.textfiles import read_json, read_text
from sparkcls.models.tokenizer_json import TOKENIZER, check_tokenizer
from sparkcls.models.vocabulary import VOCABULARY, find_vocabulary, read_vocabulary

#: Where exporters put a tokenizer's files for Spark NLP.
_ASSETS = "assets/"
#: Files of tokenizers other than WordPiece's.
TOKENIZER_FILES = tuple(where + name for name in FILES if name not in VOCABULARY for where in ("", _ASSETS))


@dataclass(frozen=True)
class Source:
    """The pieces of a tokenizer.

    Parameters
    ----------
    vocabulary
        Id by piece, of WordPiece and byte pairs.
    merges
        Of byte pairs: what is joined, the most urgent first.
    scored
        Text and score by id, of Unigram models.
    charsmap
        The table of replacements of characters in a SentencePiece file; None if there is none.
    unknown
        The id of the unknown piece that a SentencePiece file names.
    control
        Special tokens that a SentencePiece file has; None if the source is another.
    """

    vocabulary: dict[str, int]
    merges: list[tuple[str, str]]
    scored: list[tuple[str, float]]
    charsmap: bytes | None = None
    unknown: int | None = None
    control: tuple[AddedToken, ...] | None = None


def tokenizer_files(path: Path, pieces: Pieces) -> list[Path] | None:
    """The vocabulary files of a class in a model's or an exporter's folder; None if one is missing."""
    if pieces.kind == WORDPIECE:
        file = find_vocabulary(path)
        return [file] if file else None
    for where in ("", _ASSETS):
        files = [path / (where + name) for name in pieces.files]
        if files and all(file.is_file() for file in files):
            return files
    return None


def check_has_tokenizer(path: Path, pieces: Pieces) -> None:
    """Check that a folder has the files of a tokenizer.

    Raises
    ------
    ModelFormatError
        It has not; the message names them.
    """
    if not (path / TOKENIZER).is_file() and not tokenizer_files(path, pieces):
        files = f" or {' and '.join(pieces.files)}" if pieces.files else ""
        raise ModelFormatError(f"{path} has no tokenizer; put {TOKENIZER}{files} there")


def read_source(path: Path, pieces: Pieces) -> Source:
    """The pieces in the vocabulary files of a class.

    Raises
    ------
    ModelFormatError
        A file is missing, corrupt, or needs more time or memory than any published one.
    """
    check_has_tokenizer(path, pieces)
    files = tokenizer_files(path, pieces)
    assert files is not None, "checked above"
    if pieces.kind == UNIGRAM:
        return _of_sentencepiece(files[0])
    if pieces.kind == BYTE_PAIRS:
        content = {"model": {"type": pieces.kind, "vocab": read_json(files[0]), "merges": _read_merges(files[1])}}
        check_tokenizer(files[0], content)
    else:
        content = {"model": {"type": pieces.kind, "vocab": read_vocabulary(files[0])}}
    return source_in(content)


def source_in(content: dict[str, Any]) -> Source:
    """The pieces in the content of a tokenizer.json."""
    model = content["model"]
    vocabulary = model.get("vocab") or {}
    if isinstance(vocabulary, dict):
        merges = [m.split(" ") if isinstance(m, str) else m for m in model.get("merges") or []]
        return Source(vocabulary, [(first, second) for first, second in merges], [])
    normalizer = content.get("normalizer") or {}
    parts = normalizer["normalizers"] if normalizer.get("type") == "Sequence" else [normalizer]
    table = next((p["precompiled_charsmap"] for p in parts if p.get("type") == "Precompiled"), None)
    return Source({}, [], [(piece, score) for piece, score in vocabulary], None if table is None else b64decode(table))


def kind_of(model: dict[str, Any]) -> str:
    """The type of a model in tokenizer.json, which old ones do not state."""
    usual = BYTE_PAIRS if "merges" in model else WORDPIECE if isinstance(model.get("vocab"), dict) else UNIGRAM
    return str(model.get("type") or usual)


def _of_sentencepiece(file: Path) -> Source:
    model = read_sentencepiece(file)
    # The same limits as those of tokenizer.json.
    content: dict[str, Any] = {"model": {"type": UNIGRAM, "vocab": model.pieces}}
    if model.charsmap:
        table = b64encode(model.charsmap).decode()
        content["normalizer"] = {"type": "Precompiled", "precompiled_charsmap": table}
    check_tokenizer(file, content)
    control = tuple(
        AddedToken(text, normalized=False, special=kind == CONTROL)
        for (text, _), kind in zip(model.pieces, model.types, strict=True)
        if kind in (CONTROL, USER_DEFINED)
    )
    return Source({}, [], model.pieces, model.charsmap or None, model.unknown, control)


def _read_merges(file: Path) -> list[str]:
    """Lines of two pieces with a space between them; the first line may tell a version."""
    lines = [line.removesuffix("\r") for line in read_text(file).split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    merges = [line for line in lines if not line.startswith("#version")]
    wrong = next((line for line in merges if len(line.split(" ")) != 2), None)
    if wrong is not None:
        raise ModelFormatError(f"{file} has the line {wrong!r:.80}; expected two pieces with a space between them")
    return merges
