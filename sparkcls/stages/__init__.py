"""The pipeline stages. Everything from here on needs pyspark; everything below does not."""

try:
    import pyspark.sql  # noqa: F401 (imported for the error below; not pyspark.ml, which costs workers 0.4 s)
except ImportError as e:
    raise ImportError(
        'sparkcls stages need pyspark and pandas, which managed clusters bring along: pip install "sparkcls[spark]"'
    ) from e
