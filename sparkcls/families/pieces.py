"""The tokenizer classes of `transformers`, as data: what each makes of a folder's files.

Source of all: tokenization_*.py, convert_slow_tokenizer.py and models/auto/tokenization_auto.py of transformers 5.24.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

#: Kinds of vocabularies. The last stands for whatever tokenizer.json holds.
WORDPIECE, BYTE_PAIRS, UNIGRAM, ANY = "WordPiece", "BPE", "Unigram", "any"


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
class Unigram:
    """What is particular to a class that has a Unigram model.

    Parameters
    ----------
    normalizer
        What is done to a text, in this order: ``quotes``, ``accents`` and ``all_accents`` (the first only unless
        keep_accents is set), ``case`` (only if do_lower_case is set), ``charsmap`` (the table of a SentencePiece file),
        ``spaces``, ``nfc``, ``end``.
    words
        What cuts a text, in this order: ``white_space``, ``punctuation`` (only if split_by_punct is set), and
        ``metaspace``, ``first_metaspace`` or ``all_metaspace``, which differ where add_prefix_space is false.
    unknown
        The id of the unknown piece, where none of `found` tells another.
    found
        What tells that id: ``piece`` (where the piece unk_token stands), ``unscored_piece`` (the same, if its score is
        0), ``setting`` (unk_id).
    first, last
        Pieces before and after those of a SentencePiece file, with their scores: names of special tokens, or texts.
    skipped
        How many pieces of the file those at the beginning replace.
    """

    normalizer: tuple[str, ...]
    words: tuple[str, ...] = ("white_space", "metaspace")
    unknown: int = 0
    found: tuple[str, ...] = ()
    first: tuple[tuple[str, float], ...] = ()
    last: tuple[tuple[str, float], ...] = ()
    skipped: int = 0


@dataclass(frozen=True)
class Pieces:
    """A class of tokenizers.

    Parameters
    ----------
    name
        What `transformers` calls it, without ``Fast``.
    kind
        `WORDPIECE`, `BYTE_PAIRS`, `UNIGRAM`, or `ANY`, where tokenizer.json alone says how texts are treated.
    files
        What it is built from where there is no tokenizer.json: all of these.
    special
        Special tokens that count where the files name none, by name.
    extra
        Further special tokens that count where the files name none.
    single, pair
        Where special tokens stand around a text A, and around a pair of texts A and B: their names, and token types
        behind colons.
    frame_in_file
        Whether post_processor in tokenizer.json takes the place of these.
    has_types
        Whether token types go into the model, where tokenizer_config.json does not say by model_input_names.
    lower_case, prefix_space
        What do_lower_case and add_prefix_space are where they are not set.
    unigram
        More of `UNIGRAM`.
    """

    name: str
    kind: str
    files: tuple[str, ...] = ()
    special: Mapping[str, AddedToken] = field(default_factory=dict)
    extra: tuple[AddedToken, ...] = ()
    single: str = "cls:0 $A:0 sep:0"
    pair: str = "cls:0 $A:0 sep:0 $B:1 sep:1"
    frame_in_file: bool = False
    has_types: bool = False
    lower_case: bool = False
    prefix_space: bool = False
    unigram: Unigram | None = None


def _special(**tokens: str | AddedToken) -> dict[str, AddedToken]:
    texts = {f"{name}_token": token for name, token in tokens.items()}
    return {n: AddedToken(t, special=True) if isinstance(t, str) else t for n, t in texts.items()}


_BERT: dict[str, str | AddedToken] = {"unk": "[UNK]", "sep": "[SEP]", "pad": "[PAD]", "cls": "[CLS]", "mask": "[MASK]"}
_ROBERTA: dict[str, str | AddedToken] = {
    "bos": "<s>",
    "eos": "</s>",
    "sep": "</s>",
    "cls": "<s>",
    "unk": "<unk>",
    "pad": "<pad>",
    "mask": "<mask>",
}
#: It takes the space before it.
_MASK = AddedToken("<mask>", lstrip=True, special=True)
_TWO_BETWEEN = "cls:0 $A:0 sep:0 sep:0 $B:0 sep:0"
_BOS, _BOS_TWO_BETWEEN = "bos:0 $A:0 eos:0", "bos:0 $A:0 eos:0 eos:0 $B:0 eos:0"

AS_IN_FILE = Pieces("TokenizersBackend", ANY)
BERT = Pieces(
    "BertTokenizer",
    WORDPIECE,
    ("vocab.txt",),
    _special(**_BERT),
    has_types=True,
    lower_case=True,
)
DISTILBERT = replace(BERT, name="DistilBertTokenizer", has_types=False)
MPNET = replace(
    DISTILBERT,
    name="MPNetTokenizer",
    special=_special(**(_ROBERTA | {"unk": "[UNK]", "mask": _MASK})),
    pair=_TWO_BETWEEN,
)
ROBERTA = Pieces(
    "RobertaTokenizer",
    BYTE_PAIRS,
    ("vocab.json", "merges.txt"),
    _special(**_ROBERTA),
    pair=_TWO_BETWEEN,
)
DEBERTA = replace(
    ROBERTA,
    name="DebertaTokenizer",
    special=_special(bos="[CLS]", eos="[SEP]", **_BERT),
    has_types=True,
)
XLM_ROBERTA = Pieces(
    "XLMRobertaTokenizer",
    UNIGRAM,
    ("sentencepiece.bpe.model",),
    _special(**_ROBERTA),
    single=_BOS,
    pair=_BOS_TWO_BETWEEN,
    prefix_space=True,
    unigram=Unigram(
        ("charsmap",),
        unknown=3,
        first=(("bos_token", 0.0), ("pad_token", 0.0), ("eos_token", 0.0), ("unk_token", 0.0)),
        last=(("mask_token", 0.0),),
        skipped=3,
    ),
)
CAMEMBERT = replace(
    XLM_ROBERTA,
    name="CamembertTokenizer",
    special=_special(**(_ROBERTA | {"mask": _MASK})),
    extra=tuple(AddedToken(text, special=True) for text in ("<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED")),
    unigram=Unigram(
        ("charsmap",),
        found=("piece",),
        first=(
            ("<s>NOTUSED", 0.0),
            ("pad_token", 0.0),
            ("</s>NOTUSED", 0.0),
            ("unk_token", 0.0),
            ("<unk>NOTUSED", -100.0),
        ),
        last=(("mask_token", 0.0),),
        skipped=1,
    ),
)
ALBERT = Pieces(
    "AlbertTokenizer",
    UNIGRAM,
    ("spiece.model",),
    _special(bos="[CLS]", eos="[SEP]", **(_BERT | {"unk": "<unk>", "pad": "<pad>"})),
    frame_in_file=True,
    lower_case=True,
    prefix_space=True,
    unigram=Unigram(("quotes", "accents", "case", "charsmap"), unknown=1),
)
DEBERTA_V2 = Pieces(
    "DebertaV2Tokenizer",
    UNIGRAM,
    ("spm.model",),
    _special(bos="[CLS]", eos="[SEP]", **_BERT),
    has_types=True,
    prefix_space=True,
    unigram=Unigram(
        ("case", "spaces", "nfc", "end"),
        words=("punctuation", "first_metaspace"),
        unknown=1,
        found=("unscored_piece", "setting"),
    ),
)
XLNET = Pieces(
    "XLNetTokenizer",
    UNIGRAM,
    ("spiece.model",),
    _special(**(_ROBERTA | {"sep": "<sep>", "cls": "<cls>", "mask": _MASK})),
    extra=tuple(AddedToken(text, special=True) for text in ("<eop>", "<eod>")),
    single="$A:0 sep:0 cls:2",
    pair="$A:0 sep:0 $B:1 sep:1 cls:2",
    prefix_space=True,
    # Whatever keep_accents and add_prefix_space say.
    unigram=Unigram(
        ("quotes", "all_accents", "case", "charsmap"), words=("white_space", "all_metaspace"), found=("setting",)
    ),
)

_OF_BERT = ("Electra", "MobileBert", "SqueezeBert", "ConvBert", "LayoutLM", "Lxmert")
_OF_ROBERTA = ("Longformer", "Bart", "LED", "Mvp")
#: By the names in tokenizer_config.json, without ``Fast``.
CLASSES: dict[str, Pieces] = {
    **{p.name: p for p in (BERT, DISTILBERT, MPNET, ROBERTA, DEBERTA)},
    **{p.name: p for p in (XLM_ROBERTA, CAMEMBERT, ALBERT, DEBERTA_V2, XLNET)},
    **{f"{name}Tokenizer": BERT for name in _OF_BERT},
    **{f"{name}Tokenizer": ROBERTA for name in _OF_ROBERTA},
    **{name: AS_IN_FILE for name in ("PreTrainedTokenizer", AS_IN_FILE.name)},
}
#: By ``model_type``: models whose tokenizer.json decides alone, whatever class their files name. Others that have
#: `AS_IN_FILE` have a class of their own in `transformers`, which is not here.
ALWAYS_AS_IN_FILE = ("modernbert", "nystromformer", "xlm-roberta-xl")

#: All files that take the place of a tokenizer.json.
FILES = tuple(dict.fromkeys(file for pieces in CLASSES.values() for file in pieces.files))
