"""Wordpieces of a text's tokens as Spark NLP makes them, for `tokenization="sparknlp"`."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from sparkcls.errors import ModelFormatError
from sparkcls.families.original import Original
from sparkcls.families.pieces import BYTE_PAIRS, UNIGRAM, WORDPIECE
from sparkcls.models.layout import ModelFolder
from sparkcls.models.tokenizer_files import source_in
from sparkcls.text.unigram import SPACE, Unigram
from sparkcls.text.wordpiece import encode_tokens

#: Ids of a text's tokens, without special ones: of the tokens, and whether letters keep their case.
Encode = Callable[[list[str], bool], list[int]]

#: What stands for characters beyond 16 bits, which never have a piece there: a private one.
_BEYOND = "\ue000"
_KEPT = 1 << 16


class HiddenFirst(list[int]):
    """The ids of a sequence whose first wordpiece nothing attends."""


def original_encode(folder: ModelFolder, tokenizer: Tokenizer) -> Encode:
    """How Spark NLP makes wordpieces for a model.

    Raises
    ------
    ModelFormatError
        It does not, or in a way that is broken; the message says why.
    """
    family = folder.family
    original = family.original
    if not isinstance(original, Original):
        raise ModelFormatError(
            f"Tokenization 'sparknlp' is not there for {folder.path}, a {family.architecture}: {original}. Use "
            "setTokenization('huggingface'), the default, which gives the answers of transformers"
        )
    model = tokenizer.model
    if isinstance(model, models.WordPiece) and model.continuing_subword_prefix == "##":
        vocabulary, unknown = tokenizer.get_vocab(with_added_tokens=False), model.unk_token
        return lambda tokens, cased: encode_tokens(tokens, vocabulary, cased, unknown)
    if isinstance(model, models.BPE) and family.pieces.kind == BYTE_PAIRS:
        return _by_token(_byte_pairs(tokenizer, original))
    if isinstance(model, models.Unigram) and family.pieces.kind == UNIGRAM:
        return _by_token(_unigram(tokenizer, original))
    needed = family.pieces.kind + (" with the prefix ##" if family.pieces.kind == WORDPIECE else "")
    raise ModelFormatError(
        f"The tokenizer in {folder.path} is a {type(model).__name__}; tokenization 'sparknlp' of a "
        f"{family.architecture} needs {needed}. Use setTokenization('huggingface')"
    )


def _by_token(encode: Callable[[str], list[int]]) -> Encode:
    """Of all tokens, from how one is encoded; words come again and again."""
    known = lru_cache(maxsize=_KEPT)(encode)
    return lambda tokens, cased: [i for token in tokens for i in known(token if cased else token.lower())]


def _byte_pairs(tokenizer: Tokenizer, original: Original) -> Callable[[str], list[int]]:
    words, vocabulary = pre_tokenizers.ByteLevel(add_prefix_space=False), tokenizer.get_vocab()
    whole = {token: vocabulary[token] for token in original.whole if token in vocabulary}

    def encode(token: str) -> list[int]:
        if token in whole:
            if token == original.hidden or (original.hides_first and whole[token] == 0):
                raise ValueError(f"Spark NLP hides the token {token!r} from the others, also within a text")
            return [whole[token]]
        cut = words.pre_tokenize_str(token)
        return [piece.id for piece in tokenizer.model.tokenize(cut[0][0])] if cut else []

    return encode


def _unigram(tokenizer: Tokenizer, original: Original) -> Callable[[str], list[int]]:
    content = json.loads(tokenizer.to_str())
    source = source_in(content)
    own = content["model"].get("unk_id")
    special = {token["content"] for token in content["added_tokens"] if token["special"]}
    pieces = {p: (i, score) for i, (p, score) in enumerate(source.scored) if i != own and p not in special}
    model = Unigram(pieces)
    unknown = own if original.unknown is None else original.unknown
    if unknown is None or SPACE not in pieces:
        raise ModelFormatError(f"the Unigram model has no unknown piece, or none for a space ({SPACE})")
    dropped = pieces[SPACE][0] - original.dropped
    normalise = normalizers.Precompiled(source.charsmap).normalize_str if source.charsmap else str

    def encode(token: str) -> list[int]:
        plain = normalise("".join(c if c <= "\uffff" else _BEYOND for c in token))
        ids = (unknown if i is None else i for i in model.encode(plain))
        return [i for i in ids if i != dropped]

    return encode
