"""Accuracy of a model through the Spark pipeline: confusion matrix, precision and recall by class.

    python examples/evaluate.py sst2_dev.parquet
    python examples/evaluate.py data.parquet --model /path/to/folder --max-length 512

The file is Parquet with the columns `text` and `label`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from pyspark.sql import functions as F

import sparkcls
from sparkcls.annotator import DistilBertForSequenceClassification, Tokenizer
from sparkcls.base import DocumentAssembler, Pipeline


def main() -> None:
    parser = argparse.ArgumentParser(description="Accuracy of a model through the Spark pipeline.")
    parser.add_argument("data", help="Parquet with the columns text and label")
    parser.add_argument("--model", default="distilbert_mini_sequence_classifier_sst2", help="a name, or a folder")
    parser.add_argument("--max-length", type=int, default=128)
    args = parser.parse_args()

    make = DistilBertForSequenceClassification
    stage = make.loadSavedModel(args.model) if Path(args.model).is_dir() else make.pretrained(args.model)
    stage.setInputCols(["token", "document"]).setOutputCol("class").setMaxSentenceLength(args.max_length)
    labels = stage.getClasses()

    spark = sparkcls.start(params={"spark.ui.enabled": "false", "spark.log.level": "ERROR"})
    frame = spark.read.parquet(args.data)
    assembler = DocumentAssembler().setInputCol("text").setOutputCol("document")
    tokenizer = Tokenizer().setInputCols(["document"]).setOutputCol("token")
    result = Pipeline(stages=[assembler, tokenizer, stage]).fit(frame).transform(frame)
    predicted = F.coalesce(F.get("class.result", F.lit(0)), F.lit("")).alias("predicted")
    counts = {(r["label"], r["predicted"]): r["count"] for r in result.groupBy("label", predicted).count().collect()}
    spark.stop()

    total = sum(counts.values())
    print(f"accuracy {sum(counts.get((c, c), 0) for c in labels) / total:.4f} over {total} rows")
    print("true \\ predicted".ljust(18), *(c.rjust(10) for c in labels), "    recall  precision")
    for true in labels:
        row = [counts.get((true, c), 0) for c in labels]
        all_true = sum(n for (t, _), n in counts.items() if t == true)
        all_predicted = sum(n for (_, p), n in counts.items() if p == true)
        recall, precision = (counts.get((true, true), 0) / max(1, n) for n in (all_true, all_predicted))
        print(true.ljust(18), *(str(n).rjust(10) for n in row), f"{recall:10.3f}{precision:11.3f}")


if __name__ == "__main__":
    main()
