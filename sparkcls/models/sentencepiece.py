"""SentencePiece's model file: what of it `transformers` uses. Source of the numbers: sentencepiece_model.proto.

Normalisation other than by the table, and how white space is treated, are not read: the classes of `transformers`
decide these.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from sparkcls.errors import ModelFormatError
from sparkcls.models.protobuf import BYTES, FIXED32, VARINT, fields_of, varint
from sparkcls.models.textfiles import read_bytes

#: Fields of the model, of a piece, of the trainer's settings, and of the normalizer's.
_PIECE, _TRAINER, _NORMALIZER = 1, 2, 3
_TEXT, _SCORE, _TYPE = 1, 2, 3
_MODEL_TYPE, _UNKNOWN_ID = 3, 40
_CHARSMAP = 2

_NORMAL, CONTROL, USER_DEFINED = 1, 3, 4
_UNIGRAM = 1
_MODEL_TYPES = {_UNIGRAM: "unigram", 2: "BPE", 3: "word", 4: "char"}
#: Published ones have at most a million.
MOST_PIECES = 2_000_000


@dataclass(frozen=True)
class SentencePiece:
    """A unigram model.

    Parameters
    ----------
    pieces
        Text and score, by id.
    types
        By id: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
    unknown
        The id of the unknown piece.
    charsmap
        The table of replacements of characters; empty if there is none.
    """

    pieces: list[tuple[str, float]]
    types: list[int]
    unknown: int
    charsmap: bytes


def read_sentencepiece(file: Path) -> SentencePiece:
    """Read a model file.

    Raises
    ------
    ModelFormatError
        It is not one, is too large, or is not a unigram model.
    """
    data = read_bytes(file)
    what = str(file)
    pieces: list[tuple[str, float]] = []
    types: list[int] = []
    unknown, kind, charsmap = 0, _UNIGRAM, b""
    for field, wire, start, end in fields_of(data, 0, len(data), what):
        if (field, wire) == (_PIECE, BYTES):
            text, score, piece_type = _piece(data, start, end, what)
            pieces.append((text, score))
            types.append(piece_type)
            if len(pieces) > MOST_PIECES:
                raise ModelFormatError(f"{what} has over {MOST_PIECES:,} pieces")
        elif (field, wire) == (_TRAINER, BYTES):
            for name, inner, first, last in fields_of(data, start, end, what):
                if (name, inner) == (_MODEL_TYPE, VARINT):
                    kind, _ = varint(data, first, last, what)
                elif (name, inner) == (_UNKNOWN_ID, VARINT):
                    unknown, _ = varint(data, first, last, what)
        elif (field, wire) == (_NORMALIZER, BYTES):
            for name, inner, first, last in fields_of(data, start, end, what):
                if (name, inner) == (_CHARSMAP, BYTES):
                    charsmap = data[first:last]
    if not pieces:
        raise ModelFormatError(f"{what} has no pieces; is it a model of SentencePiece?")
    if kind != _UNIGRAM:
        raise ModelFormatError(
            f"{what}: model_type is {_MODEL_TYPES.get(kind, kind)}; expected unigram, as which transformers 5 reads it "
            "whatever it is. Save the tokenizer as tokenizer.json"
        )
    return SentencePiece(pieces, types, unknown, charsmap)


def _piece(data: bytes, start: int, end: int, what: str) -> tuple[str, float, int]:
    text, score, kind = "", 0.0, _NORMAL
    for field, wire, first, last in fields_of(data, start, end, what):
        if (field, wire) == (_TEXT, BYTES):
            try:
                text = data[first:last].decode()
            except UnicodeDecodeError as e:
                raise ModelFormatError(f"{what} has a piece that is not UTF-8 ({e})") from e
        elif (field, wire) == (_SCORE, FIXED32):
            (score,) = struct.unpack_from("<f", data, first)
        elif (field, wire) == (_TYPE, VARINT):
            kind, _ = varint(data, first, last, what)
    return text, score, kind
