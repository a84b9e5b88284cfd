"""What the Spark session's confs say about models."""

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from sparkcls.settings import CACHE_CONF, MIRROR_CONF, Settings, snapshot, use_spark_conf


def take_over_confs(session: Any = None) -> Settings:
    """Let ``spark.sparkcls.cache`` and ``spark.sparkcls.mirror`` of a session count in this thread.

    Parameters
    ----------
    session
        Default: the active one. A thread in which none is active, such as a pool's, goes on with what counts there.

    Returns
    -------
    What then counts: pass it on, so that a call goes by it to its end.
    """
    session = session or SparkSession.getActiveSession()
    if session is not None:
        use_spark_conf(read_conf(session, CACHE_CONF), read_conf(session, MIRROR_CONF))
    return snapshot()


def read_conf(session: Any, name: str) -> str | None:
    """A conf of a session, None where it has none or does not tell."""
    if session is None:
        return None
    try:
        value = session.conf.get(name, None)
    except Exception:
        # Serverless clusters refuse to answer for confs that they do not know.
        return None
    return str(value) if value else None


def is_connect(session: Any) -> bool:
    """Whether a session is a client of Spark Connect."""
    return type(session).__module__.startswith("pyspark.sql.connect")
