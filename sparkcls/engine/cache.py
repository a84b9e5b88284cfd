"""One loaded model per process: kept by content, device and precision, across tasks and jobs.

Spark reuses Python workers (``spark.python.worker.reuse``, on by default), so a model stays loaded
until its worker ends: after about a minute without work, when a task is killed, or when a UDF raises.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from sparkcls.engine.classifier import Classifier
from sparkcls.models.ref import ModelRef

#: Models kept at once in a process; beyond that the one unused for longest goes.
CAPACITY = 3

_loaded: OrderedDict[tuple[str, str, str], Classifier] = OrderedDict()
_lock = threading.Lock()


def get_classifier(ref: ModelRef, device: str, precision: str) -> Classifier:
    """The classifier of a model, loaded on first use; two threads that ask together load it once."""
    key = (ref.digest, device, precision)
    with _lock:
        if key not in _loaded:
            _loaded[key] = Classifier(ref, device, precision)
            while len(_loaded) > CAPACITY:
                _loaded.popitem(last=False)
        _loaded.move_to_end(key)
        return _loaded[key]
