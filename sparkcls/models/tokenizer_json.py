"""JSON of a model's tokenizer, read within limits: what would stall or kill a worker is refused by name.

The limits are several times what published tokenizers of any kind need (WordPiece, BPE, Unigram).
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator
from itertools import pairwise
from os.path import commonprefix
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.models.textfiles import read_json
from sparkcls.models.tokenizer_patterns import flaw_of

TOKENIZER = "tokenizer.json"

#: Normalizers or pre-tokenizers in a row.
MOST_COMPONENTS = 50
#: Characters of a wordpiece, an added token, a prefix.
LONGEST_PIECE = 1_000
#: Nodes of the tree of pieces in which a Unigram model looks; each takes some 340 bytes.
MOST_NODES = 2_500_000
#: Characters of a word up to which WordPiece looks for its parts, in a time that grows with their square.
LONGEST_WORD = 1_000
MOST_ADDED_TOKENS = 20_000
#: How many times longer than a text all replacements together may make it.
MOST_GROWTH = 64
#: Bytes that one character may become in a table of replacements (``Precompiled``); in published ones 33.
LONGEST_REPLACEMENT = 64
_COMPONENTS = ("normalizer", "pre_tokenizer", "post_processor")


def read_tokenizer_json(file: Path) -> dict[str, Any]:
    """The content of a tokenizer.json without the parts that give no ids.

    Raises
    ------
    ModelFormatError
        It is not a tokenizer's, or needs more time or memory than any published one; the message names the part.
    """
    content = read_json(file)
    check_tokenizer(file, content)
    # Padding stored in the file is the exporter's; ours is the stage's. A decoder makes text of ids.
    return content | {"padding": None, "decoder": None}


def check_tokenizer(file: Path, content: dict[str, Any]) -> None:
    """Check what a file holds, as tokenizer.json would.

    Raises
    ------
    ModelFormatError
        It is not a tokenizer's, or needs more time or memory than any published one; the message names the part.
    """
    try:
        flaw = next(_flaws(content), None)
    except (TypeError, ValueError, AttributeError, KeyError, IndexError) as e:
        raise ModelFormatError(f"{file} cannot be read as a tokenizer's ({type(e).__name__}: {e})") from e
    if flaw:
        raise ModelFormatError(f"{file}: {flaw}. Such a tokenizer could stall a worker, so it is refused")


def _flaws(content: dict[str, Any]) -> Iterator[str]:
    yield from _flaws_of_model(content["model"])
    added = content.get("added_tokens") or []
    if len(added) > MOST_ADDED_TOKENS:
        yield f"added_tokens has {len(added):,} entries; expected at most {MOST_ADDED_TOKENS:,}"
    if any(len(token["content"]) > LONGEST_PIECE for token in added):
        yield f"an entry of added_tokens has over {LONGEST_PIECE:,} characters"
    for name in _COMPONENTS:
        parts = list(parts_of(content.get(name)))
        if len(parts) > MOST_COMPONENTS:
            yield f"{name} has {len(parts)} parts; expected at most {MOST_COMPONENTS}"
        for part in parts:
            yield from (f"{name}: {flaw}" for flaw in _flaws_of_part(part))
        growth = 1.0
        for part in parts:
            growth *= _growth(part)
        if growth > MOST_GROWTH:
            yield f"the replacements of {name} can make a text {growth:,.0f} times longer; expected {MOST_GROWTH}"


def _flaws_of_model(model: dict[str, Any]) -> Iterator[str]:
    longest = model.get("max_input_chars_per_word", 0)
    if not isinstance(longest, int) or longest > LONGEST_WORD:
        yield f"model.max_input_chars_per_word is {longest!r}; expected at most {LONGEST_WORD:,}"
    if model.get("dropout"):
        yield f"model.dropout is {model['dropout']!r}, which gives other ids every time; expected null"
    vocabulary = model.get("vocab") or {}
    pieces = vocabulary if isinstance(vocabulary, dict) else [piece for piece, _ in vocabulary]
    if any(len(piece) > LONGEST_PIECE for piece in pieces):
        yield f"an entry of model.vocab has over {LONGEST_PIECE:,} characters"
    if isinstance(vocabulary, list) and (nodes := _nodes(pieces)) > MOST_NODES:
        yield f"model.vocab makes a tree of {nodes:,} nodes; expected at most {MOST_NODES:,}"
    for name in ("continuing_subword_prefix", "end_of_word_suffix", "unk_token"):
        if len(model.get(name) or "") > LONGEST_PIECE:
            yield f"model.{name} has over {LONGEST_PIECE:,} characters"


def _nodes(pieces: Iterable[str]) -> int:
    """At least as many as the prefixes of all pieces, exact where that matters."""
    encoded = [piece.encode() for piece in pieces]
    total = sum(map(len, encoded))
    if total <= MOST_NODES:
        return total
    encoded.sort()
    shared = sum(len(commonprefix(pair)) for pair in pairwise(encoded))  # noqa: RUF071 (no paths)
    return total - shared


def parts_of(component: Any) -> Iterator[dict[str, Any]]:
    """A component, or the parts of a sequence of them, however nested."""
    todo = [component] if component is not None else []
    while todo:
        part = todo.pop()
        inner = next((part[key] for key in ("normalizers", "pretokenizers", "processors") if key in part), None)
        if inner is None:
            yield part
        else:
            todo += reversed(inner)


def _flaws_of_part(part: dict[str, Any]) -> Iterator[str]:
    kind = part.get("type")
    for name in ("content", "prepend", "replacement"):
        if len(part.get(name) or "") > LONGEST_PIECE:
            yield f"{name} of {kind} has {len(part[name]):,} characters; expected at most {LONGEST_PIECE:,}"
    pattern = part.get("pattern")
    if isinstance(pattern, dict):
        if len(pattern.get("String", "")) > LONGEST_PIECE:
            yield f"the pattern of {kind} has over {LONGEST_PIECE:,} characters"
        flaw = flaw_of(pattern.get("Regex", ""))
        if flaw:
            yield f"the pattern {pattern['Regex'][:60]!r} of {kind} {flaw}"
    if kind == "Precompiled":
        yield from _flaws_of_table(part["precompiled_charsmap"])
    for name in ("single", "pair"):
        if len(part.get(name) or "") > LONGEST_PIECE:
            yield f"{name} of {kind} has over {LONGEST_PIECE:,} parts"
    framing = part.get("special_tokens")
    if isinstance(framing, dict) and any(len(token["ids"]) > LONGEST_PIECE for token in framing.values()):
        yield f"a special token of {kind} stands for over {LONGEST_PIECE:,} ids"


def _flaws_of_table(table: str) -> Iterator[str]:
    """SentencePiece's table: the size of an index (4 bytes), the index, strings that NUL ends."""
    data = b64decode(table, validate=True)
    if len(data) < 4 or (end := 4 + int.from_bytes(data[:4], "little")) >= len(data):
        yield "precompiled_charsmap is cut off"
    elif max(map(len, data[end:].split(b"\0"))) > LONGEST_REPLACEMENT:
        yield f"precompiled_charsmap makes over {LONGEST_REPLACEMENT} bytes of one character"


def _growth(part: dict[str, Any]) -> float:
    """How many times longer a replacement can make a text, at most."""
    if part.get("type") != "Replace":
        return 1.0
    replaced = part["pattern"].get("String")
    if replaced:
        return max(1.0, len(part["content"]) / len(replaced))
    return len(part["content"]) + 1.0  # a pattern may match between any two characters
