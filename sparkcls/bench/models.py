"""The model that all systems run: the bundled one, a random one of a named shape, or the user's."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sparkcls.bench.shapes import SHAPES, Named
from sparkcls.bench.tokenizers import tokenizer_for
from sparkcls.catalogue.resolve import resolve
from sparkcls.models.layout import TOKENIZER, TOKENIZER_CONFIG, read_model_folder

SHIPPED_MODEL = "bundled"
BASE = "base"
BUNDLED_NAME = "distilbert_mini_sequence_classifier_sst2"

_CLASSES = 4
_NLI = ["contradiction", "neutral", "entailment"]
_SEED = 0
#: Texts that the head is fitted to, and where they are cut, so that this takes seconds.
_SAMPLE = 64
_SAMPLE_LENGTH = 64
#: Standard deviation of the logits. Trained classifiers are sure of most texts; sparkcls scores close calls twice.
_SPREAD = 3.0


def prepare(name: str, folder: Path, texts: Sequence[str]) -> Path:
    """The folder of a model by `SHIPPED_MODEL`, a name in `SHAPES`, for which one is made, or path.

    Raises
    ------
    ModelNotFoundError, ModelFormatError
        There is no such folder, or it cannot be used.
    """
    if name in SHAPES:
        return random_model(folder, texts, name)
    found = resolve(BUNDLED_NAME).find_here() if name == SHIPPED_MODEL else Path(name).expanduser().absolute()
    return read_model_folder(found).path


def random_model(folder: Path, texts: Sequence[str], name: str = BASE, spread: float = _SPREAD, **config: Any) -> Path:
    """Write a random model of a named shape; about as many of the texts belong to each class.

    Random weights are as fast as trained ones.

    Parameters
    ----------
    name
        One of `SHAPES`.
    spread
        Standard deviation of the logits.
    config
        Entries of config.json in place of the shape's.
    """
    import torch
    from transformers import AutoConfig, AutoModelForSequenceClassification
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    named = SHAPES[name]
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = _tokenizer(named, folder, texts)
    labels = _NLI if named.labels else [f"class {i}" for i in range(_CLASSES)]
    names = {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}
    special = {
        f"{kind}_token_id": getattr(tokenizer, f"{kind}_token_id") for kind in ("pad", "bos", "eos", "cls", "sep")
    }
    torch.manual_seed(_SEED)
    made = AutoConfig.for_model(named.model_type, **{**special, **named.config, **names, **config})
    model = AutoModelForSequenceClassification.from_config(made).eval()
    _fit_head(model, tokenizer, list(texts)[:_SAMPLE], spread)
    model.save_pretrained(folder)
    return folder


def _tokenizer(named: Named, folder: Path, texts: Sequence[str]) -> Any:
    """The tokenizer of a shape, saved; DistilBERT's is the bundled model's own."""
    from transformers import AutoTokenizer

    bundled = resolve(BUNDLED_NAME).find_here()
    if named == SHAPES[BASE]:
        for file in (TOKENIZER, TOKENIZER_CONFIG):
            shutil.copyfile(bundled / file, folder / file)
    else:
        tokenizer_for(named, texts, bundled / TOKENIZER).save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


def _fit_head(model: Any, tokenizer: Any, sample: Sequence[str], spread: float) -> None:
    """Scale and shift the last layer of a model, so that the logits of the texts differ and each class gets a share."""
    import torch

    with torch.inference_mode():
        logits = torch.cat(
            [
                model(**tokenizer(text, truncation=True, max_length=_SAMPLE_LENGTH, return_tensors="pt")).logits
                for text in sample
            ]
        )
    # A single text has no spread.
    scale = 1.0 / logits.std(dim=0, correction=0).clamp_min(1e-6)
    centred = (logits - logits.mean(dim=0)) * scale
    classes = logits.shape[1]
    bias = torch.zeros(classes)
    for _ in range(200):
        # Towards equal shares: a class that wins too often is held back a little.
        won = torch.bincount((centred + bias).argmax(dim=1), minlength=classes) / len(sample)
        bias -= 0.05 * (won - 1 / classes)
    head = [part for part in model.modules() if isinstance(part, torch.nn.Linear) and part.out_features == classes][-1]
    with torch.no_grad():
        head.weight *= spread * scale[:, None]
        head.bias.copy_(spread * ((head.bias - logits.mean(dim=0)) * scale + bias))


def export_onnx(source: Path, folder: Path) -> Path:
    """Write a model as exporters for Spark NLP do: ``model.onnx`` in float32 with ``assets/``.

    Raises
    ------
    ImportError
        The package onnx is missing.
    """
    import warnings

    import onnx  # noqa: F401  # torch says so only after seconds, and at length
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    (folder / "assets").mkdir(parents=True, exist_ok=True)
    vocabulary = AutoTokenizer.from_pretrained(source).get_vocab()
    pieces = sorted(vocabulary, key=vocabulary.__getitem__)
    (folder / "assets" / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    labels = read_model_folder(source).labels
    (folder / "assets" / "labels.txt").write_text("\n".join(labels) + "\n", encoding="utf-8")
    model = AutoModelForSequenceClassification.from_pretrained(
        source, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    ids = torch.ones(2, 8, dtype=torch.long)
    axes = {0: "batch_size", 1: "sequence_length"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on operators of other models, and that the exporter is not the newest
        torch.onnx.export(
            model,
            (ids, torch.ones_like(ids)),
            str(folder / "model.onnx"),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "logits": {0: "batch_size"}},
            opset_version=14,
            # Published models of Spark NLP come from this exporter, and its ONNX Runtime is of that time.
            dynamo=False,
        )
    return folder
