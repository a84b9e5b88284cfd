"""Loaded models of this process: kept by content, device and precision, across tasks, jobs and calls.

Spark reuses Python workers (``spark.python.worker.reuse``, on by default), so a model stays loaded
until its worker ends: after about a minute without work, when a task is killed, or when a UDF raises.
Models in use are never dropped; of the others the one unused for longest goes where they need too much memory.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import weakref
from collections import OrderedDict

from sparkcls.engine.classifier import Classifier
from sparkcls.engine.process import available_memory
from sparkcls.errors import ParamError
from sparkcls.events import emit
from sparkcls.models.ref import ModelRef

logger = logging.getLogger(__name__)

#: Most bytes of models that are kept on a device without being in use: a number, with k, m, g or t for powers of 1024.
VARIABLE = "SPARKCLS_MODEL_MEMORY"

#: Where the variable says nothing, they may have this part of the memory, and so many are kept in any case.
_PART, _FEWEST = 4, 3

_Key = tuple[str, str, str]
#: All that live; a stage or task that uses one holds it.
_loaded: weakref.WeakValueDictionary[_Key, Classifier] = weakref.WeakValueDictionary()
#: Those that live without being in use, the one used last at the end.
_kept: OrderedDict[_Key, Classifier] = OrderedDict()
#: How many files of weights each of these had when room was made for it.
_files: dict[_Key, int] = {}
_lock = threading.Lock()


def get_classifier(ref: ModelRef, device: str, precision: str) -> Classifier:
    """The classifier of a model, loaded on first use; two threads that ask together load it once.

    Raises
    ------
    ParamError
        ``$SPARKCLS_MODEL_MEMORY`` is not a size.
    """
    key = (ref.digest, device, precision)
    with _lock:
        classifier = _loaded.get(key)
        if classifier is None:
            classifier = _loaded[key] = Classifier(ref, device, precision)
            gone = weakref.finalize(classifier, emit, "drop", model=ref.name, device=device, precision=precision)
            gone.atexit = False
        _kept[key] = classifier
        _kept.move_to_end(key)
        # Adding up what all models need, for every text of a LightPipeline, took as long as the rest of its own work.
        if _files.get(key) != (files := len(classifier.parts)):
            _make_room(device)
            _files[key] = files
        return classifier


def _make_room(device: str) -> None:
    """Keep no more models of a device than its memory is for, but the one that was asked for last."""
    limit = _limit()
    keys = [key for key in _kept if key[1] == device]
    candidates = keys[: -1 if limit is not None else -_FEWEST]
    if not candidates:
        return
    if limit is None:
        limit = available_memory(device) // _PART
    for key in candidates:
        if _size(keys) <= limit:
            return
        keys.remove(key)
        logger.info(
            "The models on %s need more than %d MB; %s is dropped, unless it is in use. $%s is what they may need",
            device,
            limit >> 20,
            _kept[key].name,
            VARIABLE,
        )
        del _kept[key]
        _files.pop(key, None)


def _size(keys: list[_Key]) -> int:
    """Bytes of the weights of some models, what they share counted once."""
    return sum({id(part): part.size for key in keys for part in _kept[key].parts}.values())


def _limit() -> int | None:
    value = os.environ.get(VARIABLE, "").strip().lower()
    if not value:
        return None
    found = re.fullmatch(r"(\d+)([kmgt]?)b?", value)
    if found is None:
        raise ParamError(f"${VARIABLE} is {value!r}; it takes a number of bytes, or one with k, m, g or t, such as 4g")
    return int(found[1]) << (10 * " kmgt".index(found[2] or " "))


def _forget_the_lock() -> None:
    """In a forked process: a thread that held the lock is not there any more."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_the_lock)
