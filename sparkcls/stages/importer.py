"""Stages and pipelines that Spark NLP saved, as stages of sparkcls."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pyspark.ml import PipelineModel, Transformer

from sparkcls.catalogue.imported import local_folder
from sparkcls.errors import ModelFormatError, ModelNotFoundError, ParamTypeError
from sparkcls.formats.javaobjects import read_map, read_token_rules
from sparkcls.formats.sparknlp import CLASS, PIPELINE_CLASS, is_saved_stage, read_metadata
from sparkcls.stages.assembler import DocumentAssembler
from sparkcls.stages.distilbert import DistilBertForSequenceClassification
from sparkcls.stages.document_normalizer import DocumentNormalizer
from sparkcls.stages.finisher import Finisher
from sparkcls.stages.normalizer import Normalizer
from sparkcls.stages.saved import with_saved_params
from sparkcls.stages.sentence_detector import SentenceDetector
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
    CLASS: DistilBertForSequenceClassification,
}


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
        stage = _import(folder)
    if not isinstance(stage, PipelineModel):
        raise ModelFormatError(f"{path} holds a single stage; read it with {type(stage).__name__}.load(path)")
    return stage


def _import(folder: Path) -> Transformer:
    if not is_saved_stage(folder):
        raise ModelNotFoundError(f"No saved pipeline or stage at {folder}; it must be a folder with metadata/")
    metadata = read_metadata(folder)
    if metadata["class"] == PIPELINE_CLASS:
        return _pipeline(folder, metadata)
    stage_class = STAGES.get(metadata["class"])
    if stage_class is None:
        raise ModelFormatError(
            f"{folder} is a {metadata['class']}, which sparkcls has no counterpart of; it knows "
            f"{', '.join(name.rpartition('.')[2] for name in STAGES)}"
        )
    if stage_class is DistilBertForSequenceClassification:
        return DistilBertForSequenceClassification.load(str(folder))
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


def _pipeline(folder: Path, metadata: dict[str, Any]) -> PipelineModel:
    params = metadata.get("paramMap")
    uids = params.get("stageUids") if isinstance(params, dict) else None
    if not isinstance(uids, list):
        raise ModelFormatError(f"{folder / 'metadata'} lists no stageUids; is it a fitted pipeline?")
    # Spark ML pads the number with zeros to the width of the largest.
    width = len(str(len(uids)))
    folders = [folder / "stages" / f"{i:0{width}d}_{uid}" for i, uid in enumerate(uids)]
    missing = [str(f) for f in folders if not f.is_dir()]
    if missing:
        raise ModelFormatError(f"The pipeline in {folder} lacks {', '.join(missing)}; copy it again")
    return PipelineModel([_import(f) for f in folders])
