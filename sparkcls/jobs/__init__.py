"""Whole jobs: files or tables in, files out, in parts, so that a broken-off one goes on where it was."""

import sparkcls.spark  # noqa: F401 (fails with a clear sentence where pyspark is missing)
