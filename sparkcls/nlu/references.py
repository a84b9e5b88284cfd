"""From nlu's references to models' names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from sparkcls.catalogue.cards import CARDS
from sparkcls.errors import ModelNotFoundError
from sparkcls.stages.distilbert import DistilBertForSequenceClassification

_PREFIX = "en.classify.distilbert_sequence."

#: nlu's table, as far as it cannot be guessed from the model's name, and the cards' references.
REFERENCES = {card.nlu: name for name, card in CARDS.items()} | {
    **{_PREFIX + x: f"distilbert_sequence_classifier_{x}" for x in ("banking77", "industry", "policy", "sst2")},
    "en.classify.distil_bert.glue.": "distilbert_sequence_classifier_testing",
    "en.classify.distil_bert.uncased_base_finetuned": (
        "distilbert_sequence_classifier_ane_distilbert_base_uncased_finetuned_sst_2_english"
    ),
}

_PATTERN = re.compile(r"(?:(?P<lang>[a-z]{2,3})\.)?classify\.(?:distilbert_sequence|distil_bert)\.(?P<x>[\w.]+)")


def candidates(reference: str) -> tuple[list[str], str]:
    """Names that a reference may stand for, best first, and the language; no names if it is none.

    >>> candidates("classify.distilbert_sequence.imdb")
    (['distilbert_base_sequence_classifier_imdb'], 'en')
    """
    name = REFERENCES.get(reference) or REFERENCES.get(f"en.{reference}")
    if name is not None:
        return [name], "en"
    if "." not in reference:
        return [reference], "en"
    match = _PATTERN.fullmatch(reference)
    if not match:
        return [], "en"
    x = match["x"].strip(".").replace(".", "_")
    # The store has both forms; the first is by far the more frequent.
    names = [f"distilbert_sequence_classifier_{x}", f"distilbert_base_sequence_classifier_{x}"]
    return names, match["lang"] or "en"


def load_reference(reference: str) -> DistilBertForSequenceClassification:
    """The classifier of one reference.

    Raises
    ------
    ModelNotFoundError
        It stands for no model that is bundled, cached or in the store.
    """
    names, lang = candidates(reference)
    reasons: list[ModelNotFoundError] = []
    for name in names:
        try:
            return DistilBertForSequenceClassification.pretrained(name, lang)
        except ModelNotFoundError as e:
            reasons.append(e)
    if len(reasons) == 1:
        raise reasons[0]
    near = difflib.get_close_matches(reference, REFERENCES, n=3) or sorted(REFERENCES)
    tried = f" (tried the models {', '.join(names)} in {lang!r}: {reasons[0]})" if reasons else ""
    raise ModelNotFoundError(
        f"nlu.load: no reference {reference!r}{tried}; the nearest are {', '.join(near)}. Models' names are taken too"
    )


def short_ids(references: Sequence[str]) -> list[str]:
    """The id that nlu gives each reference: '' for one, else as many parts as tell all apart.

    >>> short_ids(["en.classify.distilbert_sequence.imdb", "en.classify.distilbert_sequence.emotion"])
    ['distilbert_imdb', 'distilbert_emotion']
    """
    if len(references) == 1:
        return [""]
    parts = [re.sub(r"^([a-z]{2,3}\.)?classify\.", "", r).strip(".").split(".") for r in references]
    for length in range(1, max(map(len, parts)) + 1):
        ids = ["_".join(p[:length]).replace("_sequence", "") for p in parts]
        if len(set(ids)) == len(ids):
            return ids
    return [re.sub(r"\W+", "_", r) for r in references]  # they differ in the language alone
