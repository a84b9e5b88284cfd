"""Measure one of the models inside the package through a Spark pipeline, and keep the table beside its weights.

    python examples/training/measure.py distilbert_mini_sequence_classifier_imdb imdb_train.parquet \
        --first-row -2000 --wordpieces 512 --data "the last 2,000 rows of a shuffled train split of IMDB, held out"

The file is Parquet, with the string columns `text` and `label`. What `sparkcls show` and the scripts in `cards` print
is what this has written; in which form, `sparkcls.catalogue.measured` says.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pandas as pd

import sparkcls
from sparkcls.annotator import DistilBertForSequenceClassification, Tokenizer
from sparkcls.base import DocumentAssembler, Pipeline
from sparkcls.catalogue.measured import EVALUATION, HEAD
from sparkcls.models.bundled import FOLDER, bundled_folder
from sparkcls.models.ref import folder_digest


def measure(spark: Any, name: str, rows: pd.DataFrame, wordpieces: int) -> Any:
    """What `sparkcls.evaluate` finds of the answers that the pipeline of three stages gives, in float32."""
    pipeline = Pipeline(
        stages=[
            DocumentAssembler().setInputCol("text").setOutputCol("document"),
            Tokenizer().setInputCols(["document"]).setOutputCol("token"),
            DistilBertForSequenceClassification.pretrained(name, "en")
            .setInputCols(["token", "document"])
            .setOutputCol("class")
            .setMaxSentenceLength(wordpieces)
            .setPrecision("float32"),
        ]
    )
    frame = spark.createDataFrame(rows[["text", "label"]])
    return sparkcls.evaluate(pipeline.fit(frame).transform(frame), "label", "class", text_col="text")


def table_of(found: Any) -> list[list[str]]:
    """The table of an evaluation, as text."""
    rows = [[c.label, *(f"{v:.3f}" for v in (c.precision, c.recall, c.f1)), str(c.support)] for c in found.per_class]
    support = sum(c.support for c in found.per_class)
    return [list(HEAD), *rows, ["accuracy", "", "", f"{found.accuracy:.3f}", str(support)]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="its name")
    parser.add_argument("file", type=Path, help="Parquet with the columns text and label")
    parser.add_argument("--first-row", type=int, default=0, help="rows before it are not read; -500: the last 500 are")
    parser.add_argument("--wordpieces", type=int, default=128, help="most of a text that is read (default: 128)")
    parser.add_argument("--data", required=True, help="what these rows are, for whoever reads the table")
    parser.add_argument(
        "--out", type=Path, default=FOLDER, help="folder of the models' folders (default: the package's)"
    )
    args = parser.parse_args()

    rows = pd.read_parquet(args.file).iloc[args.first_row :]
    spark = sparkcls.start(params={"spark.ui.enabled": "false"})
    found = measure(spark, args.model, rows, args.wordpieces)
    print(found)
    kept = {
        "data": args.data,
        "rows": str(found.rows),
        "wordpieces": str(args.wordpieces),
        "digest": folder_digest(bundled_folder(args.model)),
        "table": table_of(found),
    }
    file = args.out / args.model / EVALUATION
    file.write_text(f"{json.dumps(kept, indent=1, ensure_ascii=False)}\n", encoding="utf-8")
    print(f"Written: {file}")


if __name__ == "__main__":
    main()
