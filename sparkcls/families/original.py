"""What Spark NLP feeds to a family's network, where it differs from what the model was trained on.

Learnt by running Spark NLP 5.5.3 with small models: see docs/fidelity.md.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Original:
    """How Spark NLP makes wordpieces of a text's tokens, each by itself.

    Of WordPiece and of byte pairs it keeps the first piece that a token is cut into before. Of Unigram it keeps all
    pieces of a token, but those of one id.

    Parameters
    ----------
    hides_first
        Whether no wordpiece attends the first special one: its mask leaves out the id 0.
    unknown
        The id of what has no piece; None for the tokenizer's own.
    dropped
        Of Unigram: how much less than the id of a lone ``▁`` the id is that it leaves out.
    whole
        Of byte pairs: tokens that it takes for special ones.
    zero_shot
        Whether what its zero-shot classifiers compute is known, and is computed here.
    hidden
        Of byte pairs: a token that its mask leaves out; a text with it is not scored.
    around
        The special pieces that it puts before and after a text; None for the tokenizer's own.
    """

    hides_first: bool = False
    unknown: int | None = None
    dropped: int = 0
    whole: tuple[str, ...] = ()
    zero_shot: bool = False
    hidden: str | None = None
    around: tuple[str, str] | None = None
