"""New files of JSON lines, each row classified once, into a folder of Parquet.

    spark-submit examples/jobs/stream.py incoming --text-col body --out labelled

It stops when all that lies in the folder is done, and the next run goes on with what has come since; ``--every "1
minute"`` keeps it running. What was done is kept in the checkpoint beside the output.
"""

from __future__ import annotations

import argparse

from pyspark.sql import SparkSession

import sparkcls


def main() -> None:
    parser = argparse.ArgumentParser(description="Classify a stream of files.")
    parser.add_argument("input", help="the folder that files of JSON lines arrive in")
    parser.add_argument("--text-col", required=True, help="the field with the text")
    parser.add_argument("--out", required=True, help="a folder for Parquet")
    parser.add_argument("--model", help="a model's name or folder (default: the one in the package, sentiment)")
    parser.add_argument("--every", metavar="TIME", help='how often to look, as in "1 minute"; default: once')
    args = parser.parse_args()

    spark = SparkSession.builder.appName("classify a stream").getOrCreate()
    arriving = spark.readStream.schema(f"id string, `{args.text_col}` string").json(args.input)
    labelled = sparkcls.classify(arriving, args.text_col, args.model)
    query = (
        labelled.writeStream.format("parquet")
        .option("path", args.out)
        .option("checkpointLocation", f"{args.out}.checkpoint")
        .trigger(**({"processingTime": args.every} if args.every else {"availableNow": True}))
        .start()
    )
    query.awaitTermination()


if __name__ == "__main__":
    main()
