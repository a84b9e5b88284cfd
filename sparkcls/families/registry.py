"""The table of families."""

from __future__ import annotations

from sparkcls.errors import ModelFormatError
from sparkcls.families.albert import ALBERT
from sparkcls.families.bart import BART
from sparkcls.families.bert import BERT
from sparkcls.families.camembert import CAMEMBERT
from sparkcls.families.data2vec_text import DATA2VEC_TEXT
from sparkcls.families.deberta import DEBERTA_V2
from sparkcls.families.distilbert import DISTILBERT
from sparkcls.families.electra import ELECTRA
from sparkcls.families.family import Family
from sparkcls.families.longformer import LONGFORMER
from sparkcls.families.modernbert import MODERNBERT
from sparkcls.families.mpnet import MPNET
from sparkcls.families.others import OTHERS
from sparkcls.families.roberta import ROBERTA
from sparkcls.families.xlm_roberta import XLM_ROBERTA
from sparkcls.families.xlnet import XLNET

#: By ``model_type``.
FAMILIES: dict[str, Family] = {
    family.model_type: family
    for family in (
        DISTILBERT,
        BERT,
        ROBERTA,
        XLM_ROBERTA,
        CAMEMBERT,
        ELECTRA,
        ALBERT,
        MPNET,
        DEBERTA_V2,
        MODERNBERT,
        XLNET,
        LONGFORMER,
        BART,
        DATA2VEC_TEXT,
    )
}
_OTHERS = {family.model_type: family for family in OTHERS}


def find_family(model_type: object) -> Family | None:
    """The family with a name in config.json, of `FAMILIES` or `sparkcls.families.others`; None if there is none."""
    return FAMILIES.get(model_type) or _OTHERS.get(model_type) if isinstance(model_type, str) else None


def family_of_type(model_type: object, where: str) -> Family:
    """The family with a name in config.json.

    Raises
    ------
    ModelFormatError
        There is none; the message begins with `where` and lists what there is.
    """
    family = find_family(model_type)
    if family is None:
        raise ModelFormatError(
            f"{where}: model_type is {model_type!r:.80}; sparkcls has classifiers of the types {', '.join(FAMILIES)}, "
            f"and through transformers {', '.join(_OTHERS)}"
        )
    return family


def family_of_class(name: str) -> Family | None:
    """The family whose classifiers are of a class of Spark NLP, by its name without module; None if there is none."""
    return next((family for family in FAMILIES.values() if name in (family.spark_nlp, family.zero_shot)), None)


def untold_type(name: str) -> str | None:
    """The ``model_type`` for a class of Spark NLP, where the files of an exporter's folder do not tell it; else None.

    They do not if another family names its weights and its tokenizer's files alike.
    """
    family = family_of_class(name)
    alike = [
        f for f in FAMILIES.values() if family and (f.names, f.pieces.files) == (family.names, family.pieces.files)
    ]
    return family.model_type if family and len(alike) > 1 else None
