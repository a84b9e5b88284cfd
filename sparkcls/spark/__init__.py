"""Running rows in Spark. This room and those above it need pyspark; those below do not."""

try:
    import pyspark.sql  # noqa: F401 (imported for the error below; not pyspark.ml, which costs workers 0.4 s)
except ImportError as e:
    raise ImportError(
        'sparkcls needs pyspark and pandas, which managed clusters bring along: pip install "sparkcls[spark]"'
    ) from e
