"""The tokenizer of a model folder, with the ids that `transformers` 5 gives for it.

What `transformers` does is written out here, since importing it takes seconds that every worker would pay.
"""

from __future__ import annotations

import json
import logging
from typing import Any

import tokenizers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from sparkcls.errors import ModelFormatError
from sparkcls.models.layout import TOKENIZER, TOKENIZER_CONFIG, ModelFolder
from sparkcls.models.tokenizer_json import read_tokenizer_json
from sparkcls.models.tokenizer_settings import AddedToken, TokenizerSettings, read_tokenizer_settings
from sparkcls.models.vocabulary import find_vocabulary, is_cased, read_vocabulary

logger = logging.getLogger(__name__)

#: What BERT's classes put into the place of what tokenizer.json says.
_WORDPIECE = {"unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}


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
    except BaseException as e:  # tokenizers' panics are no Exception, and it raises bare ones
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
    elif content:
        tokenizer = _of_bert(_checked_vocabulary(folder, content, settings), content, settings)
    else:
        vocabulary_file = find_vocabulary(folder.path)
        assert vocabulary_file is not None, "read_model_folder has checked that there is one"
        tokenizer = _of_bert(read_vocabulary(vocabulary_file), content, settings)
    _add_tokens(tokenizer, settings)
    if not settings.as_in_file:
        _frame(folder, tokenizer, settings)
        if content and _framed(content.get("post_processor")) != _framed(_part(tokenizer, "post_processor")):
            raise _contradiction(
                folder,
                f"its post_processor is {content.get('post_processor')}",
                f"one that puts {settings.special['cls_token'].content} before a text and "
                f"{settings.special['sep_token'].content} after it",
            )
    _check_ids(folder, tokenizer, settings)
    tokenizer.encode_special_tokens = settings.split_special_tokens
    return tokenizer, side


def _of_bert(vocabulary: dict[str, int], content: dict[str, Any], settings: TokenizerSettings) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=settings.special["unk_token"].content))
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


def _checked_vocabulary(folder: ModelFolder, content: dict[str, Any], settings: TokenizerSettings) -> dict[str, int]:
    """The vocabulary in tokenizer.json, if a tokenizer of BERT's class gives what that file describes."""
    model = content["model"]
    vocabulary = model.get("vocab")
    kind = model.get("type", "WordPiece")
    if kind != "WordPiece" or not isinstance(vocabulary, dict):
        raise _contradiction(folder, f"its model is of type {kind}", "WordPiece")
    expected = _WORDPIECE | {"unk_token": settings.special["unk_token"].content}
    for name, value in expected.items():
        if model.get(name, value) != value:
            raise _contradiction(folder, f"its model has {name} {model[name]!r}", repr(value))
    normalizer = content.get("normalizer") or {"type": "null"}
    if normalizer["type"] != "BertNormalizer" or not normalizer.get("clean_text", True):
        raise _contradiction(folder, f"its normalizer is {normalizer}", "BertNormalizer with clean_text")
    words = content.get("pre_tokenizer") or {"type": "null"}
    if words["type"] != "BertPreTokenizer":
        raise _contradiction(folder, f"its pre_tokenizer is {words}", "BertPreTokenizer")
    stated = {token.content for token in settings.added.values()}
    for token in content.get("added_tokens") or []:
        if token["content"] not in stated and token["content"] not in {t.content for t in settings.special.values()}:
            raise ModelFormatError(
                f"{folder.path / TOKENIZER} has the added token {token['content']!r}, which added_tokens_decoder in "
                f"{TOKENIZER_CONFIG} leaves out: transformers 4 takes it, 5 does not; name it in both, or in none"
            )
    return vocabulary


def _contradiction(folder: ModelFolder, found: str, expected: str) -> ModelFormatError:
    return ModelFormatError(
        f"{folder.path / TOKENIZER}: {found[:200]}, but a tokenizer of BERT's class has {expected}; transformers 4 "
        f"follows the file, 5 the class. If the file is right, set tokenizer_class to PreTrainedTokenizerFast in "
        f"{TOKENIZER_CONFIG}"
    )


def _add_tokens(tokenizer: Tokenizer, settings: TokenizerSettings) -> None:
    """Added tokens by id, then special ones; those that the vocabulary lacks get the next ids."""
    present = list(tokenizer.get_added_tokens_decoder().values())
    as_they_are = {repr(token) for token in present}
    named = {token.content for token in settings.special.values()}
    by_id = (settings.added[i] for i in sorted(settings.added))
    tokens = [token for token in by_id if repr(_as_added(token)) not in as_they_are]
    known = {token.content for token in present} | {token.content for token in tokens}
    for token in (*settings.special.values(), *settings.extra):
        if token.content not in known:
            known.add(token.content)
            tokens.append(token)
    tokenizer.add_tokens([_as_added(token, token.content in named) for token in tokens])


def _as_added(token: AddedToken, is_named: bool = False) -> tokenizers.AddedToken:
    # Whether it is normalised is decided before: a special token by its name keeps what its file says.
    normalized = not token.special if token.normalized is None else token.normalized
    return tokenizers.AddedToken(
        token.content,
        lstrip=token.lstrip,
        rstrip=token.rstrip,
        single_word=token.single_word,
        normalized=normalized,
        special=token.special or is_named,
    )


def _frame(folder: ModelFolder, tokenizer: Tokenizer, settings: TokenizerSettings) -> None:
    vocabulary = tokenizer.get_vocab(with_added_tokens=False)
    first, last = settings.special["cls_token"].content, settings.special["sep_token"].content
    missing = [name for name in (settings.special["unk_token"].content, first, last) if name not in vocabulary]
    if missing:
        raise ModelFormatError(
            f"The vocabulary in {folder.path} lacks {', '.join(missing)}; is it a BERT vocabulary? If these have other "
            f"names there, {TOKENIZER_CONFIG} must tell them: unk_token, cls_token, sep_token"
        )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=[first, "$A", last],
        special_tokens=[(first, vocabulary[first]), (last, vocabulary[last])],
    )


def _part(tokenizer: Tokenizer, name: str) -> Any:
    return json.loads(getattr(tokenizer, name).__getstate__())


def _framed(post_processor: Any) -> list[int]:
    """What a post-processor makes of the id 0."""
    model = _WORDPIECE | {"type": "WordPiece", "vocab": {_WORDPIECE["unk_token"]: 0}}
    around = Tokenizer.from_str(json.dumps({"model": model, "post_processor": post_processor}))
    return list(around.encode("x").ids)


def _check_ids(folder: ModelFolder, tokenizer: Tokenizer, settings: TokenizerSettings) -> None:
    for i, token in settings.added.items():
        found = tokenizer.token_to_id(token.content)
        if found != i:
            raise ModelFormatError(
                f"{folder.path}: the added token {token.content!r} has the id {i} in the tokenizer's files, but "
                f"transformers gives it {found}, the next free one; correct the id there"
            )
