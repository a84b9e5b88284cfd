"""The one door to classic Spark's own machinery, for what pyspark 3.5 has no other way to."""

from __future__ import annotations

from typing import Any

import pyspark

#: Whether this is pyspark 3.5. Its sessions have the methods of newer ones, and refuse them on classic Spark.
IS_3 = pyspark.__version__.startswith("3.")


def add_archive(session: Any, archive: str) -> None:
    """Give an archive (a path, then ``#`` and the name to unpack it as) to all executors of a classic session."""
    session.sparkContext.addArchive(archive)
