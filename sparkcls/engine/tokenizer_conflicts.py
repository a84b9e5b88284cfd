"""What two versions of `transformers` read differently in a tokenizer of a class: refused by name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from sparkcls.engine.tokenizer_kinds import SPACES, unknown_piece
from sparkcls.errors import ModelFormatError
from sparkcls.families.pieces import BYTE_PAIRS, WORDPIECE, Pieces
from sparkcls.models.added_tokens import Tokens
from sparkcls.models.tokenizer_files import Source
from sparkcls.models.tokenizer_json import TOKENIZER, parts_of
from sparkcls.models.tokenizer_settings import TOKENIZER_CONFIG, TokenizerSettings

#: What classes put into the place of what tokenizer.json says of its model, by kind.
_WORDPIECE = {"continuing_subword_prefix": "##", "max_input_chars_per_word": 100}
_BYTE_PAIRS = {"continuing_subword_prefix": "", "end_of_word_suffix": "", "byte_fallback": False} | {
    "ignore_merges": False
}
_UNIGRAM = {"byte_fallback": False}

#: Normalizers of Unigram models that classes have had, in some version, and those that change letters.
_LETTERS = ("Lowercase", "NFKD", "StripAccents")
_NORMALIZERS = (*_LETTERS, "Precompiled", "NFC", "NFKC", "Nmt", "Strip", "Replace")
_REPLACED = ("``", "''", " {2,}", SPACES)


def check_file(
    path: Path, content: dict[str, Any], source: Source, tokenizer: Tokenizer, settings: TokenizerSettings
) -> None:
    """Check that the tokenizer of a folder does what its tokenizer.json describes.

    For WordPiece letters aside: what becomes of their case and accents is for tokenizer_config.json to say. And
    spaces aside, which versions of `transformers` treat differently for Unigram models.

    Raises
    ------
    ModelFormatError
        `transformers` 4 would follow the file, 5 the class; or one knows an added token that the other does not.
    """
    tokens, pieces = settings.tokens, settings.pieces
    for found, expected in _differences(content, source, tokenizer, settings):
        raise contradiction(path, pieces, found, expected)
    if pieces.frame_in_file and content.get("post_processor") is None:
        return
    if _framed(content.get("post_processor")) != _framed(_state(tokenizer.post_processor)):
        before, after = (
            " ".join(tokens.special[f"{part.split(':')[0]}_token"].content for part in side.split())
            for side in pieces.single.split("$A:0")
        )
        expected = f"one that puts {before or 'nothing'} before a text and {after} after it"
        raise contradiction(path, pieces, f"its post_processor is {content.get('post_processor')}", expected)
    known = {token.content for token in (*tokens.added.values(), *tokens.special.values())}
    for token in content.get("added_tokens") or []:
        if token["content"] not in known:
            raise ModelFormatError(
                f"{path / TOKENIZER} has the added token {token['content']!r}, which added_tokens_decoder in "
                f"{TOKENIZER_CONFIG} leaves out: transformers 4 takes it, 5 does not; name it in both, or in none"
            )


def check_ids(path: Path, tokenizer: Tokenizer, tokens: Tokens) -> None:
    """Check that added tokens have the ids that the files state.

    Raises
    ------
    ModelFormatError
        One has another; the message names it.
    """
    for i, token in tokens.added.items():
        found = tokenizer.token_to_id(token.content)
        if found != i:
            raise ModelFormatError(
                f"{path}: the added token {token.content!r} has the id {i} in the tokenizer's files, but "
                f"transformers gives it {found}, its own or the next free one; correct the id there"
            )


def contradiction(path: Path, pieces: Pieces, found: str, expected: str) -> ModelFormatError:
    """The error for a tokenizer.json that says other than the class."""
    return ModelFormatError(
        f"{path / TOKENIZER}: {found[:200]}, but a {pieces.name} has {expected}; transformers 4 follows the file, 5 "
        f"the class. If the file is right, set tokenizer_class to PreTrainedTokenizerFast in {TOKENIZER_CONFIG}"
    )


def _differences(
    content: dict[str, Any], source: Source, tokenizer: Tokenizer, settings: TokenizerSettings
) -> Iterator[tuple[str, str]]:
    """What the file says, and what the class has."""
    kind = settings.pieces.kind
    if kind == WORDPIECE:
        yield from _of_model(content, _WORDPIECE | {"unk_token": settings.tokens.special["unk_token"].content})
        normalizer = content.get("normalizer") or {"type": "null"}
        if normalizer["type"] != "BertNormalizer" or not normalizer.get("clean_text", True):
            yield f"its normalizer is {normalizer}", "BertNormalizer with clean_text"
        words = content.get("pre_tokenizer") or {"type": "null"}
        if words["type"] != "BertPreTokenizer":
            yield f"its pre_tokenizer is {words}", "BertPreTokenizer"
    elif kind == BYTE_PAIRS:
        yield from _of_model(content, _BYTE_PAIRS)
        if list(parts_of(content.get("normalizer"))):
            yield f"its normalizer is {content['normalizer']}", "none"
        words = content.get("pre_tokenizer") or {"type": "null"}
        if words["type"] != "ByteLevel" or not words.get("use_regex", True):
            yield f"its pre_tokenizer is {words}", "ByteLevel"
    else:
        assert settings.pieces.unigram is not None, "the only other kind"
        unknown = unknown_piece(source.scored, source, settings, settings.pieces.unigram)
        yield from _of_model(content, _UNIGRAM | {"unk_id": unknown})
        yield from _of_letters(content.get("normalizer"), _state(tokenizer.normalizer))
        yield from _of_words(content.get("pre_tokenizer"), _state(tokenizer.pre_tokenizer))


def _state(component: Any) -> Any:
    """A part of a tokenizer as tokenizer.json has it."""
    return None if component is None else json.loads(component.__getstate__())


def _of_model(content: dict[str, Any], expected: dict[str, Any]) -> Iterator[tuple[str, str]]:
    model = content["model"]
    for name, value in expected.items():
        if (model.get(name) or type(value)()) != value and name in model:
            yield f"its model has {name} {model[name]!r}", repr(value)


def _of_letters(stated: Any, ours: Any) -> Iterator[tuple[str, str]]:
    """Normalizers: of the file, and of the class."""
    theirs = list(parts_of(stated))
    for part in theirs:
        if part["type"] not in _NORMALIZERS:
            yield f"its normalizer has {part}", f"only {', '.join(_NORMALIZERS)}"
        pattern = part.get("pattern")
        if isinstance(pattern, dict) and not set(pattern.values()) <= set(_REPLACED):
            yield f"its normalizer has {part}", "no such replacement"
    changed = {part["type"] for part in theirs} & set(_LETTERS)
    made = {part["type"] for part in parts_of(ours)} & set(_LETTERS)
    if changed != made:
        yield (
            f"its normalizer has {' and '.join(sorted(changed)) or 'no change of letters'}",
            f"{' and '.join(sorted(made)) or 'none'} by do_lower_case and keep_accents in {TOKENIZER_CONFIG}",
        )


def _of_words(stated: Any, ours: Any) -> Iterator[tuple[str, str]]:
    """Pre-tokenizers: of the file, and of the class."""
    made = {part["type"] for part in parts_of(ours)} - {"WhitespaceSplit"}
    if {part["type"] for part in parts_of(stated)} - {"WhitespaceSplit"} != made:
        yield f"its pre_tokenizer is {stated}", " and ".join(sorted(made))


def framing(post_processor: Any) -> Tokenizer:
    """A tokenizer that knows nothing but the post-processor, as tokenizer.json has it."""
    model = {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[UNK]": 0}} | _WORDPIECE
    return Tokenizer.from_str(json.dumps({"model": model, "post_processor": post_processor}))


def _framed(post_processor: Any) -> list[int]:
    """What a post-processor makes of the id 0."""
    return list(framing(post_processor).encode("x").ids)
