"""The tokenizer of a model folder, with the ids that `transformers` 5 gives for it.

What `transformers` does is written out here, since importing it takes seconds that every worker would pay.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import Tokenizer, processors

from sparkcls.engine.tokenizer_conflicts import check_file, check_ids, contradiction, framing
from sparkcls.engine.tokenizer_kinds import build
from sparkcls.errors import ModelFormatError
from sparkcls.families.pieces import ANY, WORDPIECE, AddedToken, Pieces
from sparkcls.models.added_tokens import Tokens
from sparkcls.models.layout import ModelFolder
from sparkcls.models.tokenizer_files import Source, kind_of, read_source, source_in
from sparkcls.models.tokenizer_json import TOKENIZER, read_tokenizer_json
from sparkcls.models.tokenizer_settings import TOKENIZER_CONFIG, TokenizerSettings, read_tokenizer_settings
from sparkcls.models.vocabulary import is_cased

logger = logging.getLogger(__name__)


def load_tokenizer(folder: ModelFolder) -> tuple[Tokenizer, TokenizerSettings]:
    """The tokenizer of a model folder, without limit and padding, and its settings, ``truncation_side`` among them.

    Raises
    ------
    ModelFormatError
        A file is corrupt, could stall a worker, or asks for what sparkcls does not do; or two files
        contradict each other. The message names file and key.
    """
    try:
        return _load(folder.path, folder.config)
    except (KeyboardInterrupt, SystemExit, ModelFormatError):
        raise
    except BaseException as e:  # tokenizers' panics are not Exceptions, and it raises bare ones
        raise ModelFormatError(f"The tokenizer in {folder.path} cannot be read: {e}") from e


def _load(path: Path, config: dict[str, Any]) -> tuple[Tokenizer, TokenizerSettings]:
    file = path / TOKENIZER
    content = read_tokenizer_json(file) if file.is_file() else {}
    settings = read_tokenizer_settings(path, config, content.get("added_tokens") or [])
    # Of a limit that is stored in the file only the side counts; the limit itself is the stage's.
    stored = content.pop("truncation", None) or {}
    side = settings.truncation_side or str(stored.get("direction", "right")).lower()
    settings = replace(settings, truncation_side=side)
    if settings.pieces.kind == ANY:
        tokenizer = Tokenizer.from_str(json.dumps(content))
        _add_tokens(tokenizer, settings.tokens, settings.tokens.extra or settings.tokens.listed or ())
    else:
        source = _source(path, content, settings.pieces)
        tokenizer = build(path, source, settings, _lower_case(source, content, settings))
        _add_tokens(tokenizer, settings.tokens, _extra(source, settings))
        _frame(path, tokenizer, content, settings)
        if content:
            check_file(path, content, source, tokenizer, settings)
    check_ids(path, tokenizer, settings.tokens)
    tokenizer.encode_special_tokens = settings.split_special_tokens
    return tokenizer, settings


def _source(path: Path, content: dict[str, Any], pieces: Pieces) -> Source:
    if not content:
        return read_source(path, pieces)
    kind = kind_of(content["model"])
    source = source_in(content)
    if kind != pieces.kind or not (source.vocabulary or source.scored):
        raise contradiction(path, pieces, f"its model is of type {kind}", pieces.kind)
    return source


def _lower_case(source: Source, content: dict[str, Any], settings: TokenizerSettings) -> bool:
    """Where no setting of a WordPiece tokenizer names it, tokenizer.json says it, else the vocabulary.

    `transformers` would lower-case always, which spoils cased models.
    """
    if settings.do_lower_case is not None:
        return settings.do_lower_case
    lower = (content.get("normalizer") or {}).get("lowercase")
    lower = not is_cased(source.vocabulary) if lower is None else bool(lower)
    if not lower:
        logger.warning(
            "%s does not say do_lower_case; letters keep their case, as %s has it, where transformers lower-cases. "
            "Write do_lower_case there",
            TOKENIZER_CONFIG,
            TOKENIZER if content else "the vocabulary",
        )
    return lower


def _extra(source: Source, settings: TokenizerSettings) -> tuple[AddedToken, ...]:
    """Special tokens without name and id."""
    tokens = settings.tokens
    usual = settings.pieces.extra if tokens.listed is None else tokens.listed
    found = usual if source.control is None else source.control
    return found if tokens.extra is None else tokens.extra


def _add_tokens(tokenizer: Tokenizer, tokens: Tokens, extra: tuple[AddedToken, ...]) -> None:
    """Added tokens by id, then special ones; those that the vocabulary lacks get the next ids."""
    present = list(tokenizer.get_added_tokens_decoder().values())
    as_they_are = {repr(token) for token in present}
    named = {token.content for token in tokens.special.values()}
    by_id = (tokens.added[i] for i in sorted(tokens.added))
    new = [token for token in by_id if repr(_as_added(token)) not in as_they_are]
    known = {token.content for token in present} | {token.content for token in new}
    new += [token for token in (*tokens.special.values(), *extra) if token.content not in known]
    tokenizer.add_tokens([_as_added(token, token.content in named) for token in new])


def _as_added(token: AddedToken, is_named: bool = False) -> tokenizers.AddedToken:
    is_special = token.special or is_named
    return tokenizers.AddedToken(
        token.content,
        lstrip=token.lstrip,
        rstrip=token.rstrip,
        single_word=token.single_word,
        normalized=not is_special if token.normalized is None else token.normalized,
        special=is_special,
    )


def _frame(path: Path, tokenizer: Tokenizer, content: dict[str, Any], settings: TokenizerSettings) -> None:
    pieces, special = settings.pieces, settings.tokens.special
    # Added tokens do not count.
    id_of = tokenizer.model.token_to_id
    names = {part.split(":")[0] for part in pieces.pair.split() if not part.startswith("$")}
    needed = [
        f"{name}_token" for name in sorted(names | ({"unk"} if pieces.kind == WORDPIECE else set()), reverse=True)
    ]
    texts = {name: special[name].content if name in special else f"({name})" for name in needed}
    missing = [text for text in texts.values() if id_of(text) is None]
    if missing:
        raise ModelFormatError(
            f"The vocabulary in {path} lacks {', '.join(missing)}; is it one of {pieces.name}? If these have other "
            f"names there, {TOKENIZER_CONFIG} must tell them: {', '.join(needed)}"
        )
    if pieces.frame_in_file and content.get("post_processor"):
        tokenizer.post_processor = framing(content["post_processor"]).post_processor
        return
    tokenizer.post_processor = processors.TemplateProcessing(
        single=pieces.single,
        pair=pieces.pair,
        special_tokens=[{"id": name, "ids": [id_of(texts[f"{name}_token"])], "tokens": [name]} for name in names],
    )
