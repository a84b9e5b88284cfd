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
from dataclasses import dataclass, field
from pathlib import Path

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


@dataclass
class Settings:
    """What `configure` has set, None where it has not; and the confs that count.

    Sessions of one process have different users, who call from different threads: a thread goes by the session that it
    spoke for last, and one that has spoken for none (a pool's, of a service) by the session that was last heard of.
    """

    cache: Path | None = None
    mirror: str | None = None
    ship: str | None = None
    tokenization: str | None = None
    last_confs: Confs = Confs()
    of_thread: threading.local = field(default_factory=threading.local)

    @property
    def confs(self) -> Confs:
        found: Confs = getattr(self.of_thread, "confs", self.last_confs)
        return found

    @confs.setter
    def confs(self, confs: Confs) -> None:
        self.of_thread.confs = self.last_confs = confs


_settings = Settings()


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
    if ship is not None:
        _settings.ship = check_ship(ship, "configure(ship=...)")
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
        _settings.mirror = location
    if cache is not None:
        _settings.cache = _cache(os.fspath(cache), "configure(cache=...)")


def check_ship(value: str, what: str) -> str:
    """The value, if it is one of `SHIP`. Raises ParamError."""
    if value not in SHIP:
        raise ParamError(f"{what} must be one of {', '.join(SHIP)}; got {value!r}")
    return value


def configured_ship() -> str | None:
    """What `configure` says of shipping, None if nothing."""
    return _settings.ship


def configured_cache() -> str | None:
    """The cache that `configure` or the conf names, None if neither does: what the driver tells its workers."""
    return str(_settings.cache) if _settings.cache is not None else _settings.confs.cache


def use_driver_cache(cache: str | None) -> None:
    """On a worker: use the driver's `configured_cache`, unless this machine's environment names one."""
    _settings.confs = Confs(None if os.environ.get(CACHE_VARIABLE) else cache, _settings.confs.mirror)


def use_spark_conf(cache: str | None, mirror: str | None) -> None:
    """Let what a Spark session's confs say count in this thread; None where they say nothing."""
    _settings.confs = Confs(cache or None, mirror or None)


def cache_folder() -> Path:
    """The cache in force: `configure`, else the conf, else ``$SPARKCLS_CACHE``, else the user's cache directory.

    Raises
    ------
    ParamError
        None is named, and the user has no home directory; or what is named is not a folder of this machine.
    """
    if _settings.cache is not None:
        return _settings.cache
    named = _settings.confs.cache or os.environ.get(CACHE_VARIABLE)
    if named:
        return _cache(named, f"{CACHE_CONF} or ${CACHE_VARIABLE}")
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        return Path(base).expanduser().absolute() / "sparkcls"
    except RuntimeError as e:
        raise ParamError(
            f"There is no home directory to keep models in ({e}); name a folder with ${CACHE_VARIABLE}"
        ) from e


@contextmanager
def cache_at(folder: Path) -> Iterator[None]:
    """Use another cache within a with block."""
    before = _settings.cache
    _settings.cache = folder.absolute()
    try:
        yield
    finally:
        _settings.cache = before


def mirror() -> str | None:
    """The mirror in force, a URL or absolute path: `configure`, else the conf, else ``$SPARKCLS_MIRROR``; or None."""
    named = _settings.mirror or _settings.confs.mirror or os.environ.get(MIRROR_VARIABLE)
    return _location(named, f"{MIRROR_CONF} or ${MIRROR_VARIABLE}") if named else None


def use_tokenization(name: str | None) -> None:
    """Let classifiers made from now on have this tokenization by default; None for the usual one."""
    _settings.tokenization = name


def default_tokenization() -> str | None:
    """The tokenization that classifiers have by default, if `use_tokenization` has named one."""
    return _settings.tokenization


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
