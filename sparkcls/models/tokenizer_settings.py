"""What a model folder says of its tokenizer in tokenizer_config.json, read as `transformers` reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.models.added_tokens import USUAL, Tokens, read_tokens
from sparkcls.models.config import CONFIG
from sparkcls.models.textfiles import read_optional_json
from sparkcls.models.tokenizer_json import MOST_ADDED_TOKENS, TOKENIZER

TOKENIZER_CONFIG = "tokenizer_config.json"

#: Classes that `transformers` builds from a vocabulary, in BERT's way whatever else tokenizer.json says.
_OF_BERT = ("DistilBertTokenizer", "BertTokenizer", "ElectraTokenizer", "MobileBertTokenizer")
#: Classes that stand for what tokenizer.json says.
_OF_ITS_FILE = ("PreTrainedTokenizer", "TokenizersBackend")

#: Keys of tokenizer_config.json that would put something else in the place of the folder's files.
_REPLACEMENTS = ("vocab", "merges", "tokenizer_object", "gguf_file", "post_processor", "init_inputs")


@dataclass(frozen=True)
class TokenizerSettings:
    """A tokenizer's settings; None is what no file names.

    Parameters
    ----------
    as_in_file
        Whether tokenizer.json alone says how words and letters are treated.
    tokens
        Special and other added tokens.
    """

    as_in_file: bool
    tokens: Tokens
    do_lower_case: bool | None
    strip_accents: bool | None
    tokenize_chinese_chars: bool
    truncation_side: str | None
    split_special_tokens: bool


def read_tokenizer_settings(path: Path, config: dict[str, Any], in_file: list[dict[str, Any]]) -> TokenizerSettings:
    """The settings in a model folder.

    Parameters
    ----------
    path
        The folder.
    config
        The content of its config.json.
    in_file
        ``added_tokens`` of its tokenizer.json.

    Raises
    ------
    ModelFormatError
        A file cannot be read, or asks for what sparkcls does not do; the message names file and key.
    """
    file = path / TOKENIZER_CONFIG
    try:
        content = read_optional_json(file)
        _refuse(file, content)
        as_in_file = _is_as_in_file(path, content, config)
        tokens = read_tokens(path, content, in_file, {} if as_in_file else USUAL)
        settings = TokenizerSettings(
            as_in_file,
            tokens,
            do_lower_case=_flag(file, content, "do_lower_case", None),
            strip_accents=_flag(file, content, "strip_accents", None),
            tokenize_chinese_chars=_flag(file, content, "tokenize_chinese_chars", True) is not False,
            truncation_side=_side(file, content),
            split_special_tokens=bool(_flag(file, content, "split_special_tokens", False)),
        )
    except (TypeError, ValueError, AttributeError, KeyError) as e:
        if isinstance(e, ModelFormatError):
            raise
        raise ModelFormatError(f"The tokenizer in {path} has settings that cannot be read: {e}") from e
    count = len(tokens.added) + len(tokens.special) + len(tokens.extra)
    if count > MOST_ADDED_TOKENS:
        raise ModelFormatError(f"{path} has {count:,} added tokens; expected at most {MOST_ADDED_TOKENS:,}")
    return settings


def _refuse(file: Path, content: dict[str, Any]) -> None:
    """Refuse what changes ids and cannot be honoured."""
    for name in _REPLACEMENTS:
        if content.get(name):
            raise ModelFormatError(f"{file}: {name} puts a tokenizer beside the folder's files; remove it")
    if content.get("auto_map"):
        raise ModelFormatError(
            f"{file}: auto_map names code of the model's author, which is not run; save the folder with a tokenizer "
            "of transformers"
        )
    versions = content.get("fast_tokenizer_files") or [TOKENIZER]
    if versions != [TOKENIZER]:
        raise ModelFormatError(
            f"{file}: fast_tokenizer_files names {', '.join(map(str, versions))}, of which each version of "
            f"transformers takes another; keep one, call it {TOKENIZER} and remove the key"
        )
    if content.get("do_basic_tokenize") is False or content.get("never_split"):
        key = "never_split" if content.get("never_split") else "do_basic_tokenize"
        raise ModelFormatError(
            f"{file}: {key} is {content[key]!r}, which transformers 3 and 4 obey and 5 does not; remove the key for "
            "the ids of transformers 5 (words that are never split can be added tokens)"
        )


def _is_as_in_file(path: Path, content: dict[str, Any], config: dict[str, Any]) -> bool:
    declared = content.get("tokenizer_class") or config.get("tokenizer_class") or _OF_BERT[0]
    name = str(declared).removesuffix("Fast")
    where = TOKENIZER_CONFIG if content.get("tokenizer_class") else CONFIG
    if name in _OF_BERT:
        return False
    if name not in _OF_ITS_FILE:
        raise ModelFormatError(
            f"{path / where}: tokenizer_class is {declared!r}; expected {', '.join(_OF_BERT)}, or "
            f"PreTrainedTokenizerFast for a tokenizer that {TOKENIZER} describes in full"
        )
    if not (path / TOKENIZER).is_file():
        raise ModelFormatError(f"{path / where}: tokenizer_class is {declared!r}, which needs {TOKENIZER}; add it")
    return True


def _flag(file: Path, content: dict[str, Any], name: str, usual: bool | None) -> bool | None:
    value = content.get(name, usual)
    if value is not None and not isinstance(value, bool):
        raise ModelFormatError(f"{file}: {name} is {value!r}; expected true or false")
    return value


def _side(file: Path, content: dict[str, Any]) -> str | None:
    side = content.get("truncation_side")
    if side not in (None, "left", "right"):
        raise ModelFormatError(f"{file}: truncation_side is {side!r}; expected 'left' or 'right'")
    return side
