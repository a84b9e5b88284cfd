"""The tokenizer of a model folder, with the ids that `transformers` 5 gives for it.

What `transformers` does is written out here, since importing it takes seconds that every worker would pay.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import tokenizers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from sparkcls.engine.tokenizer_conflicts import check_file, check_ids, contradiction
from sparkcls.errors import ModelFormatError
from sparkcls.models.added_tokens import AddedToken, Tokens
from sparkcls.models.layout import TOKENIZER, TOKENIZER_CONFIG, ModelFolder
from sparkcls.models.tokenizer_json import read_tokenizer_json
from sparkcls.models.tokenizer_settings import TokenizerSettings, read_tokenizer_settings
from sparkcls.models.vocabulary import find_vocabulary, is_cased, read_vocabulary

logger = logging.getLogger(__name__)


def load_tokenizer(folder: ModelFolder) -> tuple[Tokenizer, str]:
    """The tokenizer, without limit and padding, and the side on which it cuts, ``left`` or ``right``.

    Raises
    ------
    ModelFormatError
        A file is corrupt, could stall a worker, or asks for what sparkcls does not do; or two files
        contradict each other. The message names file and key.
    """
    try:
        return _load(folder)
    except (KeyboardInterrupt, SystemExit, ModelFormatError):
        raise
    except BaseException as e:  # tokenizers' panics are not Exceptions, and it raises bare ones
        raise ModelFormatError(f"The tokenizer in {folder.path} cannot be read: {e}") from e


def _load(folder: ModelFolder) -> tuple[Tokenizer, str]:
    file = folder.path / TOKENIZER
    content = read_tokenizer_json(file) if file.is_file() else {}
    settings = read_tokenizer_settings(folder.path, folder.config, content.get("added_tokens") or [])
    # Of a limit that is stored in the file only the side counts; the limit itself is the stage's.
    stored = content.pop("truncation", None) or {}
    side = settings.truncation_side or str(stored.get("direction", "right")).lower()
    if settings.as_in_file:
        tokenizer = Tokenizer.from_str(json.dumps(content))
        _add_tokens(tokenizer, settings.tokens)
    else:
        tokenizer = _of_bert(_vocabulary(folder, content), content, settings)
        _add_tokens(tokenizer, settings.tokens)
        _frame(folder, tokenizer, settings.tokens)
        if content:
            check_file(folder.path, content, tokenizer, settings.tokens)
    check_ids(folder.path, tokenizer, settings.tokens)
    tokenizer.encode_special_tokens = settings.split_special_tokens
    return tokenizer, side


def _vocabulary(folder: ModelFolder, content: dict[str, Any]) -> dict[str, int]:
    if not content:
        file = find_vocabulary(folder.path)
        assert file is not None, "read_model_folder has checked that there is one"
        return read_vocabulary(file)
    model = content["model"]
    kind = model.get("type", "WordPiece")
    if kind != "WordPiece" or not isinstance(model.get("vocab"), dict):
        raise contradiction(folder.path, f"its model is of type {kind}", "WordPiece")
    vocabulary: dict[str, int] = model["vocab"]
    return vocabulary


def _of_bert(vocabulary: dict[str, int], content: dict[str, Any], settings: TokenizerSettings) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=settings.tokens.special["unk_token"].content))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=settings.tokenize_chinese_chars,
        strip_accents=settings.strip_accents,
        lowercase=_lower_case(vocabulary, content, settings),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def _lower_case(vocabulary: dict[str, int], content: dict[str, Any], settings: TokenizerSettings) -> bool:
    """Where no setting names it, tokenizer.json says it, else the vocabulary.

    `transformers` would lower-case always, which spoils cased models.
    """
    if settings.do_lower_case is not None:
        return settings.do_lower_case
    lower = (content.get("normalizer") or {}).get("lowercase")
    lower = not is_cased(vocabulary) if lower is None else bool(lower)
    if not lower:
        logger.warning(
            "%s does not say do_lower_case; letters keep their case, as %s has it, where transformers lower-cases. "
            "Write do_lower_case there",
            TOKENIZER_CONFIG,
            TOKENIZER if content else "the vocabulary",
        )
    return lower


def _add_tokens(tokenizer: Tokenizer, tokens: Tokens) -> None:
    """Added tokens by id, then special ones; those that the vocabulary lacks get the next ids."""
    present = list(tokenizer.get_added_tokens_decoder().values())
    as_they_are = {repr(token) for token in present}
    named = {token.content for token in tokens.special.values()}
    by_id = (tokens.added[i] for i in sorted(tokens.added))
    new = [token for token in by_id if repr(_as_added(token)) not in as_they_are]
    known = {token.content for token in present} | {token.content for token in new}
    new += [token for token in (*tokens.special.values(), *tokens.extra) if token.content not in known]
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


def _frame(folder: ModelFolder, tokenizer: Tokenizer, tokens: Tokens) -> None:
    vocabulary = tokenizer.get_vocab(with_added_tokens=False)
    first, last = tokens.special["cls_token"].content, tokens.special["sep_token"].content
    missing = [name for name in (tokens.special["unk_token"].content, first, last) if name not in vocabulary]
    if missing:
        raise ModelFormatError(
            f"The vocabulary in {folder.path} lacks {', '.join(missing)}; is it a BERT vocabulary? If these have other "
            f"names there, {TOKENIZER_CONFIG} must tell them: unk_token, cls_token, sep_token"
        )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=[first, "$A", last],
        pair=[first, "$A", last, "$B:1", f"{last}:1"],
        special_tokens=[(first, vocabulary[first]), (last, vocabulary[last])],
    )
