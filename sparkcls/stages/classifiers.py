"""The classes of sequence classifiers, and a stage of the right one where only the model is known."""

from __future__ import annotations

import os

from sparkcls.models.ref import ModelRef
from sparkcls.stages.albert import AlbertForSequenceClassification, AlbertForZeroShotClassification
from sparkcls.stages.bart import BartForZeroShotClassification
from sparkcls.stages.bert import BertForSequenceClassification, BertForZeroShotClassification
from sparkcls.stages.camembert import CamemBertForSequenceClassification, CamemBertForZeroShotClassification
from sparkcls.stages.deberta import DeBertaForSequenceClassification, DeBertaForZeroShotClassification
from sparkcls.stages.distilbert import DistilBertForSequenceClassification, DistilBertForZeroShotClassification
from sparkcls.stages.longformer import LongformerForSequenceClassification
from sparkcls.stages.mpnet import MPNetForSequenceClassification
from sparkcls.stages.roberta import RoBertaForSequenceClassification, RoBertaForZeroShotClassification
from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.transformer import TransformerForSequenceClassification, TransformerForZeroShotClassification
from sparkcls.stages.xlm_roberta import XlmRoBertaForSequenceClassification, XlmRoBertaForZeroShotClassification
from sparkcls.stages.xlnet import XlnetForSequenceClassification
from sparkcls.stages.zero_shot import ZeroShotClassifier

#: By name.
CLASSIFIERS: dict[str, type[SequenceClassifier]] = {
    classifier.__name__: classifier
    for classifier in (
        AlbertForSequenceClassification,
        BertForSequenceClassification,
        CamemBertForSequenceClassification,
        DeBertaForSequenceClassification,
        DistilBertForSequenceClassification,
        LongformerForSequenceClassification,
        MPNetForSequenceClassification,
        RoBertaForSequenceClassification,
        TransformerForSequenceClassification,
        XlmRoBertaForSequenceClassification,
        XlnetForSequenceClassification,
    )
}


#: Zero-shot classifiers by name.
ZERO_SHOT: dict[str, type[ZeroShotClassifier]] = {
    classifier.__name__: classifier
    for classifier in (
        AlbertForZeroShotClassification,
        BartForZeroShotClassification,
        BertForZeroShotClassification,
        CamemBertForZeroShotClassification,
        DeBertaForZeroShotClassification,
        DistilBertForZeroShotClassification,
        RoBertaForZeroShotClassification,
        TransformerForZeroShotClassification,
        XlmRoBertaForZeroShotClassification,
    )
}


def classifier_by_name(
    name: str, lang: str = "en", remote_loc: str | os.PathLike[str] | None = None
) -> SequenceClassifier:
    """The stage of a model by name, of the class for its family; see `SequenceClassifier.pretrained`."""
    return _specific(TransformerForSequenceClassification.pretrained(name, lang, remote_loc))


def classifier_of_folder(folder: str | os.PathLike[str]) -> SequenceClassifier:
    """The stage of a model folder, of the class for its family; see `SequenceClassifier.loadSavedModel`."""
    return _specific(TransformerForSequenceClassification.loadSavedModel(folder))


def _specific(stage: TransformerForSequenceClassification) -> SequenceClassifier:
    right = CLASSIFIERS[stage._folder().family.stage]
    return right._of_model(ModelRef.from_json(stage.getOrDefault("model")))
