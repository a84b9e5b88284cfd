"""Special and other added tokens of a tokenizer, from all files that may name them, as `transformers` 5 reads them.

tokenizer_config.json      names of the special tokens; since transformers 4.34 all added tokens
special_tokens_map.json    names of the special tokens, and
added_tokens.json          added tokens: both count where tokenizer_config.json has no added_tokens_decoder
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sparkcls.families.pieces import AddedToken
from sparkcls.models.textfiles import read_optional_json
from sparkcls.models.tokenizer_json import LONGEST_PIECE

ADDED_TOKENS = "added_tokens.json"
SPECIAL_TOKENS = "special_tokens_map.json"

#: All names that `transformers` knows, in the order in which it adds them.
_ORDER = tuple(f"{name}_token" for name in ("bos", "eos", "unk", "sep", "pad", "cls", "mask"))
_FLAGS = ("lstrip", "rstrip", "single_word", "normalized", "special")
#: Marks an added token among the values of tokenizer_config.json.
_TYPE = "__type"


@dataclass(frozen=True)
class Tokens:
    """A tokenizer's added tokens.

    Parameters
    ----------
    special
        Those with a name (``cls_token``, ...), in the order of adding.
    added
        All to which a file gives an id.
    extra
        Special ones without name and id; None if no file lists any.
    listed
        The same as special_tokens_map.json lists them, which a SentencePiece file's own take the place of.
    """

    special: dict[str, AddedToken]
    added: dict[int, AddedToken]
    extra: tuple[AddedToken, ...] | None = None
    listed: tuple[AddedToken, ...] | None = None


def read_tokens(
    path: Path, settings: dict[str, Any], in_file: list[dict[str, Any]], usual: Mapping[str, AddedToken]
) -> Tokens:
    """The added tokens of a model folder.

    Parameters
    ----------
    path
        The folder.
    settings
        The content of its tokenizer_config.json.
    in_file
        ``added_tokens`` of its tokenizer.json.
    usual
        Special tokens that count where the files name none.

    Raises
    ------
    ModelFormatError, TypeError, ValueError, AttributeError, KeyError
        A file has something else in the place of a token.
    """
    # Values are texts, flags by name as the file has them, or tokens where `transformers` has made one of them.
    named: dict[str, Any] = {k: v for k, v in settings.items() if _is_named(k, v)}
    extra: Any = settings.get("extra_special_tokens")
    if "additional_special_tokens" in settings and not extra:
        extra = settings["additional_special_tokens"] or []
    if isinstance(extra, dict):
        named, extra = named | extra, None
    later = None
    if "added_tokens_decoder" in settings:
        added = {_integer(int(i)): _token(token) for i, token in settings["added_tokens_decoder"].items()}
    else:
        listed = read_optional_json(path / SPECIAL_TOKENS)
        named |= {k: _marked(v) for k, v in listed.items() if k.endswith("_token") and isinstance(v, (str, dict))}
        more = listed.get("extra_special_tokens")
        if isinstance(more, dict):
            named |= more
        elif more:
            extra = [*(extra or []), *map(_marked, more)]
        # transformers 5 fails where this list has flags; 3 and 4, which wrote them, do not.
        if listed.get("additional_special_tokens") is not None:
            later = [_marked(v) if _TYPE not in v else v for v in listed["additional_special_tokens"]]
        known = {_text(named.get(name)) for name in _ORDER} | {_text(v) for v in extra or []}
        known |= {v.content for v in later or [] if isinstance(v, AddedToken)}
        added = {}
        for text, i in read_optional_json(path / ADDED_TOKENS).items():
            added[_integer(i)] = AddedToken(text, normalized=text not in known, special=text in known)
        added |= {_integer(t["id"]): _token({k: v for k, v in t.items() if k != "id"}) for t in in_file}
        if not all(isinstance(c.get("extra_special_tokens", {}), dict) for c in (settings, listed)):
            extra = extra or []
    named = {name: token for name, token in usual.items() if name not in settings} | named
    by_text = {token.content: token for token in added.values()}
    special = {}
    for name in sorted(named, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)):
        token = _token(named[name])
        if isinstance(named[name], str) and name in usual:
            token = replace(usual[name], content=token.content)
        special[name] = by_text.get(token.content, token)
    return Tokens(special, added, _all(extra), _all(later))


def _all(values: Any) -> tuple[AddedToken, ...] | None:
    return None if values is None else tuple(_token(value) for value in values)


def _is_named(key: str, value: Any) -> bool:
    """Whether a value in tokenizer_config.json is a token with a name, maybe of the model's own."""
    if isinstance(value, dict):
        return key in _ORDER or (key.endswith("_token") and value.get(_TYPE) == "AddedToken")
    return key.endswith("_token") and isinstance(value, str)


def _marked(value: Any) -> Any:
    """What special_tokens_map.json has: a token if it has flags, then special in any case."""
    return _token({**value, "special": True}) if isinstance(value, dict) else value


def _text(value: Any) -> str | None:
    return value.content if isinstance(value, AddedToken) else value if isinstance(value, str) else None


def _token(value: Any) -> AddedToken:
    """A token as the files write it: its text, which is then special, or its text with flags."""
    if isinstance(value, AddedToken):
        return value
    flags = dict(value) if isinstance(value, dict) else {"content": value, "special": True}
    flags.pop(_TYPE, None)
    content = flags.pop("content")
    if not isinstance(content, str) or len(content) > LONGEST_PIECE:
        raise TypeError(
            f"an added token is {str(content)[:60]!r}; expected a text of at most {LONGEST_PIECE:,} letters"
        )
    unknown = [name for name in flags if name not in _FLAGS or not isinstance(flags[name], bool)]
    if unknown:
        raise TypeError(f"the added token {content!r} has {unknown[0]} {flags[unknown[0]]!r}; expected a flag")
    return AddedToken(content, **flags)


def _integer(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**32:
        raise TypeError(f"the id of an added token is {value!r}; expected a whole number")
    return value
