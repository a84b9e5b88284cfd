"""What `sparkcls.configure` sets: where models are kept.

Serverless clusters block environment variables and Spark confs, so these are set in code. Stages made
afterwards carry what was in force; nothing is looked up again on the workers.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sparkcls.errors import ParamError, ParamTypeError

CACHE_VARIABLE = "SPARKCLS_CACHE"


@dataclass
class Settings:
    """What `configure` has set; None where it has not."""

    cache: Path | None = None
    mirror: Path | None = None


_settings = Settings()


def configure(cache: str | os.PathLike[str] | None = None, mirror: str | os.PathLike[str] | None = None) -> None:
    """Say where model folders are kept. Stages made before keep what they had.

    Parameters
    ----------
    cache
        Folder with one model folder ``<name>_<lang>`` each. Default: ``$SPARKCLS_CACHE``, else
        ``sparkcls`` in the user's cache directory. It need not exist yet.
    mirror
        A second folder of the same form, read only, asked after the cache: a shared disk, a volume,
        a layer of an image.

    None leaves a setting as it is.

    Raises
    ------
    ParamTypeError
        An argument is neither str nor a path.
    ParamError
        The mirror is not a folder.
    """
    for name, value in (("cache", cache), ("mirror", mirror)):
        if value is not None and not isinstance(value, (str, os.PathLike)):
            raise ParamTypeError(f"configure({name}=...) takes a path as str, got {type(value).__name__}")
    if mirror is not None:
        folder = Path(mirror).expanduser().absolute()
        if "://" in str(mirror) or not folder.is_dir():
            raise ParamError(
                f"configure(mirror={str(mirror)!r}): no such folder; a mirror is a folder that this machine "
                "sees, holding one model folder <name>_<lang> each"
            )
        _settings.mirror = folder
    if cache is not None:
        _settings.cache = Path(cache).expanduser().absolute()


def cache_folder() -> Path:
    """The cache in force: `configure`, else ``$SPARKCLS_CACHE``, else the user's cache directory."""
    if _settings.cache is not None:
        return _settings.cache
    if os.environ.get(CACHE_VARIABLE):
        return Path(os.environ[CACHE_VARIABLE]).expanduser().absolute()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().absolute() / "sparkcls"


def mirror_folder() -> Path | None:
    """The mirror in force, or None."""
    return _settings.mirror
