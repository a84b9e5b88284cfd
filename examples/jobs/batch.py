"""A table of texts to a table of labels: a job for spark-submit, or for any session that there is.

    spark-submit examples/jobs/batch.py reviews.parquet --text-col review --out labels.parquet
    spark-submit examples/jobs/batch.py main.shop.reviews --text-col review --out main.shop.review_labels

INPUT and ``--out`` are paths of Parquet (anything with a ``/`` or an ending ``.parquet``), else names of tables.
"""

from __future__ import annotations

import argparse

from pyspark.sql import SparkSession

import sparkcls


def is_path(name: str) -> bool:
    return "/" in name or name.endswith(".parquet")


def main() -> None:
    parser = argparse.ArgumentParser(description="Classify a table.")
    parser.add_argument("input", help="a table, or a path of Parquet")
    parser.add_argument("--text-col", required=True, help="its column of texts")
    parser.add_argument("--out", required=True, help="a table, or a path, that is not there yet")
    parser.add_argument("--model", help="a model's name or folder (default: the one in the package, sentiment)")
    args = parser.parse_args()

    spark = SparkSession.builder.appName("classify").getOrCreate()
    rows = spark.read.parquet(args.input) if is_path(args.input) else spark.table(args.input)
    labelled = sparkcls.classify(rows, args.text_col, args.model)
    if is_path(args.out):
        labelled.write.mode("error").parquet(args.out)
    else:
        labelled.write.mode("error").saveAsTable(args.out)


if __name__ == "__main__":
    main()
