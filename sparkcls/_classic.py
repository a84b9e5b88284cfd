"""The one door to classic Spark's own machinery, for what the DataFrame API has no way to."""

from __future__ import annotations

from typing import Any

import pyspark

#: Whether this is pyspark 3.5. Its sessions have the methods of newer ones, and refuse them on classic Spark.
IS_3 = pyspark.__version__.startswith("3.")


def add_archive(session: Any, archive: str) -> None:
    """Give an archive (a path, then ``#`` and the name to unpack it as) to all executors of a classic session."""
    session.sparkContext.addArchive(archive)


def tasks(session: Any) -> tuple[int, int] | None:
    """Tasks done and in all, of the stages that run now; None if there are none, or nobody may ask."""
    try:
        tracker = session.sparkContext.statusTracker()
        stages = [tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds()]
    except Exception:
        # The session has been stopped, or is one of a cluster on which users have no SparkContext.
        return None
    stages = [stage for stage in stages if stage is not None]
    return (sum(s.numCompletedTasks for s in stages), sum(s.numTasks for s in stages)) if stages else None


def delete_path(session: Any, path: str) -> bool:
    """Delete a file or folder of any file system that a classic session knows; whether it is gone."""
    system, place = _hadoop(session, path)
    return bool(system.delete(place, True)) or not system.exists(place)


def rename_path(session: Any, path: str, target: str) -> None:
    """Rename a folder of any file system that a classic session knows.

    Raises
    ------
    OSError
        It could not be renamed.
    """
    system, place = _hadoop(session, path)
    if not system.rename(place, _hadoop(session, target)[1]):
        raise OSError(f"{path} could not be renamed to {target}")


def _hadoop(session: Any, path: str) -> tuple[Any, Any]:
    place = session._jvm.org.apache.hadoop.fs.Path(path)
    return place.getFileSystem(session._jsparkSession.sessionState().newHadoopConf()), place
