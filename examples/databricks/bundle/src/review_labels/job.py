"""Labels for the rows of a table that have none yet."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from pyspark.sql import SparkSession

import sparkcls


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Classify the new rows of a table.")
    parser.add_argument("--input", required=True, help="a table with the columns id and --text-col")
    parser.add_argument("--text-col", required=True)
    parser.add_argument("--out", required=True, help="the table that labels are added to; made if it is not there")
    parser.add_argument("--model", help="a model's name or folder (default: the one in the package, sentiment)")
    args = parser.parse_args(arguments)

    spark = SparkSession.builder.getOrCreate()
    rows = spark.table(args.input)
    if spark.catalog.tableExists(args.out):
        rows = rows.join(spark.table(args.out).select("id"), "id", "left_anti")
    labelled = sparkcls.classify(rows, args.text_col, args.model).drop(args.text_col)
    labelled.write.mode("append").saveAsTable(args.out)
