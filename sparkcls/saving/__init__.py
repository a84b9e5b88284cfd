"""Saved stages: what they are made of, and how they are written and read."""

import sparkcls.spark  # noqa: F401 (fails with a clear sentence where pyspark is missing)
