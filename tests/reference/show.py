"""Print the unexplained differences of some stages: ``python -m tests.reference.show Tokenizer [group pattern]``."""

from __future__ import annotations

import sys
from fnmatch import fnmatchcase

from pyspark.sql import SparkSession

from tests.reference.compare import IDENTICAL, SPARKCLS, golden_files, golden_groups, judge


def main() -> None:
    spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false").getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    wanted, pattern = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "*"
    for path in golden_files():
        if not fnmatchcase(path.stem, wanted):
            continue
        for group in golden_groups(path):
            if not fnmatchcase(group["name"], pattern):
                continue
            verdicts = list(judge(spark, SPARKCLS, path.stem, group))
            if not verdicts:
                continue
            bad = [v for v in verdicts if v.reason is None]
            same = sum(v.reason == IDENTICAL for v in verdicts)
            print(
                f"{path.stem}/{group['name']}: {same} identical, {len(verdicts) - same - len(bad)} explained, {len(bad)} not"
            )
            for v in bad[:4]:
                print(
                    f"    {str(v.row)[:300]!a}\n      theirs {str(v.theirs)[:500]!a}\n      ours   {str(v.ours)[:500]!a}"
                )


if __name__ == "__main__":
    main()
