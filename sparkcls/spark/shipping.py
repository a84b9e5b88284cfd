"""How a model reaches the executors: by itself, if they see it, else carried by Spark.

The driver has found the model and knows its digest; workers look at places, check the digest, and never ask a hub.
"""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any

import sparkcls._classic as _classic
from sparkcls.catalogue.install import DIGESTS
from sparkcls.catalogue.paths import is_elsewhere
from sparkcls.errors import ParamError
from sparkcls.models.layout import decisive_files
from sparkcls.models.ref import BUNDLED, IMPORT, ModelRef, import_source, is_remote, place_path
from sparkcls.mounts import in_shared_root, on_cluster_mount
from sparkcls.settings import ALWAYS, AUTO, NEVER, SHIP_CONF, check_ship, configured_ship
from sparkcls.spark.confs import is_connect, read_conf
from sparkcls.spark.task import is_local

logger = logging.getLogger(__name__)

#: What each session has been given; sessions by application and, on Connect, by their id.
_shipped: set[tuple[str | None, str, str]] = set()
#: Folders with archives that classic Spark serves, by application.
_served: dict[str | None, list[Path]] = {}
_lock = threading.Lock()


def ship(ref: ModelRef, folder: Path, session: Any) -> str | None:
    """Let Spark carry a model to the executors, unless they get it by other means.

    Spark gives it to every executor once, to those that start later too.

    Parameters
    ----------
    folder
        Where the driver has the model.

    Returns
    -------
    The name under which workers find it among Spark's files; None if they look at the model's places.
    """
    how = configured_ship() or check_ship(read_conf(session, SHIP_CONF) or AUTO, f"The conf {SHIP_CONF}")
    if how == NEVER or (how != ALWAYS and (_runs_here(session) or seen_by_all(ref, folder, is_connect(session)))):
        return None
    name = f"sparkcls-{ref.digest.rpartition(':')[2][:32]}"
    key = (read_conf(session, "spark.app.id"), str(getattr(session, "session_id", "")), name)
    with _lock:
        if key not in _shipped:
            _add(session, folder, name, key[0])
            _shipped.add(key)
    return name


def seen_by_all(ref: ModelRef, folder: Path, remote: bool = False) -> bool:
    """Whether one of a model's places is one that every node of a cluster sees, as far as can be told here.

    Parameters
    ----------
    folder
        Where the driver has the model.
    remote
        Whether this is a client of Spark Connect, whose own mounts say nothing of the cluster's.
    """
    # What came out of a saved stage names places of the machine that saved it.
    restored = folder.parent.name == DIGESTS
    return any(_is_shared(place, ref, restored, remote) for place in ref.places)


def _is_shared(place: str, ref: ModelRef, restored: bool, remote: bool) -> bool:
    source, *_ = import_source(place)
    if is_remote(source):
        # What the driver fetched from a store or a hub is not theirs to fetch again.
        return False
    if is_elsewhere(source):
        return not restored
    path = place_path(source)
    if not place.startswith(BUNDLED) and not (in_shared_root if remote else on_cluster_mount)(path):
        return False
    return place.startswith(IMPORT) or ref.first_with_digest([path], []) is not None


def _runs_here(session: Any) -> bool:
    """Whether all tasks run on this very machine."""
    if not is_local(read_conf(session, "spark.master") or ""):
        return False
    # A Connect server's machine is another one, unless pyspark has started it for this process.
    return not is_connect(session) or "SPARK_LOCAL_REMOTE" in os.environ


def _add(session: Any, folder: Path, name: str, application: str | None) -> None:
    work = Path(tempfile.mkdtemp(prefix="sparkcls-"))
    archive = work / f"{name}.zip"
    unpacked_as = f"{archive}#{name}"
    served = False
    try:
        _pack(folder, archive)
        logger.info("%s: %d bytes for each executor", folder, archive.stat().st_size)
        if _classic.IS_3:
            _classic.add_archive(session, unpacked_as)
        else:
            session.addArtifacts(unpacked_as, archive=True)
        served = not is_connect(session)
    except OSError as e:
        size = sum(file.stat().st_size for file in decisive_files(folder).values()) >> 20
        raise ParamError(
            f"The model in {folder} cannot be packed for the executors ({e}); $TMPDIR must have room for it, {size} MB"
        ) from e
    finally:
        if served:
            # Classic Spark serves the file for as long as the application runs.
            _keep_until_the_end(work, application)
        else:
            shutil.rmtree(work, ignore_errors=True)


def _keep_until_the_end(work: Path, application: str | None) -> None:
    atexit.register(shutil.rmtree, work, ignore_errors=True)
    for other in [a for a in _served if a != application]:
        # A process has one classic application at a time.
        for folder in _served.pop(other):
            shutil.rmtree(folder, ignore_errors=True)
    _served.setdefault(application, []).append(work)


def _pack(folder: Path, archive: Path) -> None:
    # Weights do not shrink; stored, they cost no time either. Layers of images have files from before 1980.
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED, strict_timestamps=False) as packed:
        for name, file in decisive_files(folder).items():
            packed.write(file, name)
