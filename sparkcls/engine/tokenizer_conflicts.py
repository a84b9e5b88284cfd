"""What two versions of `transformers` read differently in a tokenizer of BERT's class: refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from sparkcls.errors import ModelFormatError
from sparkcls.models.added_tokens import Tokens
from sparkcls.models.layout import TOKENIZER, TOKENIZER_CONFIG

#: What BERT's classes put into the place of what tokenizer.json says.
WORDPIECE = {"unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100}


def check_file(path: Path, content: dict[str, Any], tokenizer: Tokenizer, tokens: Tokens) -> None:
    """Check that the tokenizer of a folder does what its tokenizer.json describes.

    Letters aside: what becomes of their case and accents is for tokenizer_config.json to say.

    Raises
    ------
    ModelFormatError
        `transformers` 4 would follow the file, 5 the class; or one knows an added token that the other does not.
    """
    model = content["model"]
    for name, value in (WORDPIECE | {"unk_token": tokens.special["unk_token"].content}).items():
        if model.get(name, value) != value:
            raise contradiction(path, f"its model has {name} {model[name]!r}", repr(value))
    normalizer = content.get("normalizer") or {"type": "null"}
    if normalizer["type"] != "BertNormalizer" or not normalizer.get("clean_text", True):
        raise contradiction(path, f"its normalizer is {normalizer}", "BertNormalizer with clean_text")
    words = content.get("pre_tokenizer") or {"type": "null"}
    if words["type"] != "BertPreTokenizer":
        raise contradiction(path, f"its pre_tokenizer is {words}", "BertPreTokenizer")
    if _framed(content.get("post_processor")) != _framed(json.loads(tokenizer.post_processor.__getstate__())):
        frame = [tokens.special[name].content for name in ("cls_token", "sep_token")]
        raise contradiction(
            path,
            f"its post_processor is {content.get('post_processor')}",
            f"one that puts {frame[0]} before a text and {frame[1]} after it",
        )
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


def contradiction(path: Path, found: str, expected: str) -> ModelFormatError:
    """The error for a tokenizer.json that says other than the class."""
    return ModelFormatError(
        f"{path / TOKENIZER}: {found[:200]}, but a tokenizer of BERT's class has {expected}; transformers 4 "
        f"follows the file, 5 the class. If the file is right, set tokenizer_class to PreTrainedTokenizerFast in "
        f"{TOKENIZER_CONFIG}"
    )


def _framed(post_processor: Any) -> list[int]:
    """What a post-processor makes of the id 0."""
    model = WORDPIECE | {"type": "WordPiece", "vocab": {WORDPIECE["unk_token"]: 0}}
    around = Tokenizer.from_str(json.dumps({"model": model, "post_processor": post_processor}))
    return list(around.encode("x").ids)
