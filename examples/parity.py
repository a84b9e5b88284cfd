"""Compare the Spark path and LightPipeline with plain `transformers`, text by text.

    python examples/parity.py sst2.parquet news.parquet --rows 500
    python examples/parity.py sst2.parquet news.parquet --rows 3000 --precisions

Two models: a bundled one (SST-2), and a random one of DistilBERT-base's shape whose head is scaled and centred so
that its classes are about equally frequent. Files are Parquet with a column `text`. Prints, per model, how many
labels differ and the largest difference of a probability. With `--precisions` it compares, without Spark, 16 bits
with float32 instead.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, DistilBertConfig
from transformers import DistilBertForSequenceClassification as Reference

import sparkcls
from sparkcls.annotator import DistilBertForSequenceClassification, Tokenizer
from sparkcls.base import DocumentAssembler, LightPipeline, Pipeline
from sparkcls.catalogue.resolve import resolve
from sparkcls.classification import CloseCalls, Decision, probabilities
from sparkcls.engine.classifier import Classifier
from sparkcls.engine.contract import HUGGINGFACE, Reading
from sparkcls.models.ref import ModelRef

BUNDLED = "distilbert_mini_sequence_classifier_sst2"


def base_shaped(folder: Path, texts: list[str], max_length: int, classes: int = 4) -> Path:
    """A random DistilBERT-base with a head that separates these texts."""
    torch.manual_seed(0)
    bundled = resolve(BUNDLED).locate()
    names = {i: f"class {i}" for i in range(classes)}
    model = Reference(DistilBertConfig(id2label=names, label2id={v: k for k, v in names.items()})).eval()
    folder.mkdir()
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(bundled / name, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    logits = reference(model, tokenizer, texts[:: max(1, len(texts) // 200)], max_length, softmax=False)
    scale = torch.tensor(1.0 / logits.std(axis=0), dtype=torch.float32)
    with torch.no_grad():
        model.classifier.weight *= scale[:, None]
        model.classifier.bias.copy_((model.classifier.bias - torch.tensor(logits.mean(axis=0))) * scale)
    model.save_pretrained(folder)
    return folder


@torch.inference_mode()
def reference(model, tokenizer, texts: list[str], max_length: int, softmax: bool = True) -> np.ndarray:
    """What `transformers` gives, one text at a time: shape (texts, classes)."""
    rows = []
    for text in texts:
        logits = model(**tokenizer(text, truncation=True, max_length=max_length, return_tensors="pt")).logits[0]
        rows.append((logits.softmax(-1) if softmax else logits).numpy())
    return np.stack(rows)


def scores(annotations, labels: list[str]) -> np.ndarray:
    """Probabilities of rows that all have one annotation."""
    return np.array([[float(metadata[label]) for label in labels] for metadata in annotations])


def compare(spark, folder: Path, texts: list[str], max_length: int) -> None:
    stage = DistilBertForSequenceClassification.loadSavedModel(folder).setInputCols(["token", "document"])
    stage.setOutputCol("class").setMaxSentenceLength(max_length).setPrecision("float32")
    labels = stage.getClasses()
    frame = spark.createDataFrame(list(enumerate(texts)), "id int, text string").repartition(4)
    assembler = DocumentAssembler().setInputCol("text").setOutputCol("document")
    tokenizer = Tokenizer().setInputCols(["document"]).setOutputCol("token")
    model = Pipeline(stages=[assembler, tokenizer, stage]).fit(frame)

    def in_spark(changed) -> np.ndarray:
        rows = sorted(model.transform(changed).select("id", "class").collect(), key=lambda r: r["id"])
        return scores([r["class"][0]["metadata"] for r in rows], labels)

    found = {"Spark": in_spark(frame)}
    found["Spark, other partitions and order"] = in_spark(frame.orderBy("text").coalesce(1))
    stage.setBatchSize(3)
    found["Spark, batchSize 3"] = in_spark(frame)
    light = LightPipeline(model).fullAnnotate(texts)
    found["LightPipeline"] = scores([r["class"][0].metadata for r in light], labels)

    plain = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
    expected = reference(plain, AutoTokenizer.from_pretrained(folder), texts, max_length)
    shares = np.bincount(expected.argmax(-1), minlength=len(labels)) / len(texts)
    print(f"\n{folder.name}: {len(texts)} texts, share of each class {np.round(shares, 3).tolist()}")
    print("| path | labels that differ from transformers | max dp to transformers | max dp to the Spark path |")
    print("|---|---|---|---|")
    for name, got in found.items():
        differ = int((got.argmax(-1) != expected.argmax(-1)).sum())
        print(f"| {name} | {differ} | {abs(got - expected).max():.1e} | {abs(got - found['Spark']).max():.1e} |")


def compare_precisions(folder: Path, texts: list[str], max_length: int) -> None:
    reading, decision = Reading(HUGGINGFACE, True, max_length), Decision()
    ref = ModelRef.of_folder(folder.name, str(folder))

    def found(precision: str) -> np.ndarray:
        outcomes = Classifier(ref, "cpu", precision).classify(texts, range(len(texts)), reading, CloseCalls(decision))
        return probabilities(np.stack([o.logits for o in outcomes]), decision.activation)

    exact = found("float32")
    best = np.sort(exact, axis=1)
    margins = best[:, -1] - best[:, -2]
    shares = np.bincount(exact.argmax(-1), minlength=exact.shape[1]) / len(texts)
    print(f"\n{folder.name}: {len(texts)} texts, share of each class {np.round(shares, 3).tolist()}")
    print("| precision | equal labels | largest margin of a label that differs | max dp | mean dp |")
    print("|---|---|---|---|---|")
    for precision in ("bfloat16", "mixed"):
        got = found(precision)
        differ = got.argmax(-1) != exact.argmax(-1)
        dp = np.abs(got - exact)
        largest = f"{margins[differ].max():.4f}" if differ.any() else "none differs"
        print(f"| {precision} | {1 - differ.mean():.2%} | {largest} | {dp.max():.4f} | {dp.mean():.5f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare sparkcls with plain transformers.")
    parser.add_argument("files", nargs="+", help="Parquet files with a column text")
    parser.add_argument("--rows", type=int, default=500, help="rows of each file (default: 500)")
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--precisions", action="store_true", help="compare 16 bits with float32, without Spark")
    args = parser.parse_args()
    texts = [t for file in args.files for t in pd.read_parquet(file, columns=["text"]).text.head(args.rows)]
    if args.precisions:
        with tempfile.TemporaryDirectory() as temporary:
            compare_precisions(resolve(BUNDLED).locate(), texts, args.max_length)
            base = base_shaped(Path(temporary) / "base_shaped", texts, args.max_length)
            compare_precisions(base, texts, args.max_length)
        return
    spark = sparkcls.start(params={"spark.ui.enabled": "false", "spark.log.level": "ERROR", "spark.master": "local[2]"})
    with tempfile.TemporaryDirectory() as temporary:
        compare(spark, resolve(BUNDLED).locate(), texts, args.max_length)
        compare(spark, base_shaped(Path(temporary) / "base_shaped", texts, args.max_length), texts, args.max_length)
    spark.stop()


if __name__ == "__main__":
    main()
