"""What a model folder says of its tokenizer in tokenizer_config.json, read as `transformers` reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.families.distilbert import DISTILBERT
from sparkcls.families.pieces import ALWAYS_AS_IN_FILE, ANY, AS_IN_FILE, CLASSES, WORDPIECE, Pieces
from sparkcls.families.registry import find_family
from sparkcls.models.added_tokens import Tokens, read_tokens
from sparkcls.models.textfiles import read_optional_json
from sparkcls.models.tokenizer_json import MOST_ADDED_TOKENS, TOKENIZER

TOKENIZER_CONFIG = "tokenizer_config.json"
_CONFIG = "config.json"

#: Keys of tokenizer_config.json that would put something else in the place of the folder's files.
_REPLACEMENTS = (
    *("vocab", "merges", "tokenizer_object", "gguf_file", "post_processor", "init_inputs"),
    *("_spm_precompiled_charsmap", "model_specific_special_tokens", "fix_mistral_regex"),
    *("tokenizer_truncation", "tokenizer_padding", "_json_truncation", "_json_padding"),
)


@dataclass(frozen=True)
class TokenizerSettings:
    """A tokenizer's settings, by their names in tokenizer_config.json; None is what no file names.

    Parameters
    ----------
    pieces
        The class of the tokenizer.
    tokens
        Special and other added tokens.
    has_types
        Whether token types go into the model.
    """

    pieces: Pieces
    tokens: Tokens
    has_types: bool
    do_lower_case: bool | None
    strip_accents: bool | None
    tokenize_chinese_chars: bool
    keep_accents: bool
    split_by_punct: bool
    add_prefix_space: bool
    unk_id: int | None
    truncation_side: str | None
    split_special_tokens: bool


def usual_pieces(config: dict[str, Any]) -> Pieces:
    """The tokenizer class of a model, by its config.json, where no file names another."""
    family = find_family(config.get("model_type", DISTILBERT.model_type))
    return family.pieces if family else AS_IN_FILE


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
        pieces = _class(path, content, config, usual_pieces(config))
        _refuse(file, content, pieces)
        # An explicit null turns off what is on by default.
        settings = TokenizerSettings(
            pieces,
            read_tokens(path, content, in_file, pieces.special),
            _has_types(file, content, pieces),
            do_lower_case=_lower_case(file, content, pieces),
            strip_accents=_flag(file, content, "strip_accents", None),
            tokenize_chinese_chars=_flag(file, content, "tokenize_chinese_chars", True) is not False,
            keep_accents=bool(_flag(file, content, "keep_accents", False)),
            split_by_punct=bool(_flag(file, content, "split_by_punct", False)),
            add_prefix_space=bool(_flag(file, content, "add_prefix_space", pieces.prefix_space)),
            unk_id=_number(file, content, "unk_id"),
            truncation_side=_side(file, content),
            split_special_tokens=bool(_flag(file, content, "split_special_tokens", False)),
        )
    except (TypeError, ValueError, AttributeError, KeyError) as e:
        if isinstance(e, ModelFormatError):
            raise
        raise ModelFormatError(f"The tokenizer in {path} has settings that cannot be read: {e}") from e
    tokens = settings.tokens
    count = len(tokens.added) + len(tokens.special) + len(tokens.extra or ()) + len(tokens.listed or ())
    if count > MOST_ADDED_TOKENS:
        raise ModelFormatError(f"{path} has {count:,} added tokens; expected at most {MOST_ADDED_TOKENS:,}")
    return settings


def _refuse(file: Path, content: dict[str, Any], pieces: Pieces) -> None:
    """Refuse what changes ids and cannot be honoured."""
    for name in _REPLACEMENTS:
        if content.get(name):
            raise ModelFormatError(f"{file}: {name} puts a tokenizer beside the folder's files; remove it")
    if content.get("auto_map"):
        raise ModelFormatError(
            f"{file}: auto_map names code of the model's author, which is not run; save the folder with a tokenizer "
            "of transformers"
        )
    if pieces.frame_in_file and not (file.parent / TOKENIZER).is_file():
        frame = next((name for name in ("add_bos_token", "add_eos_token") if name in content), None)
        if frame:
            raise ModelFormatError(
                f"{file}: {frame} puts other special tokens around a text than {pieces.name} does, in transformers 5; "
                "remove it"
            )
    versions = content.get("fast_tokenizer_files") or [TOKENIZER]
    if versions != [TOKENIZER]:
        raise ModelFormatError(
            f"{file}: fast_tokenizer_files names {', '.join(map(str, versions))}, of which each version of "
            f"transformers takes another; keep one, call it {TOKENIZER} and remove the key"
        )
    of_words = pieces.kind in (WORDPIECE, ANY)
    if of_words and (content.get("do_basic_tokenize") is False or content.get("never_split")):
        key = "never_split" if content.get("never_split") else "do_basic_tokenize"
        raise ModelFormatError(
            f"{file}: {key} is {content[key]!r}, which transformers 3 and 4 obey and 5 does not; remove the key for "
            "the ids of transformers 5 (words that are never split can be added tokens)"
        )


def _class(path: Path, content: dict[str, Any], config: dict[str, Any], usual: Pieces) -> Pieces:
    """The class that `transformers` takes: the stated one, but for models that always are as in their file."""
    where = TOKENIZER_CONFIG if content.get("tokenizer_class") else _CONFIG
    declared = content.get("tokenizer_class") or config.get("tokenizer_class")
    model_type = config.get("model_type")
    if model_type in ALWAYS_AS_IN_FILE:
        pieces: Pieces | None = AS_IN_FILE
    elif declared:
        pieces = CLASSES.get(str(declared).removesuffix("Fast"))
    else:
        pieces = usual if usual is not AS_IN_FILE else None
    if pieces is None:
        raise ModelFormatError(
            f"{path / where}: tokenizer_class is {declared!r}; expected one of {', '.join(CLASSES)}, or "
            f"PreTrainedTokenizerFast for a tokenizer that {TOKENIZER} describes in full"
        )
    if pieces is AS_IN_FILE and not (path / TOKENIZER).is_file():
        raise ModelFormatError(
            f"{path / where}: tokenizer_class is {declared or AS_IN_FILE.name!r}, which needs {TOKENIZER}; add it"
        )
    return pieces


def _has_types(file: Path, content: dict[str, Any], pieces: Pieces) -> bool:
    inputs = content.get("model_input_names")
    if inputs is None:
        return pieces.has_types
    if not isinstance(inputs, list):
        raise ModelFormatError(f"{file}: model_input_names is {inputs!r:.80}; expected a list of names")
    return "token_type_ids" in inputs


def _flag(file: Path, content: dict[str, Any], name: str, usual: bool | None) -> bool | None:
    value = content.get(name, usual)
    if value is not None and not isinstance(value, bool):
        raise ModelFormatError(f"{file}: {name} is {value!r}; expected true or false")
    return value


def _lower_case(file: Path, content: dict[str, Any], pieces: Pieces) -> bool | None:
    stated = _flag(file, content, "do_lower_case", None)
    if pieces.kind == WORDPIECE:
        return stated
    return bool(stated) if "do_lower_case" in content else pieces.lower_case


def _number(file: Path, content: dict[str, Any], name: str) -> int | None:
    value = content.get(name)
    if value is not None and (type(value) is not int or value < 0):
        raise ModelFormatError(f"{file}: {name} is {value!r:.80}; expected the id of a piece")
    return value


def _side(file: Path, content: dict[str, Any]) -> str | None:
    side = content.get("truncation_side")
    if side not in (None, "left", "right"):
        raise ModelFormatError(f"{file}: truncation_side is {side!r}; expected 'left' or 'right'")
    return side
