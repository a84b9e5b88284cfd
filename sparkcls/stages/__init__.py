"""The pipeline stages. Everything from here on needs pyspark; everything below does not."""

try:
    import pyspark.ml  # noqa: F401 (imported for the error below)
except ImportError as e:
    raise ImportError(
        'sparkcls stages need pyspark and pandas, which managed clusters bring along: pip install "sparkcls[spark]"'
    ) from e
