"""How good a model is on labelled texts, in Spark: figures by class, calibration, the most confident mistakes.

    python examples/evaluate.py sst2_dev.parquet
    python examples/evaluate.py reviews.parquet --label-col stars --map pos=POSITIVE --map neg=NEGATIVE
    python examples/evaluate.py data.parquet --model /path/to/folder --max-length 512

The file is Parquet. Other formats, and what comes without code: `sparkcls evaluate --help`.
"""

from __future__ import annotations

import argparse

import sparkcls


def main() -> None:
    parser = argparse.ArgumentParser(description="How good a model is on labelled texts, in Spark.")
    parser.add_argument("data", help="Parquet with a column of texts and one of gold labels")
    parser.add_argument("--text-col", default="text", help="the column of texts (default: text)")
    parser.add_argument("--label-col", default="label", help="the column of gold labels (default: label)")
    parser.add_argument("--model", default="distilbert_mini_sequence_classifier_sst2", help="a name, or a folder")
    parser.add_argument("--max-length", type=int, help="most wordpieces of a text (default: the model's)")
    parser.add_argument("--map", action="append", default=[], help="GOLD=LABEL, where labels are called differently")
    args = parser.parse_args()

    params = {} if args.max_length is None else {"maxSentenceLength": args.max_length}
    classifier = sparkcls.classifier(args.model, **params)
    spark = sparkcls.start(params={"spark.ui.enabled": "false"})
    found = sparkcls.evaluate(
        spark.read.parquet(args.data),
        args.label_col,
        classifier,
        text_col=args.text_col,
        label_map=dict(pair.split("=", 1) for pair in args.map),
    )
    spark.stop()
    print(found)


if __name__ == "__main__":
    main()
