"""Stages and pipelines that Spark NLP saved, as stages of sparkcls."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyspark.ml import PipelineModel, Transformer

from sparkcls.catalogue.imported import local_folder
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamTypeError
from sparkcls.formats.sparknlp.javaobjects import read_map, read_token_rules
from sparkcls.formats.sparknlp.saved_stage import (
    PACKAGE,
    PIPELINE_CLASSES,
    is_saved_stage,
    read_metadata,
    stage_folders,
)
from sparkcls.saving.sparknlp_params import with_saved_params
from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.classifiers import CLASSIFIERS, ZERO_SHOT
from sparkcls.stages.document_normalizer import DocumentNormalizer
from sparkcls.stages.finisher import Finisher
from sparkcls.stages.normalizer import Normalizer
from sparkcls.stages.sentence_detector import SentenceDetector
from sparkcls.stages.sequence_classifier import SequenceClassifier
from sparkcls.stages.stemmer import Stemmer
from sparkcls.stages.stop_words_cleaner import StopWordsCleaner
from sparkcls.stages.token_assembler import TokenAssembler
from sparkcls.stages.tokenizer import Tokenizer
from sparkcls.text.tokens import TokenRules

#: Class of a stage in Spark NLP, and the one that does the same here. Classes are named in saved metadata.
STAGES: dict[str, Any] = {
    "com.johnsnowlabs.nlp.DocumentAssembler": DocumentAssembler,
    "com.johnsnowlabs.nlp.annotators.TokenizerModel": Tokenizer,
    "com.johnsnowlabs.nlp.annotators.sbd.pragmatic.SentenceDetector": SentenceDetector,
    "com.johnsnowlabs.nlp.annotators.DocumentNormalizer": DocumentNormalizer,
    "com.johnsnowlabs.nlp.annotators.NormalizerModel": Normalizer,
    "com.johnsnowlabs.nlp.annotators.StopWordsCleaner": StopWordsCleaner,
    "com.johnsnowlabs.nlp.annotators.Stemmer": Stemmer,
    "com.johnsnowlabs.nlp.TokenAssembler": TokenAssembler,
    "com.johnsnowlabs.nlp.Finisher": Finisher,
    **{PACKAGE + name: stage for name, stage in {**CLASSIFIERS, **ZERO_SHOT}.items() if stage.ANNOTATOR},
}


#: Most pipelines inside of each other.
_DEEPEST = 20


def import_pipeline(path: str | os.PathLike[str]) -> PipelineModel:
    """A pipeline that Spark NLP saved, with all its stages as stages of sparkcls.

    Parameters
    ----------
    path
        The folder of a fitted pipeline; a path or URI, see `sparkcls.catalogue.imported.local_folder`.

    Returns
    -------
    A pyspark PipelineModel; uids, columns and the Params that were set are kept.

    Raises
    ------
    ModelNotFoundError
        There is no such folder.
    ModelFormatError
        It is no pipeline, is damaged, or has a stage that sparkcls has no counterpart of.
    """
    if not isinstance(path, (str, os.PathLike)):
        raise ParamTypeError(f"importPipeline(path) takes a path as str, got {path!r}")
    with local_folder(os.fspath(path)) as folder:
        stage = import_saved(folder)
    if not isinstance(stage, PipelineModel):
        raise ModelFormatError(f"{path} holds a single stage; read it with {type(stage).__name__}.load(path)")
    return stage


def import_saved(folder: Path, above: Sequence[Path] = ()) -> Transformer:
    """A pipeline or a stage that Spark NLP saved in a folder of this machine, `above` being those that it lies in."""
    if not is_saved_stage(folder):
        raise ModelNotFoundError(f"No saved pipeline or stage at {folder}; it must be a folder with metadata/")
    metadata = read_metadata(folder)
    if metadata["class"] in PIPELINE_CLASSES:
        return _pipeline(folder, metadata, above)
    stage_class = STAGES.get(metadata["class"])
    if metadata["class"].startswith("sparkcls."):
        raise ModelFormatError(f"{folder} was saved by sparkcls; read it with PipelineModel.load(path)")
    if stage_class is None:
        raise ModelFormatError(
            f"{folder} is a {metadata['class']}, which sparkcls has no counterpart of; it knows "
            f"{', '.join(name.rpartition('.')[2] for name in STAGES)}"
        )
    if issubclass(stage_class, SequenceClassifier):
        return stage_class.load(str(folder))
    if stage_class is Normalizer and isinstance(metadata.get("paramMap"), dict):
        # What the estimator read from a file is kept beside the Params.
        metadata["paramMap"]["slangDictionary"] = read_map(folder / "fields" / "slangDict")
    stage = with_saved_params(stage_class(), metadata, str(folder))
    return _with_rules(stage, folder) if stage_class is Tokenizer else stage


def _with_rules(tokenizer: Tokenizer, folder: Path) -> Tokenizer:
    """The tokenizer with the patterns that Spark NLP keeps beside the Params, unless they are the default ones."""
    rules = read_token_rules(folder / "fields" / "rules")
    if rules and tuple(rules) != TokenRules().patterns:
        tokenizer._update(rules=rules)
    return tokenizer


def _pipeline(folder: Path, metadata: dict[str, Any], above: Sequence[Path]) -> PipelineModel:
    if len(above) >= _DEEPEST or folder.resolve() in above:
        raise ModelFormatError(f"{folder}: a pipeline inside of itself, or over {_DEEPEST} inside of each other")
    above = [*above, folder.resolve()]
    pipeline = PipelineModel([import_saved(stage, above) for stage in stage_folders(folder, metadata)])
    if isinstance(metadata.get("uid"), str):
        pipeline._resetUid(metadata["uid"])
    return pipeline
