"""Tokenizers as the classes of `transformers` build them of pieces and settings, without added tokens and frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from sparkcls.errors import ModelFormatError
from sparkcls.families.pieces import BYTE_PAIRS, WORDPIECE, Unigram
from sparkcls.models.tokenizer_files import Source
from sparkcls.models.tokenizer_settings import TokenizerSettings
from sparkcls.text.unigram import SPACE

#: White space that DeBERTa's class makes one space of.
SPACES = r"\s{2,}|[\n\r\t]"


def build(path: Path, source: Source, settings: TokenizerSettings, lower_case: bool) -> Tokenizer:
    """The tokenizer of a class.

    Parameters
    ----------
    path
        The folder, for messages.
    lower_case
        Whether letters become lower case.

    Raises
    ------
    ModelFormatError
        The id of the unknown piece is none of the vocabulary's.
    """
    if settings.pieces.kind == WORDPIECE:
        return _wordpiece(source, settings, lower_case)
    if settings.pieces.kind == BYTE_PAIRS:
        return _byte_pairs(source, settings)
    assert settings.pieces.unigram is not None, "the only other kind"
    return _unigram(path, source, settings, settings.pieces.unigram, lower_case)


def _wordpiece(source: Source, settings: TokenizerSettings, lower_case: bool) -> Tokenizer:
    unknown = settings.tokens.special["unk_token"].content
    tokenizer = Tokenizer(models.WordPiece(source.vocabulary, unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer(
        clean_text=True,
        handle_chinese_chars=settings.tokenize_chinese_chars,
        strip_accents=settings.strip_accents,
        lowercase=lower_case,
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return tokenizer


def _byte_pairs(source: Source, settings: TokenizerSettings) -> Tokenizer:
    tokenizer = Tokenizer(
        models.BPE(source.vocabulary, source.merges, continuing_subword_prefix="", end_of_word_suffix="")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=settings.add_prefix_space)
    return tokenizer


def _unigram(path: Path, source: Source, settings: TokenizerSettings, kind: Unigram, lower_case: bool) -> Tokenizer:
    scored = list(source.scored)
    if source.control is not None:  # a SentencePiece file's, without the pieces that the class adds
        scored = [*_named(kind.first, settings), *scored[kind.skipped :], *_named(kind.last, settings)]
    unknown = unknown_piece(scored, source, settings, kind)
    if not 0 <= unknown < len(scored):
        raise ModelFormatError(f"{path}: the id of the unknown piece is {unknown}; there are {len(scored)} pieces")
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=unknown, byte_fallback=False))
    steps = _steps(source.charsmap, settings, lower_case)
    normalizer = [part for step in kind.normalizer for part in steps[step]()]
    if normalizer:
        tokenizer.normalizer = normalizers.Sequence(normalizer)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([part for step in kind.words for part in _cut(step, settings)])
    return tokenizer


def _named(pieces: tuple[tuple[str, float], ...], settings: TokenizerSettings) -> list[tuple[str, float]]:
    special = settings.tokens.special
    return [(special[name].content if name in special else name, score) for name, score in pieces]


def unknown_piece(scored: list[tuple[str, float]], source: Source, settings: TokenizerSettings, kind: Unigram) -> int:
    """The id of the piece of what no other piece covers."""
    token = settings.tokens.special.get("unk_token")
    for where in kind.found:
        if where == "setting":
            stated = settings.unk_id if source.unknown is None else source.unknown
            if stated is not None:
                return stated
        else:
            same = (i for i, (piece, score) in enumerate(scored) if token and piece == token.content)
            found = next((i for i in same if where == "piece" or scored[i][1] == 0), None)
            if found is not None:
                return found
    return kind.unknown


def _steps(
    charsmap: bytes | None, settings: TokenizerSettings, lower_case: bool
) -> dict[str, Callable[[], list[normalizers.Normalizer]]]:
    """What each step of `Unigram.normalizer` is made of."""

    def accents() -> list[normalizers.Normalizer]:
        return [normalizers.NFKD(), normalizers.StripAccents()]

    return {
        "quotes": lambda: [normalizers.Replace("``", '"'), normalizers.Replace("''", '"')],
        "accents": lambda: [] if settings.keep_accents else accents(),
        "all_accents": accents,
        "case": lambda: [normalizers.Lowercase()] if lower_case else [],
        "charsmap": lambda: [] if charsmap is None else [normalizers.Precompiled(charsmap)],
        "spaces": lambda: [normalizers.Replace(Regex(SPACES), " ")],
        "nfc": lambda: [normalizers.NFC()],
        "end": lambda: [normalizers.Strip(left=False, right=True)],
    }


def _cut(step: str, settings: TokenizerSettings) -> list[pre_tokenizers.PreTokenizer]:
    """What a step of `Unigram.words` is made of."""
    if step == "white_space":
        return [pre_tokenizers.WhitespaceSplit()]
    if step == "punctuation":
        return [pre_tokenizers.Punctuation(behavior="isolated")] if settings.split_by_punct else []
    otherwise = {"metaspace": "never", "first_metaspace": "first", "all_metaspace": "always"}[step]
    scheme = "always" if settings.add_prefix_space else otherwise
    return [pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme=scheme)]
