"""Families that are computed by `transformers`' own class; all that is written here is what the class needs to be told.

What config.json says of the arithmetic, that class reads itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sparkcls.families import pieces
from sparkcls.families.family import NOT_RECORDED, NOT_THERE, Family, Head, Key, Refused
from sparkcls.families.original import Original
from sparkcls.families.pieces import Pieces

#: `Family.network` of all of them.
GENERIC = "generic"
#: Positions of a model that has no table of them.
UNLIMITED = 1 << 15

#: Sizes by which batches are cut and texts are checked; the rest of `Shape` says nothing.
_KEYS: Mapping[str, Key | int | float | str] = {
    "vocabulary": Key("vocab_size", 30522),
    "positions": Key("max_position_embeddings", 512),
    "layers": Key("num_hidden_layers", 12),
    "width": Key("hidden_size", 768),
    "inner": Key("intermediate_size", 3072),
    "heads": 1,
    "activation": "none",
    "epsilon": 0.0,
}
#: Positions that begin after that of padding.
AFTER_PADDING: Mapping[str, Key] = {"position_pad": Key("pad_token_id", 1, least=0)}
#: Sizes of a model with an encoder and a decoder.
OF_TWO_PARTS: Mapping[str, Key] = {
    "vocabulary": Key("vocab_size", 50265),
    "positions": Key("max_position_embeddings", 1024),
    "layers": Key("encoder_layers", 12, ("num_hidden_layers",)),
    "width": Key("d_model", 1024, ("hidden_size",)),
    "inner": Key("encoder_ffn_dim", 4096),
}


def generic(
    model_type: str,
    architecture: str,
    keys: Mapping[str, Key] | Mapping[str, Key | int] | None = None,
    tokenizer: Pieces = pieces.AS_IN_FILE,
    pads: bool = True,
    halves: bool = True,
    compares_types: bool = False,
    refused: Mapping[str, Refused] | None = None,
    spark_nlp: str | None = None,
    zero_shot: str | None = None,
    original: Original | None = None,
    in_files: Family | None = None,
) -> Family:
    """A family that is computed by the class `architecture` of `transformers`.

    Parameters
    ----------
    keys
        Where `Shape` is read from, as far as it is not as for BERT.
    pads
        Whether padding on the right changes no score; where it does, only texts of one length are scored at once.
    halves
        Whether the class works in 16 bits.
    compares_types
        Whether only this counts of two token types, that they differ.
    """
    special: dict[str, Any] = {"pads": pads, "halves": halves, "compares_types": compares_types}
    return Family(
        model_type=model_type,
        architecture=architecture,
        prefix="",
        keys={**_KEYS, **special, **(keys or {})},
        names={},
        head=Head("none"),
        pieces=tokenizer,
        spark_nlp=spark_nlp,
        zero_shot=zero_shot,
        original=original or (NOT_RECORDED if spark_nlp or zero_shot else NOT_THERE),
        network=GENERIC,
        refused=refused or {},
        in_files=in_files,
    )
