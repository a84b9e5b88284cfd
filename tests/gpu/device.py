"""The device under test, models for it, and the engine on it."""

from __future__ import annotations

import os
import random
import shutil
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DistilBertConfig,
    DistilBertForSequenceClassification,
)

from sparkcls.classification import CloseCalls, Decision, probabilities
from sparkcls.engine.classifier import Classifier
from sparkcls.engine.contract import HUGGINGFACE, Outcome, Reading
from sparkcls.models.bundled import bundled_folder
from sparkcls.models.ref import ModelRef

#: Environment variables: the device, `cpu` for a rehearsal; a folder of Parquet files with real texts.
DEVICE_VARIABLE, TEXTS_VARIABLE = "SPARKCLS_GPU_TESTS_DEVICE", "SPARKCLS_GPU_TESTS_TEXTS"
DEVICE = os.environ.get(DEVICE_VARIABLE, "cuda:0")
ON_GPU = DEVICE != "cpu"
BUNDLED = "distilbert_mini_sequence_classifier_sst2"
LABELS = ("red", "green", "blue", "white")
LONGEST = 512

#: DistilBERT-base; two narrow layers for a rehearsal.
SHAPE = {} if ON_GPU else {"dim": 64, "hidden_dim": 128, "n_layers": 2, "n_heads": 4}


def base_model(folder: Path, seed: int = 0) -> Path:
    """A random DistilBERT-base with the bundled model's tokenizer, its head large enough for labels to differ."""
    torch.manual_seed(seed)
    source = bundled_folder(BUNDLED)
    names = dict(enumerate(LABELS))
    config = DistilBertConfig(id2label=names, label2id={v: k for k, v in names.items()}, **SHAPE)
    model = DistilBertForSequenceClassification(config).eval()
    with torch.no_grad():
        model.classifier.weight *= 8
    model.save_pretrained(folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(source / name, folder)
    return folder


def load(folder: Path, precision: str = "float32", device: str = DEVICE) -> Classifier:
    return Classifier(ModelRef.of_folder(folder.name, str(folder)), device, precision)


def classify(classifier: Classifier, texts: list[str], length: int = 128, cap: int | None = None) -> list[Outcome]:
    """Outcomes, in `mixed` with labels decided by softmax."""
    return classifier.classify(
        texts,
        range(len(texts)),
        Reading(HUGGINGFACE, True, length, cap),
        CloseCalls(Decision()),
    )


def scores_of(outcomes: list[Outcome]) -> np.ndarray:
    assert all(o.error is None for o in outcomes), next(o.error for o in outcomes if o.error)
    return probabilities(np.stack([o.logits for o in outcomes]), "softmax")


@torch.inference_mode()
def transformers_scores(folder: Path, texts: list[str], length: int) -> np.ndarray:
    """Probabilities of `transformers` on this device, in batches of texts of one length."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).to(DEVICE).eval()
    ids = tokenizer(texts, truncation=True, max_length=length)["input_ids"]
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    rows: dict[int, np.ndarray] = {}
    while order:
        batch = [i for i in order[:64] if len(ids[i]) == len(ids[order[0]])]
        order = order[len(batch) :]
        logits = model(torch.tensor([ids[i] for i in batch], device=DEVICE)).logits
        rows |= dict(zip(batch, logits.softmax(-1).cpu().numpy(), strict=True))
    return np.stack([rows[i] for i in range(len(texts))])


@lru_cache(maxsize=1)
def _words() -> list[str]:
    lines = (bundled_folder(BUNDLED) / "vocab.txt").read_text(encoding="utf-8").split("\n")
    return [word for word in lines if word.isascii() and word.isalpha()]


def texts_of(lengths: list[int], seed: int = 0) -> list[str]:
    """Random texts of so many wordpieces, special ones included; words of one piece each."""
    draw = random.Random(seed)
    return [" ".join(draw.choices(_words(), k=max(1, length - 2))) for length in lengths]


def real_texts(most: int) -> dict[str, list[str]]:
    """Real texts by the file that they come from; {} if none were named."""
    folder = os.environ.get(TEXTS_VARIABLE)
    if not folder:
        return {}
    import pandas as pd

    return {
        file.stem: [str(text) for text in pd.read_parquet(file)["text"].head(most)]
        for file in sorted(Path(folder).glob("*.parquet"))
    }
