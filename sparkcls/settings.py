"""What `sparkcls.configure` sets: where models are kept and fetched from, and how they reach the executors.

A setting is taken from `configure`, else from a conf of the Spark session, else from the environment, else
it is the default. Serverless clusters block environment variables and Spark confs, so these are set in
code. Stages made afterwards carry what was in force. Workers use the cache that their own machine's environment
names, else the one that `configure` or the conf named on the driver.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sparkcls.errors import ParamError, ParamTypeError

CACHE_VARIABLE = "SPARKCLS_CACHE"
MIRROR_VARIABLE = "SPARKCLS_MIRROR"
CACHE_CONF = "spark.sparkcls.cache"
MIRROR_CONF = "spark.sparkcls.mirror"
SHIP_CONF = "spark.sparkcls.ship"

#: How models reach executors: by Spark where that is needed, always, or never.
AUTO, ALWAYS, NEVER = "auto", "always", "never"
SHIP = (AUTO, ALWAYS, NEVER)


@dataclass(frozen=True)
class Confs:
    """What one Spark session's confs say; None where they say nothing."""

    cache: str | None = None
    mirror: str | None = None


@dataclass(frozen=True)
class Settings:
    """What counts for a call from its beginning to its end, whatever others set meanwhile; see `snapshot`.

    Parameters
    ----------
    cache, mirror, ship
        What `configure` has set, None where it has not.
    confs
        Those of the session that the call is for.
    """

    cache: Path | None = None
    mirror: str | None = None
    ship: str | None = None
    confs: Confs = Confs()


class _Heard(threading.local):
    """Confs by thread: those of the session that it spoke for last.

    Sessions of one process have different users, who call from different threads. A thread that has spoken for none (a
    pool's, of a service) goes by the session that was last heard of.
    """

    last = Confs()
    confs: Confs | None = None


_configured = Settings()
_tokenization: str | None = None
_heard = _Heard()
_lock = threading.Lock()
_in_force: ContextVar[Settings | None] = ContextVar("sparkcls settings", default=None)


def snapshot() -> Settings:
    """The settings that count here and now: those of the `in_force` block, else what this thread goes by."""
    found = _in_force.get()
    if found is None:
        set_ = _configured
        found = Settings(set_.cache, set_.mirror, set_.ship, _heard.confs or _Heard.last)
    return found


@contextmanager
def in_force(settings: Settings | None = None) -> Iterator[Settings]:
    """Let one snapshot count for all that is called in the with block; None for that of its beginning."""
    settings = settings or snapshot()
    token = _in_force.set(settings)
    try:
        yield settings
    finally:
        _in_force.reset(token)


def forget() -> None:
    """Let nothing count that `configure`, sessions or `use_tokenization` have said: for tests."""
    global _configured, _tokenization
    _configured, _tokenization, _Heard.last, _heard.confs = Settings(), None, Confs(), None


def configure(
    cache: str | os.PathLike[str] | None = None,
    mirror: str | os.PathLike[str] | None = None,
    ship: str | None = None,
) -> None:
    """Say where model folders are kept, where models are fetched from, and how they reach the executors.

    Stages made before keep the places that they had.

    Parameters
    ----------
    cache
        Folder with one model folder ``<name>_<lang>`` each; fetched models are put there. Default: the conf
        ``spark.sparkcls.cache``, else ``$SPARKCLS_CACHE``, else ``sparkcls`` in the user's cache directory.
        It need not exist yet.
    mirror
        What is asked in place of the public store: a folder (a shared disk, a volume, a layer of an image) or
        a URL (``https://``, ``s3://``, ``gs://``, ``abfss://``, ``hdfs://``, ``file://``, ...). It holds
        ``metadata.json`` and archives like the public store; a folder may also hold model folders
        ``<name>_<lang>``, which are used where they are. Default: the conf ``spark.sparkcls.mirror``, else
        ``$SPARKCLS_MIRROR``, else none.
    ship
        Whether Spark carries a model's files to the executors when a stage transforms. ``auto``: unless they have it
        by other means: it is bundled, all tasks run on this machine, or it is in a folder or store that all nodes see.
        ``always``; ``never``: the nodes must then see one of the model's places. Default: the conf
        ``spark.sparkcls.ship``, else ``auto``.

    None leaves a setting as it is.

    Raises
    ------
    ParamTypeError
        An argument is neither str nor a path.
    ParamError
        The mirror is a path at which there is no folder; the cache is a URI; `ship` is another word.
    """
    global _configured
    new: dict[str, Any] = {}
    if ship is not None:
        new["ship"] = check_ship(ship, "configure(ship=...)")
    for name, value in (("cache", cache), ("mirror", mirror)):
        if value is not None and not isinstance(value, (str, os.PathLike)):
            raise ParamTypeError(f"configure({name}=...) takes a path as str, got {type(value).__name__}")
    if mirror is not None:
        location = _location(os.fspath(mirror), "configure(mirror=...)")
        if not _is_url(location) and not Path(location).is_dir():
            raise ParamError(
                f"configure(mirror={str(mirror)!r}): no such folder; a mirror is a folder that this machine "
                "sees, or a URL, holding metadata.json and archives, or one model folder <name>_<lang> each"
            )
        new["mirror"] = location
    if cache is not None:
        new["cache"] = _cache(os.fspath(cache), "configure(cache=...)")
    with _lock:
        _configured = replace(_configured, **new)


def check_ship(value: str, what: str) -> str:
    """The value, if it is one of `SHIP`. Raises ParamError."""
    if value not in SHIP:
        raise ParamError(f"{what} must be one of {', '.join(SHIP)}; got {value!r}")
    return value


def configured_ship() -> str | None:
    """What `configure` says of shipping, None if nothing."""
    return snapshot().ship


def configured_cache() -> str | None:
    """The cache that `configure` or the conf names, None if neither does: what the driver tells its workers."""
    settings = snapshot()
    return str(settings.cache) if settings.cache is not None else settings.confs.cache


def use_driver_cache(cache: str | None) -> None:
    """On a worker: use the driver's `configured_cache`, unless this machine's environment names one."""
    _hear(Confs(None if os.environ.get(CACHE_VARIABLE) else cache, snapshot().confs.mirror))


def use_spark_conf(cache: str | None, mirror: str | None) -> None:
    """Let what a Spark session's confs say count in this thread; None where they say nothing."""
    _hear(Confs(cache or None, mirror or None))


def _hear(confs: Confs) -> None:
    _heard.confs = _Heard.last = confs


def cache_folder() -> Path:
    """The cache in force: `configure`, else the conf, else ``$SPARKCLS_CACHE``, else the user's cache directory.

    Raises
    ------
    ParamError
        None is named, and the user has no home directory; or what is named is not a folder of this machine.
    """
    settings = snapshot()
    if settings.cache is not None:
        return settings.cache
    named = settings.confs.cache or os.environ.get(CACHE_VARIABLE)
    if named:
        return _cache(named, f"{CACHE_CONF} or ${CACHE_VARIABLE}")
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        return Path(base).expanduser().absolute() / "sparkcls"
    except RuntimeError as e:
        raise ParamError(
            f"There is no home directory to keep models in ({e}); name a folder with ${CACHE_VARIABLE}"
        ) from e


def mirror() -> str | None:
    """The mirror in force, a URL or absolute path: `configure`, else the conf, else ``$SPARKCLS_MIRROR``; or None."""
    settings = snapshot()
    named = settings.mirror or settings.confs.mirror or os.environ.get(MIRROR_VARIABLE)
    return _location(named, f"{MIRROR_CONF} or ${MIRROR_VARIABLE}") if named else None


def use_tokenization(name: str | None) -> None:
    """Let classifiers made from now on have this tokenization by default; None for the usual one."""
    global _tokenization
    _tokenization = name


def default_tokenization() -> str | None:
    """The tokenization that classifiers have by default, if `use_tokenization` has named one."""
    return _tokenization


def _location(named: str, where: str) -> str:
    return named if _is_url(named) else str(_path(named, where))


def _cache(named: str, where: str) -> Path:
    if _is_url(named):
        raise ParamError(
            f"{where}: the cache is a folder of this machine, named by its path, not by a URI (such as /dbfs/... for "
            "dbfs:/...); a store, at any URI, is a mirror"
        )
    return _path(named, where)


def _path(named: str, where: str) -> Path:
    if not named or "\0" in named:
        raise ParamError(f"{where}: expected the path of a folder, got {named!r}; None stands for the default")
    try:
        return Path(named).expanduser().absolute()
    except RuntimeError as e:
        raise ParamError(f"{where}: {named!r} begins with the home directory of a user who has none ({e})") from e


def _is_url(location: str) -> bool:
    return "://" in location or location.startswith(("file:", "dbfs:"))
