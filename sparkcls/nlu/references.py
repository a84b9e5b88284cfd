"""From nlu's references to models' names."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from importlib.resources import files

from sparkcls.catalogue.cards import CARDS
from sparkcls.errors import ModelNotFoundError
from sparkcls.stages.classifiers import classifier_by_name
from sparkcls.stages.sequence_classifier import SequenceClassifier

#: nlu's own table: the model of each of its references to a sequence classifier.
REFERENCES = dict(
    line.split("\t") for line in files("sparkcls.nlu").joinpath("references.tsv").read_text("utf-8").splitlines()
)

#: How references call a family, and how names of models begin.
_FAMILIES = {
    **dict.fromkeys(("distilbert_sequence", "distil_bert"), "distilbert"),
    **dict.fromkeys(("bert_sequence", "bert"), "bert"),
    **dict.fromkeys(("xlm_roberta", "xlmr_roberta"), "xlm_roberta"),
    **{name: name for name in ("albert", "camembert", "deberta", "longformer", "mpnet", "roberta", "xlnet")},
}
_PATTERN = re.compile(rf"(?:(?P<lang>[a-z]{{2,3}})\.)?classify\.(?:(?P<family>{'|'.join(_FAMILIES)})\.)?(?P<x>[\w.-]+)")


def candidates(reference: str) -> tuple[list[str], str]:
    """Names that a reference may stand for, best first, and the language; no names if it is none.

    >>> candidates("classify.distilbert_sequence.imdb")
    (['distilbert_base_sequence_classifier_imdb'], 'en')
    """
    known = reference if reference in REFERENCES else f"en.{reference}"
    if known in REFERENCES:
        return [REFERENCES[known]], known.partition(".")[0]
    if "." not in reference:
        return [reference], "en"
    match = _PATTERN.fullmatch(reference)
    if not match:
        return [], "en"
    x = match["x"].strip(".").replace(".", "_")
    if match["family"] is None:
        return list(dict.fromkeys([match["x"], x])), match["lang"] or "en"
    family = _FAMILIES[match["family"]]
    # The store has all these forms; DistilBERT's always have `sequence`.
    names = [f"{family}_sequence_classifier_{x}", f"{family}_base_sequence_classifier_{x}"]
    if family != "distilbert":
        names.append(f"{family.replace('xlm_', 'xlm')}_classifier_{x}")
    return names, match["lang"] or "en"


def load_reference(reference: str) -> SequenceClassifier:
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
            return classifier_by_name(name, lang)
        except ModelNotFoundError as e:
            reasons.append(e)
    if len(reasons) == 1:
        raise reasons[0]
    near = difflib.get_close_matches(reference, REFERENCES, n=3) or [card.nlu for card in CARDS.values()]
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
