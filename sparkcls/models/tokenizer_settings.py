"""What a model folder says of its tokenizer beside tokenizer.json, read as `transformers` reads it.

tokenizer_config.json      letters, sides, names of the special tokens; since transformers 4.34 all added tokens
special_tokens_map.json    names of the special tokens, and
added_tokens.json          added tokens: both count where tokenizer_config.json has no added_tokens_decoder
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparkcls.errors import ModelFormatError
from sparkcls.models.layout import ADDED_TOKENS, CONFIG, SPECIAL_TOKENS, TOKENIZER, TOKENIZER_CONFIG
from sparkcls.models.tokenizer_json import LONGEST_PIECE, MOST_ADDED_TOKENS, read_json

#: Classes that `transformers` builds from a vocabulary, in BERT's way whatever else tokenizer.json says.
_OF_BERT = ("DistilBertTokenizer", "BertTokenizer", "ElectraTokenizer", "MobileBertTokenizer")
#: Classes that stand for what tokenizer.json says.
_OF_ITS_FILE = ("PreTrainedTokenizer", "TokenizersBackend")

#: The special tokens, in the order in which they are added, and what BERT's classes call them.
_NAMES: dict[str, str | None] = {
    "bos_token": None,
    "eos_token": None,
    "unk_token": "[UNK]",
    "sep_token": "[SEP]",
    "pad_token": "[PAD]",
    "cls_token": "[CLS]",
    "mask_token": "[MASK]",
}
_FLAGS = ("lstrip", "rstrip", "single_word", "normalized", "special")
#: Keys of tokenizer_config.json that would put something else in the place of the folder's files.
_REPLACEMENTS = ("vocab", "merges", "tokenizer_object", "gguf_file", "post_processor", "init_inputs")


@dataclass(frozen=True)
class AddedToken:
    """A token that is found in a text before it is cut into words.

    `special` ones are found in the text as it is written, others after normalisation, unless `normalized`
    says otherwise. `lstrip` and `rstrip` take the white space beside it, `single_word` wants no letter beside it.
    """

    content: str
    lstrip: bool = False
    rstrip: bool = False
    single_word: bool = False
    normalized: bool | None = None
    special: bool = False


@dataclass(frozen=True)
class TokenizerSettings:
    """A tokenizer's settings; None is what no file names.

    Parameters
    ----------
    as_in_file
        Whether tokenizer.json alone says how words and letters are treated.
    special
        Name of each special token (``unk_token``, ...), in the order of adding.
    added
        Other added tokens by the id that a file gives them.
    extra
        Special tokens without an id.
    """

    as_in_file: bool
    special: dict[str, AddedToken]
    added: dict[int, AddedToken]
    extra: tuple[AddedToken, ...]
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
        content = read_json(file) if file.is_file() else {}
        _refuse(file, content)
        as_in_file = _is_as_in_file(path, content, config)
        # The order and the exceptions below are those of transformers 5.
        names = {name: content[name] for name in content if name.endswith("_token")}
        extra = content.get("extra_special_tokens") or content.get("additional_special_tokens")
        named_later = None
        added: dict[int, AddedToken] = {}
        if "added_tokens_decoder" in content:
            added = {_integer(int(i)): _token(token) for i, token in content["added_tokens_decoder"].items()}
        else:
            listed = _optional(path / SPECIAL_TOKENS)
            names |= {name: listed[name] for name in listed if name.endswith("_token")}
            extra = _joined(extra, listed.get("extra_special_tokens"))
            named_later = listed.get("additional_special_tokens")
            # transformers 5 fails where special_tokens_map.json has flags in its list; 3 and 4, which wrote it, do not.
            flagged = [token for token in named_later or () if isinstance(token, dict)]
            known = {_token(value).content for value in (*filter(None, names.values()), *(extra or ()), *flagged)}
            for text, i in _optional(path / ADDED_TOKENS).items():
                added[_integer(i)] = _token(
                    {"content": text, "normalized": text not in known, "special": text in known}
                )
            added |= {_integer(t["id"]): _token({k: v for k, v in t.items() if k != "id"}) for t in in_file}
        if isinstance(extra, dict):
            names, extra = names | extra, None
        if extra is None and "extra_special_tokens" not in content:
            extra = named_later
        by_text = {token.content: token for token in added.values()}
        special = {name: _token(value, special=True) for name, value in _named(names, as_in_file)}
        special = {name: by_text.get(token.content, token) for name, token in special.items()}
        settings = TokenizerSettings(
            as_in_file,
            special,
            added,
            tuple(_token(token, special=True) for token in extra or ()),
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
    count = len(settings.added) + len(settings.special) + len(settings.extra)
    if count > MOST_ADDED_TOKENS:
        raise ModelFormatError(f"{path} has {count:,} added tokens; expected at most {MOST_ADDED_TOKENS:,}")
    return settings


def _optional(file: Path) -> dict[str, Any]:
    return read_json(file) if file.is_file() else {}


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


def _named(names: dict[str, Any], as_in_file: bool) -> Iterator[tuple[str, Any]]:
    usual = {} if as_in_file else _NAMES
    for name in _NAMES:
        value = names.get(name, usual.get(name))
        if value is not None:
            yield name, value
    for name, value in names.items():  # a model's own, such as image_token
        if name not in _NAMES and isinstance(value, (str, dict)):
            yield name, value


def _joined(tokens: Any, more: Any) -> Any:
    if isinstance(tokens, list) and isinstance(more, list):
        return tokens + [token for token in more if token not in tokens]
    return more or tokens


def _token(value: Any, special: bool = False) -> AddedToken:
    """A token as the files write it: its text, or its text with flags."""
    flags = dict(value) if isinstance(value, dict) else {"content": value}
    flags.pop("__type", None)
    content = flags.pop("content")
    if not isinstance(content, str) or len(content) > LONGEST_PIECE:
        raise TypeError(
            f"an added token is {str(content)[:60]!r}; expected a text of at most {LONGEST_PIECE:,} letters"
        )
    unknown = [name for name in flags if name not in _FLAGS or not isinstance(flags[name], bool)]
    if unknown:
        raise TypeError(f"the added token {content!r} has {unknown[0]} {flags[unknown[0]]!r}; expected a flag")
    return AddedToken(content, **({"special": special} | flags))


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**32:
        raise TypeError(f"the id of an added token is {value!r}; expected a whole number")
    return value


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
