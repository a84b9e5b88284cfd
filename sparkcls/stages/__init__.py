"""The pipeline stages that users build, one class a file, and their bases."""

import sparkcls.spark  # noqa: F401 (fails with a clear sentence where pyspark is missing)
