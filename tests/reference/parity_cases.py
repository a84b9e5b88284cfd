"""What `tests.reference.parity` compares for one model: the ways to a score, and the tasks of `transformers`' pipelines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pyspark.ml import Pipeline, PipelineModel
from pyspark.sql import SparkSession
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline
from transformers.utils import logging

from sparkcls import annotator
from sparkcls.annotator import Tokenizer, TransformerForSequenceClassification
from sparkcls.base import DocumentAssembler, LightPipeline
from sparkcls.models.layout import read_model_folder
from tests.families import save_tiny_family
from tests.reference_models import FLOAT32

Found = dict[str, Any]
LABELS = ["one", "two", "three", "four"]


@contextmanager
def session() -> Iterator[SparkSession]:
    """A session with one task slot."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    builder = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
    )
    spark = builder.config("spark.python.daemon.module", "sparkcls.daemon").getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    yield spark
    spark.stop()


def against_model(folder: Path, texts: Sequence[str], length: int | None, light: int) -> Found:
    """Labels and probabilities by Spark, by a LightPipeline for so many texts, in other batches, and in `mixed`."""
    length = length or read_model_folder(folder).positions
    labels = read_model_folder(folder).labels
    expected = _probabilities(folder, texts, length)
    found: Found = {"length": length, "texts": len(texts)}

    def model(**params: Any) -> PipelineModel:
        stage = TransformerForSequenceClassification.loadSavedModel(str(folder))
        return _pipeline(stage, maxSentenceLength=length, **({"precision": "float32"} | params))

    plain = model()
    found["spark"] = _judge(_by_spark(plain, texts), expected, labels)
    answers = LightPipeline(plain).fullAnnotate(list(texts[:light]))
    found["light"] = _judge([row["class"] for row in answers], expected[:light], labels)
    order = np.random.default_rng(0).permutation(len(texts))
    shuffled = _by_spark(model(batchSize=3), [texts[i] for i in order])
    found["batches"] = _judge(shuffled, expected[order], labels)
    found["mixed"] = _judge(_by_spark(model(precision="mixed"), texts), expected, labels)
    return found


def against_pipelines(family: str, texts: Sequence[str], work: Path) -> Found:
    """The tasks beside the classification of one text, as far as sparkcls has them for a family."""
    found: Found = {}
    half = len(texts) // 2
    pairs = list(zip(texts[:half], texts[half:], strict=False))
    folder = save_tiny_family(work / "pairs", family, LABELS, seed=1)
    reference = _reference("text-classification", folder)
    asked = [{"text": first, "text_pair": second} for first, second in pairs]
    expected = _scores(reference(asked, top_k=None, truncation="longest_first"), LABELS)
    found["pairs"] = _judge(_by_spark(_pipeline(_stage(folder), pair=True), pairs), expected, LABELS)

    folder = save_tiny_family(work / "several", family, LABELS, seed=2, problem_type="multi_label_classification")
    expected = _scores(_reference("text-classification", folder)(list(texts), top_k=None, truncation=True), LABELS)
    # All scores are in the metadata of any label's annotation.
    answers = _by_spark(_pipeline(_stage(folder), threshold=0.0), texts)
    found["multi-label"] = _judge(answers, expected, LABELS, several=True)

    folder = save_tiny_family(work / "score", family, ["score"], seed=3, problem_type="regression")
    expected = _scores(_reference("text-classification", folder)(list(texts), top_k=None, truncation=True), ["score"])
    found["regression"] = _judge(_by_spark(_pipeline(_stage(folder)), texts), expected, ["score"])

    name = read_model_folder(folder).family.zero_shot
    if name:
        folder = save_tiny_family(work / "nli", family, ["contradiction", "neutral", "entailment"], seed=4)
        stage = getattr(annotator, name).loadSavedModel(str(folder)).setCandidateLabels(LABELS)
        results = _reference("zero-shot-classification", folder)(list(texts), LABELS)
        expected = np.array(
            [[dict(zip(r["labels"], r["scores"], strict=True))[label] for label in LABELS] for r in results]
        )
        found["zero-shot"] = _judge(_by_spark(_pipeline(stage), texts), expected, LABELS)
    return found


def _stage(folder: Path) -> Any:
    return TransformerForSequenceClassification.loadSavedModel(str(folder))


def _pipeline(stage: Any, pair: bool = False, **params: Any) -> PipelineModel:
    columns = ["document", "token"]
    assemblers = [DocumentAssembler().setInputCol("text").setOutputCol("document")]
    if pair:
        assemblers.append(DocumentAssembler().setInputCol("second").setOutputCol("pair"))
        stage.setPairCol("pair")
    length = read_model_folder(stage._folder().path).positions
    stage._update(
        **({"inputCols": columns, "outputCol": "class", "maxSentenceLength": length, "device": "cpu"} | params)
    )
    stages = [*assemblers, Tokenizer().setInputCols(["document"]).setOutputCol("token"), stage]
    spark = SparkSession.getActiveSession()
    assert spark is not None
    return Pipeline(stages=stages).fit(spark.createDataFrame([], "text string, second string"))


def _by_spark(model: PipelineModel, texts: Sequence[Any]) -> list[list[Any]]:
    """The annotations of every text, or pair of texts."""
    spark = SparkSession.getActiveSession()
    assert spark is not None
    rows = [(i, *((text, None) if isinstance(text, str) else text)) for i, text in enumerate(texts)]
    frame = spark.createDataFrame(rows, "id long, text string, second string").repartition(3)
    answers = {row["id"]: row["class"] for row in model.transform(frame).select("id", "class").collect()}
    return [answers[i] for i in range(len(texts))]


def _judge(
    answers: Sequence[Sequence[Any]], expected: np.ndarray, labels: Sequence[str], several: bool = False
) -> Found:
    """How many texts have the same labels, and how far any score is off."""
    scores = np.array([[float(row[0].metadata[label]) for label in labels] for row in answers])
    if several:
        equal = ((scores > 0.5) == (expected > 0.5)).all(axis=1)
    else:
        equal = np.array([row[0].result for row in answers]) == np.array(labels)[expected.argmax(axis=1)]
    return {"texts": len(answers), "equal": int(equal.sum()), "off": float(np.abs(scores - expected).max())}


def _probabilities(folder: Path, texts: Sequence[str], length: int) -> np.ndarray:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, **FLOAT32).eval()
    with torch.inference_mode():
        rows = [model(**tokenizer(t, truncation=True, max_length=length, return_tensors="pt")).logits for t in texts]
    return torch.cat(rows).double().softmax(-1).numpy()


def _reference(task: str, folder: Path) -> Any:
    make: Any = pipeline  # typed for each task's name alone
    tokenizer = AutoTokenizer.from_pretrained(folder, model_max_length=read_model_folder(folder).positions)
    return make(task, model=str(folder), tokenizer=tokenizer, dtype=torch.float32, device="cpu")


def _scores(results: Sequence[Any], labels: Sequence[str]) -> np.ndarray:
    return np.array([[{r["label"]: r["score"] for r in row}[label] for label in labels] for row in results])
